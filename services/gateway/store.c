#include "store.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "store_statements.h"

/* A head's agency: what the token says, else that of today's assignment, which ends with a
 * transfer. */
#define AGENCY_TODAY \
	"coalesce(t.agency, (SELECT a.agency FROM registry.assignment_view a " \
	"WHERE t.role = 'head' AND a.person = t.person AND a.from_date <= $3 " \
	"AND coalesce(a.until_date, 'infinity') >= $3))"

#define URIS \
	"(SELECT string_agg(u.uri, ' ') FROM registry.source_uri_view u WHERE u.code = t.source)"

/* A page of rejections, which ends early as one of evidence does. `more` says once more what is
 * asked for, where an index is to find it. */
#define REJECTIONS_PAGE(more_) \
	"SELECT y.at, y.id, y.\"offset\", y.redriven_at, y.reason, y.detail, y.topic, " \
	"y.\"partition\", y.event, y.sha256, y.payload, y.found FROM (SELECT x.*, " \
	"count(*) OVER () AS found, sum(x.bytes) OVER (ORDER BY x.at DESC, x.id DESC) - " \
	"x.bytes AS before FROM (SELECT at, id, \"offset\", redriven_at, reason, detail, " \
	"topic, \"partition\", event, sha256, substr(payload, 1, 65536) AS payload, " \
	"least(coalesce(octet_length(payload), 0), 65536) AS bytes FROM " \
	"intake.rejection_view WHERE source = $1 AND at >= $2 AND (at, id) < ($3, $4) AND " \
	"($5::text IS NULL OR reason = $5) AND ($6::text IS NULL OR event = $6) " more_ \
	" ORDER BY at DESC, id DESC LIMIT 101) x) y WHERE y.before < 1048576 ORDER BY " \
	"y.at DESC, y.id DESC"
#define REJECTIONS_TYPES "text, timestamptz, timestamptz, int8, text, text"

