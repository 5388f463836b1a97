#include "store.h"

#include "appraisal/compute.h"
#include "appraisal/roster_statements.h"

/* What each row of a part returns. */
#define CHANGED " RETURNING CASE WHEN xmax = 0 THEN 1 ELSE 0 END"
/* A version's day: the beginning where none is said; and back. */
#define SINCE "coalesce(\"from\", '-infinity'::date)"
#define FROM "coalesce(nullif(from_date, '-infinity')::text, '')"

const struct db_statement store_statements[STORE_ALL] = {
	[STORE_LOCK] = {"registry_lock", "SELECT pg_advisory_xact_lock(1413829189, 1)", ""},

	[STORE_KNOWN] = {"registry_known",
		"SELECT jsonb_build_object('agencies', (SELECT coalesce(jsonb_object_agg(code, "
		"true), '{}') FROM registry.agency), 'units', (SELECT "
		"coalesce(jsonb_object_agg(unit, v), '{}') FROM (SELECT unit, "
		"jsonb_object_agg(" FROM
		", agency) AS v FROM registry.unit_agency GROUP BY unit) u), 'indicators', "
		"(SELECT coalesce(jsonb_object_agg(code, direction), '{}') FROM "
		"registry.indicator), 'sources', (SELECT coalesce(jsonb_object_agg(code, (SELECT "
		"coalesce(jsonb_agg(uri), '[]') FROM registry.source_uri u WHERE u.source = "
		"s.code AND u.current)), '{}') FROM registry.source s), 'positions', (SELECT "
		"coalesce(jsonb_object_agg(position, v), '{}') FROM (SELECT position, "
		"jsonb_object_agg(" FROM ", items) AS v FROM registry.position_version GROUP BY "
		"position) p), 'former', (SELECT coalesce(jsonb_object_agg(f.nip, p.nip), '{}') "
		"FROM registry.former_nip f JOIN registry.person p ON p.id = f.person), 'people', "
		"(SELECT coalesce(jsonb_object_agg(nip, v), '{}') FROM (SELECT p.nip, coalesce("
		"jsonb_object_agg(a.from_date, jsonb_build_object('until', a.until_date, 'stated', "
		"a.stated_until, 'unit', a.unit, 'position', a.position, 'superior', s.nip)) "
		"FILTER (WHERE a.person IS NOT NULL), '{}') AS v FROM registry.person p LEFT JOIN "
		"registry.assignment a ON a.person = p.id LEFT JOIN registry.person s ON s.id = "
		"a.superior GROUP BY p.id) x), 'absences', (SELECT coalesce(jsonb_object_agg(nip, "
		"v), '{}') FROM (SELECT p.nip, jsonb_object_agg(a.from_date, jsonb_build_object("
		"'until', a.until_date, 'kind', a.kind)) AS v FROM registry.absence a JOIN "
		"registry.person p ON p.id = a.person GROUP BY p.id) x), 'plans', (SELECT "
		"coalesce(jsonb_object_agg(nip, v), '{}') FROM (SELECT p.nip, "
		"jsonb_object_agg(y.year, y.v) AS v FROM (SELECT person, year, "
		"jsonb_agg(jsonb_build_object('from', from_date, 'status', status, 'items', items) "
		"ORDER BY version) AS v FROM registry.plan GROUP BY person, year) y JOIN "
		"registry.person p ON p.id = y.person GROUP BY p.id) x), 'rulesets', (SELECT "
		"coalesce(jsonb_object_agg(version, body), '{}') FROM registry.ruleset))",
		""},

	[STORE_AGENCIES] = {"registry_agencies",
		"INSERT INTO registry.agency AS t (code, name) SELECT code, name FROM "
		"jsonb_to_recordset($1) AS r(code text, name text) ORDER BY code ON CONFLICT "
		"(code) DO UPDATE SET name = excluded.name WHERE t.name <> excluded.name" CHANGED,
		"jsonb"},

	[STORE_UNITS] = {"registry_units",
		"WITH new AS (SELECT code, name, agency, " SINCE " AS since FROM "
		"jsonb_to_recordset($1) AS r(code text, name text, agency text, \"from\" date)), "
		"written AS (INSERT INTO registry.unit AS t (code, name) SELECT DISTINCT code, "
		"name FROM new ORDER BY code ON CONFLICT (code) DO UPDATE SET name = excluded.name "
		"WHERE t.name <> excluded.name RETURNING code, xmax = 0 AS added), moved AS "
		"(INSERT INTO registry.unit_agency AS t (unit, from_date, agency) SELECT code, "
		"since, agency FROM new ORDER BY code, since ON CONFLICT (unit, from_date) DO "
		"UPDATE SET agency = excluded.agency WHERE t.agency <> excluded.agency RETURNING "
		"unit AS code) SELECT CASE WHEN w.added THEN 1 ELSE 0 END FROM (SELECT code FROM "
		"written UNION SELECT code FROM moved) c LEFT JOIN written w USING (code)",
		"jsonb"},

	[STORE_INDICATORS] = {"registry_indicators",
		"INSERT INTO registry.indicator AS t (code, name_id, name_en, aspect, measure, "
		"direction, unit_id, unit_en, min, max, result_max, step, element, scope) SELECT "
		"code, name->>'id', name->>'en', aspect, measure, direction, coalesce(unit->>'id', "
		"unit #>> '{}', ''), coalesce(unit->>'en', unit #>> '{}', ''), CASE measure WHEN "
		"'survey' THEN 1 ELSE min END, CASE measure WHEN 'survey' THEN 4 ELSE max END, "
		"CASE measure WHEN 'survey' THEN 4 ELSE result_max END, step, element, CASE "
		"measure WHEN 'survey' THEN coalesce(scope, 'unit') END FROM "
		"jsonb_to_recordset($1) AS r(code text, name jsonb, aspect text, measure "
		"text, direction text, unit jsonb, min numeric, max numeric, result_max numeric, "
		"step numeric, element text, scope text) ORDER BY code ON CONFLICT (code) DO "
		"UPDATE SET name_id = "
		"excluded.name_id, name_en = excluded.name_en, aspect = excluded.aspect, measure = "
		"excluded.measure, direction = excluded.direction, unit_id = excluded.unit_id, "
		"unit_en = excluded.unit_en, min = excluded.min, max = excluded.max, result_max = "
		"excluded.result_max, step = excluded.step, element = "
		"excluded.element, scope = excluded.scope WHERE (t.name_id, t.name_en, t.aspect, "
		"t.measure, t.direction, t.unit_id, t.unit_en, t.min, t.max, t.result_max, t.step, "
		"t.element, t.scope) "
		"IS DISTINCT FROM (excluded.name_id, excluded.name_en, excluded.aspect, "
		"excluded.measure, excluded.direction, excluded.unit_id, excluded.unit_en, "
		"excluded.min, excluded.max, excluded.result_max, excluded.step, "
		"excluded.element, excluded.scope)" CHANGED,
		"jsonb"},

	[STORE_SOURCES] = {"registry_sources",
		"WITH new AS (SELECT code, name, indicators, uris FROM jsonb_to_recordset($1) AS "
		"r(code text, name text, indicators jsonb, uris jsonb)), wanted AS (SELECT n.code, "
		"i.indicator FROM new n, jsonb_array_elements_text(n.indicators) AS i(indicator)), "
		"named AS (SELECT n.code, u.uri FROM new n, jsonb_array_elements_text(n.uris) AS "
		"u(uri)), written AS (INSERT INTO registry.source AS t (code, name) SELECT code, "
		"name FROM new ORDER BY code ON CONFLICT (code) DO UPDATE SET name = excluded.name "
		"WHERE t.name <> excluded.name RETURNING code, xmax = 0 AS added), forbidden AS "
		"(DELETE FROM registry.source_indicator s USING new n WHERE s.source = n.code AND "
		"NOT EXISTS (SELECT FROM wanted w WHERE w.code = s.source AND w.indicator = "
		"s.indicator) RETURNING s.source AS code), allowed AS (INSERT INTO "
		"registry.source_indicator (source, indicator) SELECT code, indicator FROM wanted "
		"ORDER BY 1, 2 ON CONFLICT DO NOTHING RETURNING source AS code), unnamed AS "
		"(UPDATE registry.source_uri u SET current = false FROM new n WHERE u.source = "
		"n.code AND u.current AND NOT EXISTS (SELECT FROM named d WHERE d.code = u.source "
		"AND d.uri = u.uri) RETURNING u.source AS code), renamed AS (INSERT INTO "
		"registry.source_uri AS t (source, uri, current) SELECT code, uri, true FROM named "
		"ORDER BY 1, 2 ON CONFLICT (source, uri) DO UPDATE SET current = true WHERE NOT "
		"t.current RETURNING source AS code) SELECT CASE WHEN w.added THEN 1 ELSE 0 END "
		"FROM (SELECT code FROM written UNION SELECT code FROM forbidden UNION SELECT code "
		"FROM allowed UNION SELECT code FROM unnamed UNION SELECT code FROM renamed) c "
		"LEFT JOIN written w USING (code)",
		"jsonb"},

	[STORE_POSITIONS] = {"registry_positions",
		"WITH new AS (SELECT code, name, items, " SINCE " AS since FROM "
		"jsonb_to_recordset($1) AS r(code text, name text, items jsonb, \"from\" date)), "
		"written AS (INSERT INTO registry.position AS t (code, name) SELECT DISTINCT code, "
		"name FROM new ORDER BY code ON CONFLICT (code) DO UPDATE SET name = excluded.name "
		"WHERE t.name <> excluded.name RETURNING code, xmax = 0 AS added), versions AS "
		"(INSERT INTO registry.position_version AS t (position, from_date, items) SELECT "
		"code, since, items FROM new ORDER BY code, since ON CONFLICT (position, "
		"from_date) DO UPDATE SET items = excluded.items WHERE t.items <> excluded.items "
		"RETURNING position AS code) SELECT CASE WHEN w.added THEN 1 ELSE 0 END FROM "
		"(SELECT code FROM written UNION SELECT code FROM versions) c LEFT JOIN written w "
		"USING (code)",
		"jsonb"},

	[STORE_UNFORMER] = {"registry_unformer",
		"DELETE FROM registry.former_nip f USING jsonb_to_recordset($1) AS r(nip text) "
		"WHERE f.nip = r.nip RETURNING 2",
		"jsonb"},
	[STORE_RENAMES] = {"registry_renames",
		"UPDATE registry.person p SET nip = r.now FROM jsonb_to_recordset($1) AS r(nip "
		"text, now text) WHERE p.nip = r.nip RETURNING 0",
		"jsonb"},
	[STORE_PERSONS] = {"registry_persons",
		"INSERT INTO registry.person AS t (nip, name, email, language) SELECT r.nip, "
		"r.name, CASE WHEN r.keep_email THEN o.email ELSE r.email END, CASE WHEN "
		"r.keep_language THEN o.language ELSE r.language END FROM jsonb_to_recordset($1) "
		"AS r(nip text, name text, email text, keep_email bool, language text, "
		"keep_language bool) LEFT JOIN registry.person o ON o.nip = r.nip ORDER BY r.nip "
		"ON CONFLICT (nip) DO UPDATE SET name = excluded.name, email = excluded.email, "
		"language = excluded.language WHERE (t.name, t.email, t.language) IS DISTINCT FROM "
		"(excluded.name, excluded.email, excluded.language)" CHANGED,
		"jsonb"},
	[STORE_FORMER] = {"registry_former",
		"INSERT INTO registry.former_nip (nip, person) SELECT r.nip, p.id FROM "
		"jsonb_to_recordset($1) AS r(nip text, now text) JOIN registry.person p ON p.nip = "
		"r.now ORDER BY r.nip RETURNING 1",
		"jsonb"},

	[STORE_REMOVALS] = {"registry_removals",
		"DELETE FROM registry.assignment a USING jsonb_to_recordset($1) AS r(nip text, "
		"\"from\" date) JOIN registry.person p ON p.nip = r.nip WHERE a.person = p.id AND "
		"a.from_date = r.\"from\" RETURNING 2",
		"jsonb"},
	[STORE_ASSIGNMENTS] = {"registry_assignments",
		"INSERT INTO registry.assignment AS t (person, from_date, until_date, "
		"stated_until, unit, position, superior) SELECT p.id, r.\"from\", r.until, "
		"r.stated, r.unit, r.position, s.id FROM jsonb_to_recordset($1) AS r(nip text, "
		"\"from\" date, until date, stated date, unit text, position text, superior text) "
		"JOIN registry.person p ON p.nip = r.nip LEFT JOIN registry.person s ON s.nip = "
		"r.superior ORDER BY p.id, r.\"from\" ON CONFLICT (person, from_date) DO UPDATE "
		"SET until_date = excluded.until_date, stated_until = excluded.stated_until, unit "
		"= excluded.unit, position = excluded.position, superior = excluded.superior WHERE "
		"(t.until_date, t.stated_until, t.unit, t.position, t.superior) IS DISTINCT FROM "
		"(excluded.until_date, excluded.stated_until, excluded.unit, excluded.position, "
		"excluded.superior)" CHANGED,
		"jsonb"},

	[STORE_ABSENCE_REMOVALS] = {"registry_absence_removals",
		"DELETE FROM registry.absence a USING jsonb_to_recordset($1) AS r(nip text, "
		"\"from\" date) JOIN registry.person p ON p.nip = r.nip WHERE a.person = p.id AND "
		"a.from_date = r.\"from\" RETURNING 2",
		"jsonb"},
	[STORE_ABSENCES] = {"registry_absences",
		"INSERT INTO registry.absence AS t (person, from_date, until_date, kind) SELECT "
		"p.id, r.\"from\", r.until, r.kind FROM jsonb_to_recordset($1) AS r(nip text, "
		"\"from\" date, until date, kind text) JOIN registry.person p ON p.nip = r.nip "
		"ORDER BY p.id, r.\"from\" ON CONFLICT (person, from_date) DO UPDATE SET "
		"until_date = excluded.until_date, kind = excluded.kind WHERE (t.until_date, "
		"t.kind) IS DISTINCT FROM (excluded.until_date, excluded.kind)" CHANGED,
		"jsonb"},

	[STORE_PLANS] = {"registry_plans",
		"INSERT INTO registry.plan (person, year, version, from_date, status, items) "
		"SELECT p.id, r.year, (SELECT coalesce(max(version), 0) FROM registry.plan o WHERE "
		"o.person = p.id AND o.year = r.year) + row_number() OVER "
		"(PARTITION BY p.id, r.year ORDER BY r.place), r.\"from\", r.status, r.items "
		"FROM jsonb_to_recordset($1) AS r(nip text, year int, \"from\" date, "
		"status text, items jsonb, place int) JOIN registry.person p ON p.nip = r.nip "
		"RETURNING 1",
		"jsonb"},

	[STORE_RULESETS] = {"registry_rulesets",
		"INSERT INTO registry.ruleset (version, from_date, body) SELECT r->>'version', "
		"(r->>'from')::date, r FROM jsonb_array_elements($1) r ORDER BY 1 ON CONFLICT "
		"(version) DO NOTHING RETURNING 1",
		"jsonb"},

	[STORE_TOUCH] = {"registry_touch",
		"INSERT INTO registry.outbox (message) SELECT jsonb_build_object('kind', 'person', "
		"'person', person, 'year', year) FROM unnest($1, $2) AS t(person, year) ORDER BY "
		"person, year",
		"uuid[], int4[]"},

	[STORE_BUMP] = {"registry_bump", "UPDATE registry.version SET version = version + 1", ""},

	ROSTER_STATEMENTS(STORE_ROSTER),

	/* Skips what another command is saying right now. */
	[STORE_OUTBOX_PAGE] = {"outbox_page",
		"SELECT id, message FROM registry.outbox ORDER BY id LIMIT 5000 FOR UPDATE SKIP "
		"LOCKED",
		""},
	[STORE_OUTBOX_DELETE] = {"outbox_delete", "DELETE FROM registry.outbox WHERE id = ANY ($1)",
		"int8[]"},
	[STORE_OUTBOX_COUNT] = {"outbox_count", "SELECT count(*) FROM registry.outbox", ""},

	/* Each row of a registry file that loads to what is stored: its part, and the row. Of whom
	   all assignments were taken back nothing is in force. Numbers of before stand beside the
	   assignments, and those that are more than these in rows of their own. */
	[STORE_EXPORT] = {"registry_export",
		"WITH person AS (SELECT p.*, a.n AS assignments FROM registry.person p JOIN "
		"(SELECT person, count(*) AS n FROM registry.assignment GROUP BY person) a ON "
		"a.person = p.id), "
		"former AS (SELECT person, nip, row_number() OVER (PARTITION BY person ORDER "
		"BY nip) AS n FROM registry.former_nip), rows AS ("
		"SELECT 1 AS part, code AS a, '' AS b, 0 AS c, json_build_object('code', code, "
		"'name', name) AS said FROM registry.agency "
		"UNION ALL SELECT 2, u.code, " FROM ", 0, json_build_object('code', u.code, "
		"'agency', v.agency, 'name', u.name, 'from', nullif(v.from_date, '-infinity')) "
		"FROM registry.unit u JOIN registry.unit_agency v ON v.unit = u.code "
		"UNION ALL SELECT 3, code, '', 0, json_strip_nulls(json_build_object('code', "
		"code, 'name', json_build_object('id', name_id, 'en', name_en), 'aspect', aspect, "
		"'measure', measure, 'direction', direction, 'unit', CASE WHEN unit_id = unit_en "
		"THEN to_json(unit_en) ELSE json_build_object('id', unit_id, 'en', unit_en) END, "
		"'min', min, 'max', max, 'result_max', CASE WHEN result_max > 0 THEN result_max "
		"END, 'step', step, 'element', element, 'scope', scope)) FROM "
		"registry.indicator "
		"UNION ALL SELECT 4, code, '', 0, json_build_object('code', code, 'name', name, "
		"'indicators', (SELECT coalesce(json_agg(indicator ORDER BY indicator), '[]') FROM "
		"registry.source_indicator WHERE source = code), 'uris', (SELECT "
		"coalesce(json_agg(uri ORDER BY uri), '[]') FROM registry.source_uri WHERE source "
		"= code AND current)) FROM registry.source "
		"UNION ALL SELECT 5, p.code, " FROM ", 0, json_build_object('code', p.code, "
		"'name', p.name, 'items', v.items, 'from', nullif(v.from_date, '-infinity')) FROM "
		"registry.position p JOIN registry.position_version v ON v.position = p.code "
		"UNION ALL SELECT 6, p.nip, a.from_date::text, 0, json_strip_nulls("
		"json_build_object('nip', p.nip, 'name', p.name, 'unit', a.unit, 'position', "
		"a.position, 'superior', s.nip, 'from', a.from_date, 'until', a.stated_until, "
		"'email', p.email, 'language', p.language, 'was', f.nip)) FROM (SELECT *, "
		"row_number() OVER (PARTITION BY person ORDER BY from_date) AS n FROM "
		"registry.assignment) a JOIN person p ON p.id = a.person LEFT JOIN person "
		"s ON s.id = a.superior LEFT JOIN former f ON f.person = a.person "
		"AND f.n = a.n "
		"UNION ALL SELECT 6, p.nip, '~' || f.nip, 0, json_build_object('nip', p.nip, "
		"'was', f.nip) FROM former f JOIN person p ON p.id = f.person AND f.n > "
		"p.assignments "
		"UNION ALL SELECT 7, p.nip, a.from_date::text, 0, json_build_object('nip', p.nip, "
		"'from', a.from_date, 'until', a.until_date, 'kind', a.kind) FROM "
		"registry.absence a JOIN person p ON p.id = a.person "
		"UNION ALL SELECT 8, p.nip, l.year::text, l.version, json_strip_nulls("
		"json_build_object('nip', p.nip, 'year', l.year, 'from', l.from_date, 'status', "
		"l.status, 'items', l.items)) FROM registry.plan l JOIN person p ON p.id "
		"= l.person "
		"UNION ALL SELECT 9, version, '', 0, body::json FROM registry.ruleset) "
		"SELECT part, said::text FROM rows ORDER BY part, a COLLATE \"C\", b COLLATE "
		"\"C\", c",
		""},
	[STORE_SOURCE_CODES] = {"source_codes", "SELECT code FROM registry.source ORDER BY code",
		""},
/* Apostrophes are as many as there are keyboards: none counts. */
#define SEARCHED(text_) "translate(lower(" text_ "), '''`´ʼ‘’‛', '')"
	[STORE_PEOPLE] = {"people",
		"SELECT p.nip, p.id, p.name, a.unit, a.position FROM registry.person p LEFT JOIN "
		"LATERAL (SELECT unit, position FROM registry.assignment WHERE person = p.id ORDER "
		"BY from_date > $1, abs(from_date - $1) LIMIT 1) a ON true WHERE ($2 IS NULL OR "
		"p.id = (SELECT person FROM registry.nip_view WHERE nip = $2)) AND ($3 IS NULL OR "
		"position(" SEARCHED("$3") " IN " SEARCHED("p.name") ") > 0) ORDER BY p.nip",
		"date, text, text"},
	[STORE_PEOPLE_FIND] = {"people_find",
		"SELECT coalesce(a.person, b.id) FROM unnest($1) WITH ORDINALITY AS t(text, n) "
		"LEFT JOIN registry.nip_view a ON a.nip = t.text LEFT JOIN registry.person b "
		"ON b.id = "
		"CASE WHEN t.text ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN "
		"t.text::uuid END ORDER BY t.n",
		"text[]"},

	[STORE_TOKEN_SUBJECT] = {"token_subject",
		"SELECT p.person, coalesce($3, u.agency), EXISTS (SELECT FROM registry.agency "
		"WHERE code = $3), EXISTS (SELECT FROM registry.source WHERE code = $4) "
		"FROM (SELECT) one LEFT JOIN registry.nip_view p ON p.nip = $1 LEFT JOIN "
		"registry.assignment_view u ON u.person = p.person AND $2 BETWEEN u.from_date AND "
		"coalesce(u.until_date, 'infinity')",
		"text, date, text, text"},
	[STORE_TOKEN_ADD] = {"token_add",
		"INSERT INTO registry.token (hash, role, person, agency, source, note, expires_at)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7)",
		"bytea, text, uuid, text, text, text, timestamptz"},
	[STORE_TOKEN_LIST] = {"token_list",
		"SELECT id, role, person, agency, source, note, created_at, expires_at, "
		"revoked_at FROM registry.token ORDER BY id",
		""},
	[STORE_TOKEN_REVOKE_ID] = {"token_revoke_id",
		"UPDATE registry.token SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1",
		"int8"},
	[STORE_TOKEN_REVOKE_HASH] = {"token_revoke_hash",
		"UPDATE registry.token SET revoked_at = coalesce(revoked_at, now()) WHERE hash = "
		"$1",
		"bytea"},

	[STORE_RECOMPUTE] = {"recompute",
		"INSERT INTO registry.outbox (message) SELECT jsonb_build_object('kind', "
		"'recompute', 'person', person, 'period', year::text) FROM (SELECT person, "
		"extract(year FROM day)::int4 AS year FROM intake.evidence WHERE person IS NOT "
		"NULL UNION SELECT person, month / 12 FROM intake.total UNION SELECT person, year "
		"FROM registry.plan) y WHERE $1 IS NULL OR person = ANY ($1) ORDER BY person, year",
		"uuid[]"},
	[STORE_RECOMPUTE_PERIOD] = {"recompute_period",
		"INSERT INTO registry.outbox (message) SELECT jsonb_build_object('kind', "
		"'recompute', 'person', id, 'period', $2) FROM registry.person WHERE $1 IS NULL "
		"OR id = ANY ($1) ORDER BY id",
		"uuid[], text"},

/* By id also what was published again already; else, of a reason and perhaps a source, what was
 * not. */
#define REJECTED \
	" FROM intake.rejection WHERE CASE WHEN $3 IS NOT NULL THEN id = $3" \
	" ELSE redriven_at IS NULL AND reason = $1 AND ($2 IS NULL OR source = $2) END"
	[STORE_REJECTED_LAST] = {"rejected_last", "SELECT coalesce(max(id), 0), count(*)" REJECTED,
		"text, text, int8"},
	[STORE_REJECTED_PAGE] = {"rejected_page",
		"SELECT id, topic, key, headers, payload, \"partition\", \"offset\"" REJECTED
		" AND id > $4 AND id <= $5 ORDER BY id LIMIT $6"
		" FOR UPDATE SKIP LOCKED",
		"text, text, int8, int8, int8, int8"},
	[STORE_REJECTED_DONE] = {"rejected_done",
		"UPDATE intake.rejection SET redriven_at = now() WHERE id = ANY ($1)", "int8[]"},

	[STORE_STATUS] = {"status",
		"SELECT jsonb_build_object('sources', (SELECT "
		"coalesce(jsonb_agg(jsonb_build_object('source', source, 'accepted', accepted, "
		"'duplicates', duplicates, 'rejected', rejected) ORDER BY source), '[]') FROM "
		"intake.tally_view),'rejections', (SELECT coalesce(jsonb_object_agg(reason, n), "
		"'{}') FROM (SELECT reason, count(*) AS n FROM intake.rejection WHERE redriven_at "
		"IS NULL GROUP BY reason) r),'waiting', (SELECT count(*) FROM intake.waiting),"
		"'lost', (SELECT coalesce(jsonb_agg(to_jsonb(l)), '[]') FROM (SELECT * FROM "
		"intake.reading_view UNION ALL SELECT * FROM scoring.reading_view UNION ALL "
		"SELECT * FROM notification.reading_view UNION ALL SELECT * FROM "
		"reporting.reading_view) l WHERE lost > 0), 'verified', (SELECT "
		"jsonb_build_object('at', to_char(ended_at AT TIME ZONE 'UTC', "
		"'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), 'originals', originals, 'scores', scores, "
		"'findings', findings) FROM registry.verification ORDER BY id DESC LIMIT 1))",
		""},
	[STORE_VERIFIED] = {"verified",
		"INSERT INTO registry.verification (began_at, originals, scores, findings) VALUES "
		"($1, $2, $3, $4)",
		"timestamptz, int8, int8, int8"},
	[STORE_VERIFY_SIZE] = {"verify_size",
		"SELECT (SELECT count(*) FROM intake.evidence), (SELECT count(*) FROM "
		"registry.person)",
		""},
	[STORE_STATUS_BUSY] = {"status_busy",
		"SELECT (SELECT count(*) FROM registry.outbox), i.due, i.unpublished, s.unpublished"
		" FROM intake.under_way_view i, scoring.under_way_view s",
		""},

	/* Ids are remembered for two years after their work's or their receipt's: before that none
	   is missed. */
	[STORE_ORIGINALS] = {"originals",
		"DECLARE originals NO SCROLL CURSOR FOR SELECT t.name, e.\"partition\", "
		"e.\"offset\", e.kind, e.at, e.day, e.key, e.event_id, e.ref, s.code, "
		"u.uris, n.code, "
		"p.nip || coalesce(' ' || f.nips, ''), "
		"e.value, e.\"of\", e.replaces, e.sha256, e.headers, e.payload, i.content, "
		"i.waiting OR i.person IS DISTINCT FROM e.person OR i.month IS DISTINCT FROM CASE "
		"WHEN e.person IS NOT NULL THEN (extract(year FROM e.day) * 12 + extract(month "
		"FROM e.day) - 1)::int4 END OR i.indicator IS DISTINCT FROM CASE WHEN e.person IS "
		"NOT NULL THEN e.indicator END, greatest(extract(year FROM e.day), extract(year "
		"FROM e.received_at AT TIME ZONE 'Asia/Pontianak')) < extract(year FROM now()) - "
		"2, e.payload IS NULL, a.month IS NOT NULL FROM intake.evidence e LEFT JOIN "
		"intake.archived a ON a.month = date_trunc('month', e.day)::date LEFT JOIN "
		"intake.topic t ON t.id = e.topic LEFT JOIN "
		"intake.event_id i ON i.key = e.key LEFT JOIN registry.source s ON s.id = "
		"e.source LEFT JOIN (SELECT source, string_agg(uri, ' ') AS uris FROM "
		"registry.source_uri GROUP BY source) u ON u.source = s.code LEFT JOIN "
		"registry.indicator n ON n.id = e.indicator LEFT JOIN registry.person p ON p.id = "
		"e.person LEFT JOIN (SELECT person, string_agg(nip, ' ') AS nips FROM "
		"registry.former_nip GROUP BY person) f ON f.person = e.person",
		""},
	[STORE_ARCHIVED] = {"archived",
		"SELECT count(*), coalesce(sum(events), 0)::int8 FROM intake.archived", ""},
	[STORE_ORIGINALS_NEXT] = {"originals_next", "FETCH 1000 FROM originals", ""},

	[STORE_LINKS] = {"links",
		"SELECT 'an event that is stored twice', e.key FROM intake.evidence e GROUP BY "
		"e.key HAVING count(*) > 1 UNION ALL SELECT 'a replacement without the event that "
		"replaces', r.by FROM intake.replacement r WHERE NOT EXISTS (SELECT FROM "
		"intake.evidence e WHERE e.key = r.by) UNION ALL SELECT 'a replacement whose "
		"original is not stored', r.original FROM intake.replacement r WHERE NOT EXISTS "
		"(SELECT FROM intake.evidence e WHERE e.key = r.original) UNION ALL SELECT 'a "
		"replacement that names another event than the one that replaces', r.by FROM "
		"intake.replacement r JOIN intake.evidence e ON e.key = r.by AND e.event_id <> "
		"r.by_event UNION ALL SELECT 'an "
		"event that replaces another, but that one still counts', e.key FROM "
		"intake.evidence e WHERE e.replaces IS NOT NULL AND NOT EXISTS (SELECT FROM "
		"intake.replacement r WHERE r.original = e.replaces AND r.by = e.key) UNION ALL "
		"SELECT 'an id that is held, but the event is not stored', i.key FROM "
		"intake.event_id i WHERE NOT i.waiting AND NOT EXISTS (SELECT FROM "
		"intake.evidence e WHERE e.key = i.key) UNION ALL SELECT 'an id that waits, but "
		"the event is not stored', i.key FROM intake.event_id i WHERE i.waiting AND NOT "
		"EXISTS (SELECT FROM intake.waiting w WHERE w.key = i.key) UNION ALL SELECT 'a "
		"waiting event that does not hold its id', w.key FROM intake.waiting w WHERE NOT "
		"EXISTS (SELECT FROM intake.event_id i WHERE i.key = w.key AND i.waiting) UNION "
		"ALL SELECT 'a declaration of completeness that is not in effect', e.key FROM "
		"intake.evidence e WHERE e.kind = 3 AND NOT EXISTS (SELECT FROM "
		"intake.completeness c WHERE c.key = e.key) UNION ALL SELECT 'a completeness that "
		"nobody declared', c.key FROM intake.completeness c WHERE NOT EXISTS (SELECT FROM "
		"intake.evidence e WHERE e.key = c.key AND e.kind = 3)",
		""},

	[STORE_TOTALS] = {"totals",
		"SELECT person, month, coalesce(i.code, indicator::text), coalesce(raw.n, 0), "
		"coalesce(t.n, 0) FROM intake.raw_total_view raw FULL JOIN intake.total_view t "
		"USING (person, month, indicator) LEFT JOIN registry.indicator i ON i.id = "
		"indicator WHERE (raw.n, raw.sum, raw.sum_of, raw.latest_at, raw.latest_source, "
		"raw.latest_id, raw.latest_value) IS DISTINCT FROM (t.n, t.sum, t.sum_of, "
		"t.latest_at, t.latest_source, t.latest_id, t.latest_value) ORDER BY 1, 2, 3",
		""},

	[STORE_LEDGER] = {"ledger", "SELECT month, added, there FROM intake.ledger_view ORDER BY 1",
		""},
	/* What is no evidence, or none yet. */
	[STORE_REST] = {"rest",
		"SELECT topic, \"partition\", \"offset\", false FROM intake.rejection WHERE "
		"sha256 <> sha256(coalesce(payload, '')) UNION ALL SELECT t.name, "
		"w.\"partition\", w.\"offset\", true FROM intake.waiting w JOIN intake.topic t "
		"ON t.id = w.topic WHERE w.sha256 <> sha256(w.payload) ORDER BY 1, 2, 3",
		""},

	[STORE_RAW_TOTALS] = {"raw_totals",
		"SELECT person, month, indicator, n, sum, sum_of, latest_at, latest_value FROM "
		"intake.raw_total_view WHERE person = ANY ($1) AND month BETWEEN $2 AND $3 ORDER "
		"BY person",
		"uuid[], int4, int4"},
	/* Month by month, so that no other partition is looked at. */
	[STORE_COUNTING] = {"counting",
		"SELECT e.* FROM unnest($1::uuid[], $2::date[], $3::date[]) AS w(person, first, "
		"last) CROSS JOIN LATERAL (SELECT v.person, v.day, v.indicator, v.value, "
		"v.\"of\", v.at, v.source, v.event_id FROM intake.counting_view v WHERE v.person "
		"= w.person AND v.day BETWEEN w.first AND w.last OFFSET 0) e ORDER BY e.person",
		"uuid[], date[], date[]"},
	[STORE_ANSWERS] = {"answers", COMPUTE_ANSWERS("intake.raw_answers_view"),
		"uuid[], date, date"},
	[STORE_ANSWER_SUMS] = {"answer_sums",
		"SELECT unit, agency, day FROM (SELECT * FROM intake.raw_answers_view EXCEPT "
		"SELECT * FROM intake.answers_view) a UNION SELECT unit, agency, day FROM (SELECT "
		"* FROM intake.answers_view EXCEPT SELECT * FROM intake.raw_answers_view) b ORDER "
		"BY 1, 2, 3",
		""},
	[STORE_COMPLETE] = {"complete",
		"SELECT unit, month, indicator FROM intake.completeness_view WHERE month BETWEEN "
		"$2 AND $3 AND unit IN (SELECT unit FROM registry.assignment_view WHERE person = "
		"ANY ($1))",
		"uuid[], int4, int4"},
	[STORE_PEOPLE_PAGE] = {"people_page",
		"SELECT DISTINCT person FROM registry.assignment_view WHERE person > $1 ORDER BY "
		"person LIMIT 200",
		"uuid"},
	[STORE_YEARS] = {"years",
		"SELECT month / 12 AS year FROM intake.total_view UNION SELECT month / 12 FROM "
		"intake.completeness_view UNION SELECT extract(year FROM day)::int FROM "
		"intake.answers_view UNION SELECT left(period, 4)::int FROM "
		"scoring.score_view ORDER BY year",
		""},
	[STORE_STANDING] = {"standing", COMPUTE_STANDING, "uuid[]"},
	[STORE_UNPUBLISHED] = {"unpublished",
		"SELECT s.person, s.period FROM scoring.score s JOIN scoring.person p ON p.person "
		"= s.person AND p.published_revision < p.revision AND p.published_revision < "
		"s.person_revision WHERE s.computed_at < now() - interval '1 minute' ORDER BY 1, 2",
		""},
	[STORE_UNREACHABLE] = {"unreachable",
		"SELECT coalesce(jsonb_agg(jsonb_build_object('person', person, 'since', since, "
		"'reply', reply) ORDER BY since, person), '[]') FROM notification.unreachable_view",
		""},
};
