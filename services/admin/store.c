#include "store.h"

/* What one part's row returns when no score can move through it. */
#define NOTHING "NULL::text, NULL::uuid, NULL::int4, NULL::int4"

const struct db_statement store_statements[STORE_ALL] = {
	[STORE_LOCK] = {"registry_lock", "SELECT pg_advisory_xact_lock(1413829189, 1)", ""},

	[STORE_KNOWN] = {"registry_known",
		"SELECT jsonb_build_object('agencies', (SELECT coalesce(jsonb_object_agg(code, "
		"true), '{}') FROM registry.agency),'units', (SELECT "
		"coalesce(jsonb_object_agg(code, true), '{}') FROM registry.unit),'indicators', "
		"(SELECT coalesce(jsonb_object_agg(code, direction), '{}') FROM "
		"registry.indicator),'sources', (SELECT coalesce(jsonb_object_agg(code, true), "
		"'{}') FROM registry.source),'positions', (SELECT coalesce(jsonb_object_agg(code, "
		"(SELECT coalesce(jsonb_agg(i->'indicator'), '[]') FROM "
		"jsonb_array_elements(items) i WHERE i @? '$.target[*] ? (@ == 0)')), '{}') FROM "
		"registry.position),'plans', (SELECT coalesce(jsonb_object_agg(i->>'indicator', "
		"true), '{}') FROM registry.plan, jsonb_array_elements(items) i WHERE i @? "
		"'$.target[*] ? (@ == 0)'),'people', (SELECT coalesce(jsonb_object_agg(nip, "
		"spans), '{}') FROM (SELECT p.nip, coalesce(jsonb_object_agg(a.from_date, "
		"a.until_date) FILTER (WHERE a.person IS NOT NULL), '{}') AS spans FROM "
		"registry.person p LEFT JOIN registry.assignment a ON a.person = p.id GROUP BY "
		"p.id) s),'rulesets', (SELECT coalesce(jsonb_object_agg(version, body), '{}') "
		"FROM registry.ruleset))",
		""},

	[STORE_AGENCIES] = {"registry_agencies",
		"INSERT INTO registry.agency AS t (code, name) SELECT code, name FROM "
		"jsonb_to_recordset($1) AS r(code text, name text) ORDER BY code ON CONFLICT "
		"(code) DO UPDATE SET name = excluded.name WHERE t.name <> excluded.name"
		" RETURNING xmax = 0, " NOTHING,
		"jsonb"},

	[STORE_UNITS] = {"registry_units",
		"INSERT INTO registry.unit AS t (code, agency, name) SELECT code, agency, name"
		" FROM jsonb_to_recordset($1) AS r(code text, agency text, name text) ORDER BY code"
		" ON CONFLICT (code) DO UPDATE SET agency = excluded.agency, name = excluded.name"
		" WHERE (t.agency, t.name) IS DISTINCT FROM (excluded.agency, excluded.name)"
		" RETURNING xmax = 0, " NOTHING,
		"jsonb"},

	[STORE_INDICATORS] = {"registry_indicators",
		"WITH new AS (SELECT code, name->>'id' AS name_id, name->>'en' AS name_en, "
		"aspect, measure, direction, coalesce(unit, '') AS unit, min, max FROM "
		"jsonb_to_recordset($1) AS r(code text, name jsonb, aspect text, measure text, "
		"direction text, unit text, min numeric, max numeric)), old AS (SELECT code, "
		"aspect, measure, direction FROM registry.indicator), written AS (INSERT INTO "
		"registry.indicator AS t (code, name_id, name_en, aspect, measure, direction, "
		"unit, min, max) SELECT code, name_id, name_en, aspect, measure, direction, unit, "
		"min, max FROM new ORDER BY code ON CONFLICT (code) DO UPDATE SET name_id = "
		"excluded.name_id, name_en = excluded.name_en, aspect = excluded.aspect, measure "
		"= excluded.measure, direction = excluded.direction, unit = excluded.unit, min = "
		"excluded.min, max = excluded.max WHERE (t.name_id, t.name_en, t.aspect, "
		"t.measure, t.direction, t.unit, t.min, t.max) IS DISTINCT FROM "
		"(excluded.name_id, excluded.name_en, excluded.aspect, excluded.measure, "
		"excluded.direction, excluded.unit, excluded.min, excluded.max) RETURNING xmax = "
		"0 AS added, code, aspect, measure, direction) SELECT w.added, CASE WHEN "
		"(w.aspect, w.measure, w.direction) IS DISTINCT FROM (o.aspect, o.measure, "
		"o.direction) THEN w.code END, NULL::uuid, NULL::int4, NULL::int4 FROM written w "
		"LEFT JOIN old o USING (code)",
		"jsonb"},

	[STORE_SOURCES] = {"registry_sources",
		"WITH new AS (SELECT code, name, indicators FROM jsonb_to_recordset($1) AS r(code "
		"text, name text, indicators jsonb)), wanted AS (SELECT n.code, i.indicator FROM "
		"new n, jsonb_array_elements_text(n.indicators) AS i(indicator)), written AS "
		"(INSERT INTO registry.source AS t (code, name) SELECT code, name FROM new ORDER "
		"BY code ON CONFLICT (code) DO UPDATE SET name = excluded.name WHERE t.name <> "
		"excluded.name RETURNING code, xmax = 0 AS added), forbidden AS (DELETE FROM "
		"registry.source_indicator s USING new n WHERE s.source = n.code AND NOT EXISTS "
		"(SELECT FROM wanted w WHERE w.code = s.source AND w.indicator = s.indicator) "
		"RETURNING s.source AS code), allowed AS (INSERT INTO registry.source_indicator "
		"(source, indicator) SELECT code, indicator FROM wanted ORDER BY 1, 2 ON CONFLICT "
		"DO NOTHING RETURNING source AS code)"
		" SELECT coalesce(w.added, false), " NOTHING
		" FROM (SELECT code FROM written UNION SELECT code FROM forbidden"
		" UNION SELECT code FROM allowed) c LEFT JOIN written w USING (code)",
		"jsonb"},

	[STORE_POSITIONS] = {"registry_positions",
		"WITH new AS (SELECT code, name, items FROM jsonb_to_recordset($1) AS r(code "
		"text, name text, items jsonb)), old AS (SELECT code, items FROM "
		"registry.position), written AS (INSERT INTO registry.position AS t (code, name, "
		"items) SELECT code, name, items FROM new ORDER BY code ON CONFLICT (code) DO "
		"UPDATE SET name = excluded.name, items = excluded.items WHERE (t.name, t.items) "
		"IS DISTINCT FROM (excluded.name, excluded.items) RETURNING xmax = 0 AS added, "
		"code, items) SELECT w.added, CASE WHEN w.items IS DISTINCT FROM o.items THEN "
		"w.code END, NULL::uuid, NULL::int4, NULL::int4 FROM written w LEFT JOIN old o "
		"USING (code)",
		"jsonb"},

	[STORE_PERSONS] = {"registry_persons",
		"INSERT INTO registry.person AS t (nip, name, email) SELECT r.nip, r.name, CASE "
		"WHEN r.keep_email THEN o.email ELSE r.email END FROM jsonb_to_recordset($1) AS "
		"r(nip text, name text, email text, keep_email bool) LEFT JOIN registry.person o "
		"ON o.nip = r.nip ORDER BY r.nip ON CONFLICT (nip) DO UPDATE SET name = "
		"excluded.name, email = excluded.email WHERE (t.name, t.email) IS DISTINCT FROM "
		"(excluded.name, excluded.email)"
		" RETURNING xmax = 0, " NOTHING,
		"jsonb"},

	/* Scores move from the first day on which the assignment is another one than before until
	   the last. */
	[STORE_ASSIGNMENTS] = {"registry_assignments",
		"WITH new AS (SELECT p.id AS person, r.\"from\", r.until, r.unit, r.position, "
		"s.id AS superior, CASE WHEN (o.unit, o.position) IS NOT DISTINCT FROM (r.unit, "
		"r.position) THEN least(o.until_date, r.until, '9999-12-31') ELSE r.\"from\" END "
		"AS first, CASE WHEN o.person IS NOT NULL AND o.until_date IS NULL THEN "
		"'9999-12-31' ELSE greatest(o.until_date, coalesce(r.until, '9999-12-31')) END AS "
		"last FROM jsonb_to_recordset($1) AS r(nip text, \"from\" date, until date, unit "
		"text, position text, superior text) JOIN registry.person p ON p.nip = r.nip LEFT "
		"JOIN registry.person s ON s.nip = r.superior LEFT JOIN registry.assignment o ON "
		"o.person = p.id AND o.from_date = r.\"from\"), written AS (INSERT INTO "
		"registry.assignment AS t (person, from_date, until_date, unit, position, "
		"superior) SELECT person, \"from\", until, unit, position, superior FROM new "
		"ORDER BY person, \"from\" ON CONFLICT (person, from_date) DO UPDATE SET "
		"until_date = excluded.until_date, unit = excluded.unit, position = "
		"excluded.position, superior = excluded.superior WHERE (t.until_date, t.unit, "
		"t.position, t.superior) IS DISTINCT FROM (excluded.until_date, excluded.unit, "
		"excluded.position, excluded.superior) RETURNING xmax = 0 AS added, person, "
		"from_date) SELECT w.added, NULL::text, w.person, extract(year FROM "
		"n.first)::int4, extract(year FROM n.last)::int4 FROM written w JOIN new n ON "
		"n.person = w.person AND n.\"from\" = w.from_date",
		"jsonb"},

	[STORE_CLOSINGS] = {"registry_closings",
		"UPDATE registry.assignment a SET until_date = r.until FROM "
		"jsonb_to_recordset($1) AS r(nip text, \"from\" date, until date) JOIN "
		"registry.person p ON p.nip = r.nip WHERE a.person = p.id AND a.from_date = "
		"r.\"from\" AND a.until_date IS DISTINCT FROM r.until RETURNING false, "
		"NULL::text, a.person, extract(year FROM r.until)::int4, 9999",
		"jsonb"},

	[STORE_ABSENCES] = {"registry_absences",
		"WITH new AS (SELECT p.id AS person, r.\"from\", r.until, r.kind, "
		"greatest(r.until, o.until_date) AS last FROM jsonb_to_recordset($1) AS r(nip "
		"text, \"from\" date, until date, kind text) JOIN registry.person p ON p.nip = "
		"r.nip LEFT JOIN registry.absence o ON o.person = p.id AND o.from_date = "
		"r.\"from\"), written AS (INSERT INTO registry.absence AS t (person, from_date, "
		"until_date, kind) SELECT person, \"from\", until, kind FROM new ORDER BY person, "
		"\"from\" ON CONFLICT (person, from_date) DO UPDATE SET until_date = "
		"excluded.until_date, kind = excluded.kind WHERE (t.until_date, t.kind) IS "
		"DISTINCT FROM (excluded.until_date, excluded.kind) RETURNING xmax = 0 AS added, "
		"person, from_date) SELECT w.added, NULL::text, w.person, extract(year FROM "
		"w.from_date)::int4, extract(year FROM n.last)::int4 FROM written w JOIN new n ON "
		"n.person = w.person AND n.\"from\" = w.from_date",
		"jsonb"},

	/* A version is appended when the newest of the same day says something else. */
	[STORE_PLANS] = {"registry_plans",
		"WITH new AS (SELECT p.id AS person, r.year, r.\"from\", r.status, r.items, "
		"r.place FROM jsonb_to_recordset($1) AS r(nip text, year int, \"from\" date, "
		"status text, items jsonb, place int) JOIN registry.person p ON p.nip = r.nip), "
		"standing AS (SELECT DISTINCT ON (person, year, from_date) person, year, "
		"from_date, status, items FROM registry.plan ORDER BY person, year, from_date, "
		"version DESC), newest AS (SELECT person, year, max(version) AS version FROM "
		"registry.plan GROUP BY person, year), written AS (INSERT INTO registry.plan "
		"(person, year, version, from_date, status, items) SELECT n.person, n.year, "
		"coalesce(m.version, 0) + row_number() OVER (PARTITION BY n.person, n.year ORDER "
		"BY n.place), n.\"from\", n.status, n.items FROM new n LEFT JOIN newest m ON "
		"m.person = n.person AND m.year = n.year LEFT JOIN standing s ON s.person = "
		"n.person AND s.year = n.year AND s.from_date = n.\"from\" WHERE s.person IS NULL "
		"OR (s.status, s.items) IS DISTINCT FROM (n.status, n.items) RETURNING person, "
		"year, from_date) SELECT s.person IS NULL, NULL::text, w.person, w.year, w.year "
		"FROM written w LEFT JOIN standing s ON s.person = w.person AND s.year = w.year "
		"AND s.from_date = w.from_date",
		"jsonb"},

	[STORE_RULESETS] = {"registry_rulesets",
		"INSERT INTO registry.ruleset (version, from_date, body) SELECT r->>'version', "
		"(r->>'from')::date, r FROM jsonb_array_elements($1) r ORDER BY 1 ON CONFLICT "
		"(version) DO NOTHING RETURNING true, version, NULL::uuid, extract(year FROM "
		"from_date)::int4, 9999",
		"jsonb"},

	/* A score needs a plan, so only years with one can move. */
	[STORE_TOUCH] = {"registry_touch",
		"WITH hit AS (SELECT code FROM registry.position p WHERE code = ANY ($4) OR "
		"EXISTS (SELECT FROM jsonb_array_elements(p.items) i WHERE i->>'indicator' = ANY "
		"($5))) INSERT INTO registry.outbox (message) SELECT jsonb_build_object('kind', "
		"'person', 'person', person, 'year', year) FROM (SELECT p.person, p.year FROM "
		"unnest($1, $2, $3) AS t(person, first, last) JOIN registry.plan p ON p.person = "
		"t.person AND p.year BETWEEN t.first AND t.last UNION SELECT p.person, p.year "
		"FROM hit JOIN registry.assignment a ON a.position = hit.code JOIN registry.plan "
		"p ON p.person = a.person AND p.year BETWEEN extract(year FROM a.from_date) AND "
		"coalesce(extract(year FROM a.until_date), 9999) UNION SELECT p.person, p.year "
		"FROM registry.plan p WHERE EXISTS (SELECT FROM jsonb_array_elements(p.items) i "
		"WHERE i->>'indicator' = ANY ($5)) UNION SELECT p.person, p.year FROM "
		"registry.plan p WHERE p.year >= $6) m ORDER BY person, year",
		"uuid[], int4[], int4[], text[], text[], int4"},

	[STORE_BUMP] = {"registry_bump", "UPDATE registry.version SET version = version + 1", ""},

	/* Skips what another command is saying right now. */
	[STORE_OUTBOX_PAGE] = {"outbox_page",
		"SELECT id, message FROM registry.outbox ORDER BY id LIMIT 5000 FOR UPDATE SKIP "
		"LOCKED",
		""},
	[STORE_OUTBOX_DELETE] = {"outbox_delete", "DELETE FROM registry.outbox WHERE id = ANY ($1)",
		"int8[]"},
	[STORE_OUTBOX_COUNT] = {"outbox_count", "SELECT count(*) FROM registry.outbox", ""},

	[STORE_SOURCE_CODES] = {"source_codes", "SELECT code FROM registry.source ORDER BY code",
		""},
	[STORE_PEOPLE] = {"people", "SELECT nip, id FROM registry.person ORDER BY nip", ""},
	[STORE_PEOPLE_FIND] = {"people_find",
		"SELECT coalesce(a.id, b.id) FROM unnest($1) WITH ORDINALITY AS t(text, n) LEFT "
		"JOIN registry.person a ON a.nip = t.text LEFT JOIN registry.person b ON b.id = "
		"CASE WHEN t.text ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN "
		"t.text::uuid END ORDER BY t.n",
		"text[]"},

	[STORE_TOKEN_SUBJECT] = {"token_subject",
		"SELECT p.id, coalesce($3, u.agency), EXISTS (SELECT FROM registry.agency WHERE "
		"code = $3), EXISTS (SELECT FROM registry.source WHERE code = $4) FROM (SELECT) "
		"one LEFT JOIN registry.person p ON p.nip = $1 LEFT JOIN registry.assignment a ON "
		"a.person = p.id AND $2 BETWEEN a.from_date AND coalesce(a.until_date, "
		"'infinity') LEFT JOIN registry.unit u ON u.code = a.unit",
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
		"IS NULL GROUP BY reason) r),'waiting', (SELECT count(*) FROM intake.waiting))",
		""},
	[STORE_STATUS_BUSY] = {"status_busy",
		"SELECT (SELECT count(*) FROM registry.outbox), i.due, i.unpublished, s.unpublished"
		" FROM intake.under_way_view i, scoring.under_way_view s",
		""},

	/* Ids are remembered for two years after their work's or their receipt's: before that none
	   is missed. */
	[STORE_ORIGINALS] = {"originals",
		"DECLARE originals NO SCROLL CURSOR FOR SELECT t.name, e.\"partition\", "
		"e.\"offset\", e.kind, e.at, e.day, e.key, e.event_id, s.code, n.code, p.nip, "
		"e.value, e.\"of\", e.replaces, e.sha256, e.headers, e.payload, i.content, "
		"i.waiting OR i.person IS DISTINCT FROM e.person OR i.month IS DISTINCT FROM CASE "
		"WHEN e.person IS NOT NULL THEN (extract(year FROM e.day) * 12 + extract(month "
		"FROM e.day) - 1)::int4 END OR i.indicator IS DISTINCT FROM CASE WHEN e.person IS "
		"NOT NULL THEN e.indicator END, greatest(extract(year FROM e.day), extract(year "
		"FROM e.received_at AT TIME ZONE 'Asia/Pontianak')) < extract(year FROM now()) - "
		"2 FROM intake.evidence e LEFT JOIN intake.topic t ON t.id = e.topic LEFT JOIN "
		"intake.event_id i ON i.key = e.key LEFT JOIN registry.source s ON s.id = "
		"e.source LEFT JOIN registry.indicator n ON n.id = e.indicator LEFT JOIN "
		"registry.person p ON p.id = e.person",
		""},
	[STORE_ORIGINALS_NEXT] = {"originals_next", "FETCH 1000 FROM originals", ""},

	[STORE_LINKS] = {"links",
		"SELECT 'an event that is stored twice', e.key FROM intake.evidence e GROUP BY "
		"e.key HAVING count(*) > 1 UNION ALL SELECT 'a replacement without the event that "
		"replaces', r.by FROM intake.replacement r WHERE NOT EXISTS (SELECT FROM "
		"intake.evidence e WHERE e.key = r.by) UNION ALL SELECT 'a replacement whose "
		"original is not stored', r.original FROM intake.replacement r WHERE NOT EXISTS "
		"(SELECT FROM intake.evidence e WHERE e.key = r.original) UNION ALL SELECT 'an "
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
		"indicator WHERE (raw.n, raw.sum, raw.sum_of, raw.latest_at, raw.latest_id, "
		"raw.latest_value) IS DISTINCT FROM (t.n, t.sum, t.sum_of, t.latest_at, "
		"t.latest_id, t.latest_value) ORDER BY 1, 2, 3",
		""},

	[STORE_RAW_TOTALS] = {"raw_totals",
		"SELECT person, month, indicator, n, sum, sum_of, latest_at, latest_id, "
		"latest_value FROM intake.raw_total_view WHERE person = ANY ($1) AND month "
		"BETWEEN $2 AND $3 ORDER BY person",
		"uuid[], int4, int4"},
	[STORE_COMPLETE] = {"complete",
		"SELECT unit, month, indicator FROM intake.completeness_view WHERE month BETWEEN "
		"$2 AND $3 AND unit IN (SELECT unit FROM registry.assignment_view WHERE person = "
		"ANY ($1)) ORDER BY unit COLLATE \"C\"",
		"uuid[], int4, int4"},
	[STORE_PEOPLE_PAGE] = {"people_page",
		"SELECT DISTINCT person FROM registry.assignment_view WHERE person > $1 ORDER BY "
		"person LIMIT 200",
		"uuid"},
	[STORE_YEARS] = {"years",
		"SELECT month / 12 AS year FROM intake.total_view UNION SELECT month / 12 FROM "
		"intake.completeness_view UNION SELECT left(period, 4)::int FROM "
		"scoring.score_view ORDER BY year",
		""},
	[STORE_STANDING] = {"standing",
		"SELECT person, period, revision, content, body, results, rating, missing, unit, "
		"(SELECT '{' || string_agg('[' || to_char(lower(d), 'YYYY-MM-DD') || ',' || "
		"to_char(upper(d) - 1, 'YYYY-MM-DD') || ']', ',' ORDER BY d) || '}' FROM "
		"unnest(service_days) d) FROM scoring.score WHERE person = ANY ($1) ORDER BY "
		"person, period",
		"uuid[]"},
	[STORE_UNPUBLISHED] = {"unpublished",
		"SELECT s.person, s.period FROM scoring.score s JOIN scoring.person p ON p.person "
		"= s.person AND p.published_revision < p.revision AND p.published_revision < "
		"s.person_revision WHERE s.computed_at < now() - interval '1 minute' ORDER BY 1, 2",
		""},
};