const struct db_statement store_statements[] = {
	[TOKEN] = {"token",
		"SELECT t.id, t.role, t.person, " AGENCY_TODAY ", t.source, " URIS
		", t.expires_at FROM registry.token_view t "
		"WHERE t.hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2)",
		"bytea, timestamptz, date"},
	[SESSION] = {"session",
		"SELECT t.id, t.role, t.person, " AGENCY_TODAY ", t.source, " URIS
		", least(s.expires_at, t.expires_at) FROM gateway.session s JOIN "
		"registry.token_view t ON t.id = s.token WHERE s.hash = $1 AND s.expires_at > $2 "
		"AND (t.expires_at IS NULL OR t.expires_at > $2)",
		"bytea, timestamptz, date"},
	[SESSION_ADD] = {"session_add",
		"INSERT INTO gateway.session (hash, token, created_at, expires_at) VALUES "
		"($1, $2, $3, $4)",
		"bytea, int8, timestamptz, timestamptz"},
	[SESSION_END] = {"session_end", "DELETE FROM gateway.session WHERE hash = $1", "bytea"},
	[SESSIONS_EXPIRE] = {"sessions_expire",
		"DELETE FROM gateway.session WHERE expires_at <= $1", "timestamptz"},
	[FORGET_ACCESS] = {"forget_access", "SELECT gateway.forget_access($1, $2)",
		"timestamptz, int4"},
	[ACCESS] = {"access",
		"INSERT INTO gateway.access (at, token, what, period, request, person) "
		"SELECT DISTINCT $1, $2, $3, $4, $5, unnest($6::uuid[])",
		"timestamptz, int8, text, text, text, uuid[]"},
	[IS_SUPERIOR] = {"is_superior",
		"SELECT FROM registry.assignment_view WHERE person = $1 AND superior = $2 "
		"AND from_date <= $3 AND coalesce(until_date, 'infinity') >= $3",
		"uuid, uuid, date"},
	[PERSON] = {"person",
		"SELECT p.name, u.name, g.name, o.name, s.name FROM registry.person_view p "
		"LEFT JOIN registry.assignment_view a ON a.person = p.person AND a.from_date <= $2 "
		"LEFT JOIN registry.unit_view u ON u.code = a.unit LEFT JOIN "
		"registry.agency_view g ON g.code = a.agency LEFT JOIN registry.position_view o "
		"ON o.code = a.position LEFT JOIN registry.person_view s ON s.person = a.superior "
		"WHERE p.person = $1 ORDER BY a.from_date DESC NULLS LAST LIMIT 1",
		"uuid, date"},
	[UNITS_OF] = {"units_of",
		"SELECT DISTINCT u.code, u.name FROM registry.assignment_view a JOIN "
		"registry.unit_view u ON u.code = a.unit WHERE a.person = $1",
		"uuid"},
	[SCORE] = {"score", "SELECT body FROM scoring.score_view WHERE person = $1 AND period = $2",
		"uuid, text"},
	[SCORES] = {"scores",
		"WITH found AS MATERIALIZED (SELECT a.*, s.body FROM unnest($1::int4[], "
		"$2::timestamptz[], $3::int8[], $4::text[], $5::text[], $6::uuid[]) AS a (n, at, "
		"token, period, request, person) JOIN scoring.score_view s ON s.person = a.person "
		"AND s.period = a.period), looked AS (INSERT INTO gateway.access (at, token, what, "
		"period, request, person) SELECT at, token, 'score', period, request, person FROM "
		"found) SELECT n, body FROM found",
		"int4[], timestamptz[], int8[], text[], text[], uuid[]"},
	[PERIODS] = {"periods",
		"SELECT period, results, rating FROM scoring.score_view WHERE person = $1 ORDER BY "
		"period DESC LIMIT 100",
		"uuid"},
	[SERVICE_DAYS] = {"service_days",
		"SELECT sum(upper(d) - lower(d)), sum(least(upper(d), $3) - least(lower(d), $3)) "
		"FROM scoring.score_view s, unnest(s.service_days) d WHERE s.person = $1 AND "
		"s.period = $2",
		"uuid, text, date"},
	/* The first month from $2 on, and whether there are more behind the year that begins with
	   it. */
	[EVIDENCE_FROM] = {"evidence_from",
		"SELECT f.first, EXISTS (SELECT FROM intake.month_view m WHERE m.person = $1 AND "
		"m.month > f.first + 11 AND ($3 = 0 OR m.indicator = $3)) FROM (SELECT min(month) "
		"AS first FROM intake.month_view WHERE person = $1 AND month >= $2 AND ($3 = 0 OR "
		"indicator = $3)) f WHERE f.first IS NOT NULL",
		"uuid, int4, int4"},
	/* `found` tells of a next page; `before` ends a page early, so that one of the
	 * largest events stays small. What an older intake let in can have megabytes of
	 * headers. */
	[EVIDENCE] = {"evidence",
		"SELECT y.at, y.key, s.code, y.event_id, y.kind, i.code, y.value, "
		"y.\"of\", y.ref, y.replaced_by, y.topic, y.\"partition\", y.\"offset\", "
		"y.received_at, y.sha256, y.headers, y.payload, y.found FROM (SELECT x.*, "
		"count(*) OVER () AS found, sum(x.bytes) OVER (ORDER BY x.at, x.key) - "
		"x.bytes AS before FROM (SELECT key, at, kind, source, indicator, value, "
		"\"of\", event_id, ref, replaced_by::text AS replaced_by, topic, "
		"\"partition\", \"offset\", received_at, sha256, headers, payload, "
		"coalesce(octet_length(payload), 0) + coalesce(octet_length(headers), 0) AS "
		"bytes FROM intake.evidence_view WHERE person = $1 AND day BETWEEN $2 AND "
		"$3 AND ($4 "
		"= 0 OR indicator = $4) AND ($5::timestamptz IS NULL OR (at, key) > ($5, "
		"$6)) ORDER BY at, key LIMIT 101) x) y JOIN registry.source_view s ON "
		"s.id = y.source JOIN registry.indicator_view i ON i.id = y.indicator "
		"WHERE y.before < 1048576 ORDER BY y.at, y.key",
		"uuid, date, date, int4, timestamptz, uuid"},
	[INBOX] = {"inbox",
		"SELECT id, at, period, kind, title_id, title_en, body_id, body_en, read_at IS NOT "
		"NULL FROM notification.inbox_view WHERE person = $1 AND id < $2 ORDER BY id DESC "
		"LIMIT $3",
		"uuid, int8, int4"},
	[INBOX_UNREAD] = {"inbox_unread",
		"SELECT count(*) FROM notification.inbox_view WHERE person = $1 AND read_at IS "
		"NULL",
		"uuid"},
	[INBOX_READ] = {"inbox_read", "SELECT notification.read_message($1, $2, $3)",
		"uuid, int8, timestamptz"},
	[LOOKS] = {"looks",
		"SELECT max(l.at), o.role, p.name, l.what FROM gateway.looks($1, 200) l JOIN "
		"registry.token_owner_view o ON o.id = l.token LEFT JOIN registry.person_view p ON "
		"p.person = o.person WHERE o.person IS DISTINCT FROM $1 GROUP BY 2, 3, 4 ORDER BY "
		"1 DESC LIMIT 5",
		"uuid"},
	/* The latest month, up to $3, in which one of a superior's people has a score. */
	[TEAM_MONTH] = {"team_month",
		"SELECT max(s.period) FROM registry.assignment_view a JOIN scoring.score_view s ON "
		"s.person = a.person AND s.period <= $3 AND s.period LIKE '____-__' AND s.period "
		"NOT LIKE '____-Q_' WHERE a.superior = $1 AND a.from_date <= $2 AND "
		"coalesce(a.until_date, 'infinity') >= $2",
		"uuid, date, text"},
	[TEAM] = {"team",
		"SELECT p.person, p.name, u.code, u.name, s.body, (SELECT sum(upper(d) - lower(d)) "
		"FROM unnest(s.service_days) d), (SELECT sum(least(upper(d), $2) - "
		"least(lower(d), $2)) FROM unnest(s.service_days) d), (SELECT max(e.at) FROM "
		"intake.evidence_view e WHERE e.person = p.person AND e.day BETWEEN $4 AND $5) "
		"FROM registry.assignment_view a JOIN registry.person_view p ON p.person = "
		"a.person JOIN registry.unit_view u ON u.code = a.unit LEFT JOIN "
		"scoring.score_view s ON s.person = a.person AND s.period = $3 WHERE a.superior = "
		"$1 AND a.from_date <= $2 AND coalesce(a.until_date, 'infinity') >= $2 ORDER BY "
		"p.name, p.person LIMIT 500",
		"uuid, date, text, date, date"},
	[RULESET] = {"ruleset", "SELECT body FROM registry.ruleset_view WHERE version = $1",
		"text"},
	[REJECTIONS] = {"rejections", REJECTIONS_PAGE(""), REJECTIONS_TYPES},
	[REJECTIONS_BY_REASON] = {"rejections_by_reason", REJECTIONS_PAGE("AND reason = $5"),
		REJECTIONS_TYPES},
	[REJECTIONS_OF_EVENT] = {"rejections_of_event", REJECTIONS_PAGE("AND event = $6"),
		REJECTIONS_TYPES},
	[EVENT_STATE] = {"event_state",
		"SELECT state, reason, detail, replaced_by FROM intake.event_state($1, $2, $3)",
		"uuid, text, text"},
	[AGENCY_SCORES] = {"agency_scores",
		"SELECT person, body FROM scoring.score_view WHERE agency = $1 AND period = $2 "
		"AND ($3::uuid IS NULL OR person > $3) ORDER BY person LIMIT 101",
		"text, text, uuid"},
	[AGENCY_REPORT] = {"agency_report",
		"SELECT person, name, unit, results::text, rating, missing::text, "
		"revision::text FROM reporting.person_score_view WHERE agency = $1 AND "
		"period = $2 ORDER BY unit, name, person",
		"text, text"},
	[AGENCIES] = {"agencies", "SELECT code, name FROM registry.agency_view ORDER BY code", ""},
	[AGENCY_KNOWN] = {"agency_known", "SELECT FROM registry.agency_view WHERE code = $1",
		"text"},
	[INDICATORS] = {"indicators",
		"SELECT code, name_id, name_en, measure, direction, unit_id, unit_en FROM "
		"registry.indicator_view ORDER BY code",
		""},
	[INDICATOR_ID] = {"indicator_id", "SELECT id FROM registry.indicator_view WHERE code = $1",
		"text"},
	/* With the unit of today, or their last. */
	[PEOPLE] = {"people",
		"SELECT p.person, p.name, u.name, (SELECT max(s.period) FROM scoring.score_view s "
		"WHERE s.person = p.person AND s.period LIKE '____-__' AND s.period NOT LIKE "
		"'____-Q_') FROM registry.person_view p JOIN LATERAL (SELECT x.unit, x.agency FROM "
		"registry.assignment_view x WHERE x.person = p.person AND x.from_date <= $3 ORDER "
		"BY x.from_date DESC LIMIT 1) a ON true JOIN registry.unit_view u ON u.code = "
		"a.unit JOIN registry.agency_view g ON g.code = a.agency WHERE ($1::text IS NULL "
		"OR strpos(lower(p.name), lower($1)) > 0 OR strpos(lower(u.name), lower($1)) > 0 "
		"OR strpos(lower(g.name), lower($1)) > 0) AND ($2::uuid IS NULL OR (p.name, "
		"p.person) > (SELECT o.name, o.person FROM registry.person_view o WHERE o.person = "
		"$2)) ORDER BY p.name, p.person LIMIT 101",
		"text, uuid, date"},
	/* Quarters sort behind. */
	[MONTHS] = {"months",
		"SELECT period, body FROM scoring.score_view WHERE person = $1 AND period BETWEEN "
		"$2 AND $3 AND period LIKE '____-__' AND body IS NOT NULL ORDER BY period",
		"uuid, text, text"},
	[SOURCES] = {"sources",
		"SELECT i.code, s.name FROM registry.source_indicator_view x JOIN "
		"registry.indicator_view i ON i.id = x.indicator JOIN registry.source_view s ON "
		"s.id = x.source ORDER BY i.code, s.name",
		""},
	/* One more than are shown. */
	[REJECTED_OF] = {"rejected_of",
		"SELECT r.at, r.day, i.code, s.name, r.source, r.reason, r.event FROM "
		"intake.rejected_view r LEFT JOIN registry.indicator_view i ON i.id = r.indicator "
		"LEFT JOIN registry.source_view s ON s.code = r.source WHERE r.person = $1 AND "
		"($2::date IS NULL OR r.day BETWEEN $2 AND $3) AND ($4 = 0 OR r.indicator = $4) "
		"ORDER BY r.day DESC, r.id DESC LIMIT 21",
		"uuid, date, date, int4"},
	[VERIFIED] = {"verified",
		"SELECT ended_at, originals, scores, findings FROM registry.last_verification_view",
		""},
	[REFUSALS] = {"refusals",
		"SELECT source, reason, count(*), max(at) FROM (SELECT source, reason, at FROM "
		"intake.rejection_view ORDER BY id DESC LIMIT 20000) x WHERE at >= $1 GROUP BY "
		"1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 100",
		"timestamptz"},
	/* What one request showed is one line; whose name it was, where it was one person's. */
	[LOOKED] = {"looked",
		"WITH looks AS (SELECT at, token, what, request, count(DISTINCT person) AS n, "
		"min(person::text)::uuid AS person FROM gateway.looks_before($1, 2000) GROUP BY "
		"1, 2, 3, 4 ORDER BY at DESC FETCH FIRST 100 ROWS WITH TIES) SELECT CASE l.n WHEN "
		"1 THEN l.person END, l.at, o.role, w.name, l.token, l.what, l.n, p.name, EXISTS "
		"(SELECT FROM gateway.looks_before((SELECT min(at) FROM looks), 1)) FROM looks l "
		"LEFT JOIN registry.token_owner_view o ON o.id = l.token LEFT JOIN "
		"registry.person_view w ON w.person = o.person LEFT JOIN registry.person_view p ON "
		"p.person = l.person ORDER BY l.at DESC, l.token, l.request, l.what",
		"timestamptz"},
	[SECRET_ADD] = {"secret_add",
		"INSERT INTO gateway.secret (key) VALUES ($1) ON CONFLICT DO NOTHING", "bytea"},
	[SECRET] = {"secret", "SELECT key FROM gateway.secret", ""},
	[REPETITION] = {"repetition",
		"WITH new AS (INSERT INTO gateway.repetition (key, body, until) VALUES ($1, $2, "
		"$3) ON CONFLICT DO NOTHING RETURNING body) SELECT body, true FROM new UNION ALL "
		"SELECT body, false FROM gateway.repetition WHERE key = $1 LIMIT 1",
		"bytea, bytea, date"},
	[REPETITIONS_EXPIRE] = {"repetitions_expire",
		"DELETE FROM gateway.repetition WHERE until < $1", "date"},
	[PLACE] = {"place",
		"SELECT EXISTS (SELECT FROM registry.agency_view WHERE code = $1), EXISTS (SELECT "
		"FROM registry.unit_view WHERE code = $2 AND agency = $1)",
		"text, text"},
	[AGENCY_UNITS] = {"agency_units",
		"SELECT u.code, u.name, a.name FROM registry.agency_view a LEFT JOIN "
		"registry.unit_view u ON u.agency = a.code WHERE a.code = $1 ORDER BY u.code "
		"COLLATE \"C\"",
		"text"},
	[ANSWER] = {"answer", "SELECT day FROM intake.answer_view WHERE key = $1", "uuid"},
	/* By agency and unit; a unit counts in its agency of today. */
	[ANSWERS] = {"answers",
		"SELECT coalesce(u.agency, a.agency), a.unit, sum(n)::int8, "
		"sum(requirements)::int8, sum(procedure)::int8, sum(completion_time)::int8, "
		"sum(cost)::int8, sum(product)::int8, sum(competence)::int8, "
		"sum(behaviour)::int8, sum(facilities)::int8, sum(complaint_handling)::int8, "
		"sum(squares)::int8 FROM intake.answers_view a LEFT JOIN registry.unit_view u ON "
		"u.code = a.unit WHERE a.day BETWEEN $1 AND $2 AND ($3::text IS NULL OR "
		"coalesce(u.agency, a.agency) = $3) GROUP BY 1, 2 ORDER BY 1, 2",
		"date, date, text"},
};
const size_t store_statements_n = COUNT(store_statements);
const int store_forget_access = FORGET_ACCESS;

static const char *const roles[ROLES] = {
	[ROLE_PERSON] = "person",
	[ROLE_HEAD] = "head",
	[ROLE_AUDITOR] = "auditor",
	[ROLE_OPERATOR] = "operator",
	[ROLE_UPSTREAM] = "upstream",
	[ROLE_COUNTER] = "counter",
};

/* A role that this program does not know may nothing: as if there were no such token. */
static bool who_read(const struct db_result *r, struct who *out)
{
	int role = 0;
	while (role < ROLES && strcmp(roles[role], db_text(r, 0, 1)) != 0)
		role++;
	*out = (struct who){.token = db_int(r, 0, 0),
		.role = (enum role)role,
		.has_person = !db_is_null(r, 0, 2),
		.until = db_time(r, 0, 6)};
	if (out->has_person)
		memcpy(out->person, db_uuid(r, 0, 2), sizeof out->person);
	snprintf(out->agency, sizeof out->agency, "%s", db_text(r, 0, 3));
	snprintf(out->source, sizeof out->source, "%s", db_text(r, 0, 4));
	snprintf(out->uris, sizeof out->uris, "%s", db_text(r, 0, 5));
	return role < ROLES;
}

static bool who_find(struct db *db, enum statement statement, const uint8_t hash[32], int64_t now,
	struct who *out, bool *found, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!db_exec(db, (int)statement, &r, e, DB_BYTES(hash, 32), DB_TIME(now),
		    DB_DATE(clock_date(now))))
		return false;
	*found = db_rows(r) == 1 && who_read(r, out);
	return true;
}

bool store_token(struct db *db, const uint8_t hash[32], int64_t now, struct who *out, bool *found,
	struct err *e)
{
	return who_find(db, TOKEN, hash, now, out, found, e);
}

bool store_session(struct db *db, const uint8_t hash[32], int64_t now, struct who *out, bool *found,
	struct err *e)
{
	return who_find(db, SESSION, hash, now, out, found, e);
}

bool store_session_add(struct db *db, const uint8_t hash[32], int64_t token, int64_t now,
	int64_t until, struct err *e)
{
	return db_exec(db, SESSION_ADD, NULL, e, DB_BYTES(hash, 32), DB_INT8(token), DB_TIME(now),
		DB_TIME(until));
}

bool store_session_end(struct db *db, const uint8_t hash[32], struct err *e)
{
	return db_exec(db, SESSION_END, NULL, e, DB_BYTES(hash, 32));
}

bool store_sessions_expire(struct db *db, int64_t now, struct err *e)
{
	return db_exec(db, SESSIONS_EXPIRE, NULL, e, DB_TIME(now));
}

bool store_access(struct db *db, const struct access *a, struct db_array *people, struct err *e)
{
	return db_exec(db, ACCESS, NULL, e, DB_TIME(a->at), DB_INT8(a->token), DB_TEXT(a->what),
		DB_TEXT(a->period), DB_TEXT(a->request), db_array_value(people));
}

enum { LOOK_COLUMNS = 6 };

static bool look_add(struct db_array columns[LOOK_COLUMNS], int n, const struct store_look *x)
{
	const struct db_value values[LOOK_COLUMNS] = {DB_INT4(n), DB_TIME(x->access.at),
		DB_INT8(x->access.token), DB_TEXT(x->access.period), DB_TEXT(x->access.request),
		DB_UUID(x->person)};
	bool ok = true;
	for (int i = 0; i < LOOK_COLUMNS; i++)
		ok = db_array_add(&columns[i], values[i]) && ok;
	return ok;
}

bool store_scores(struct db *db, const struct store_look *const *looks, int n,
	struct db_result **out, struct err *e)
{
	static const enum db_kind kinds[LOOK_COLUMNS] = {
		DB_K_INT4, DB_K_TIME, DB_K_INT8, DB_K_TEXT, DB_K_TEXT, DB_K_UUID};
	struct db_array columns[LOOK_COLUMNS];
	struct db_value values[LOOK_COLUMNS];
	bool ok = true;
	for (int i = 0; i < LOOK_COLUMNS; i++)
		db_array_init(&columns[i], kinds[i]);
	for (int i = 0; i < n; i++)
		ok = look_add(columns, i, looks[i]) && ok;
	for (int i = 0; i < LOOK_COLUMNS; i++)
		values[i] = db_array_value(&columns[i]);
	ok = ok ? db_run(db, SCORES, values, LOOK_COLUMNS, out, e)
		: err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; i < LOOK_COLUMNS; i++)
		db_array_done(&columns[i]);
	return ok;
}

bool store_is_superior(struct db *db, const uint8_t superior[16], const uint8_t person[16],
	int32_t day, bool *is, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!db_exec(db, IS_SUPERIOR, &r, e, DB_UUID(person), DB_UUID(superior), DB_DATE(day)))
		return false;
	*is = db_rows(r) > 0;
	return true;
}

static bool evidence_between(struct db *db, const struct evidence_query *q, int32_t first,
	int32_t last, struct db_result **out, struct err *e)
{
	return db_exec(db, EVIDENCE, out, e, DB_UUID(q->person), DB_DATE(first), DB_DATE(last),
		DB_INT4(q->indicator), q->after ? DB_TIME(q->after->number) : DB_NULL,
		q->after ? DB_UUID(q->after->key) : DB_NULL);
}

/* Evidence lies in a partition for each month, of which a statement looks into every one that its
 * days may mean. So a page is of a year at most, which begins where there is something. */
static bool evidence_year(struct db *db, const struct evidence_query *q, int32_t *from,
	bool *beyond, struct db_result **out, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!db_exec(db, EVIDENCE_FROM, &r, e, DB_UUID(q->person), DB_INT4(*from),
		    DB_INT4(q->indicator)))
		return false;
	*beyond = db_rows(r) > 0 && db_int(r, 0, 1);
	if (db_rows(r) == 0)
		return true;
	int32_t first = (int32_t)db_int(r, 0, 0);
	*from = first + 12;
	return evidence_between(
		db, q, clock_month_first(first), clock_month_first(first + 12) - 1, out, e);
}

bool store_evidence(struct db *db, const struct evidence_query *q, bool *beyond,
	struct db_result **out, struct err *e)
{
	*beyond = false;
	if (q->has_period)
		return evidence_between(
			db, q, period_first_day(q->period), period_last_day(q->period), out, e);
	int32_t from = q->after ? clock_month(clock_date(q->after->number)) : 0;
	bool ok;
	do {
		db_result_free(*out);
		*out = NULL;
		ok = evidence_year(db, q, &from, beyond, out, e);
	} while (ok && *beyond && db_rows(*out) == 0);
	return ok;
}

struct evidence_row store_evidence_row(const struct db_result *r, int row)
{
	struct evidence_row x = {
		.time = db_time(r, row, 0),
		.source = db_text(r, row, 2),
		.id = db_text(r, row, 3),
		.kind = (int)db_int(r, row, 4),
		.indicator = db_text(r, row, 5),
		.value = db_numeric(r, row, 6),
		.has_of = !db_is_null(r, row, 7),
		.of = db_numeric(r, row, 7),
		.ref = store_text_or_null(r, row, 8),
		.replaced_by = store_text_or_null(r, row, 9),
		.topic = db_text(r, row, 10),
		.partition = (int32_t)db_int(r, row, 11),
		.offset = db_int(r, row, 12),
		.received_at = db_time(r, row, 13),
	};
	x.sha256 = db_bytes(r, row, 14, &x.sha256_len);
	x.headers = db_bytes(r, row, 15, &x.headers_len);
	x.payload = db_bytes(r, row, 16, &x.payload_len);
	x.at.number = x.time;
	memcpy(x.at.key, db_uuid(r, row, 1), sizeof x.at.key);
	return x;
}

bool store_evidence_more(const struct db_result *r)
{
	int n = db_rows(r);
	return n > STORE_PAGE || (n > 0 && db_int(r, 0, 17) > n);
}

bool store_inbox(struct db *db, const uint8_t person[16], int64_t before, int most,
	struct db_result **out, struct err *e)
{
	return db_exec(db, INBOX, out, e, DB_UUID(person), DB_INT8(before), DB_INT4(most));
}

bool store_indicators(struct db *db, struct db_result **out, struct err *e)
{
	return db_run(db, INDICATORS, NULL, 0, out, e);
}

bool store_indicator_id(struct db *db, const char *code, int32_t *id, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!db_exec(db, INDICATOR_ID, &r, e, DB_TEXT(code)))
		return false;
	*id = db_rows(r) ? (int32_t)db_int(r, 0, 0) : 0;
	return true;
}
