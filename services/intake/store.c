#include "store.h"

#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "store_statements.h"

#define EVIDENCE_COLUMNS \
	"key, day, at, person, indicator, kind, source, topic, \"partition\", \"offset\", " \
	"received_at, value, \"of\", event_id, ref, replaces, sha256, headers, payload"

/* Of the event that is the latest: by time, then source, then id. */
#define LATEST " ORDER BY e.at DESC, s.code DESC, e.event_id DESC))[1] "

const struct db_statement store_statements[] = {
	[TOPIC] = {"topic",
		"WITH new AS (INSERT INTO intake.topic (name) VALUES ($1) ON CONFLICT DO NOTHING "
		"RETURNING id) SELECT id FROM new UNION ALL SELECT id FROM intake.topic WHERE "
		"name = $1 LIMIT 1",
		"text"},
	[PARTITION] = {"partition", "SELECT intake.make_partition($1)", "date"},
	[HOLDERS] = {"holders",
		"SELECT key, content FROM intake.event_id WHERE key = ANY($1::uuid[])", "uuid[]"},
	[WAIT] = {"wait",
		"INSERT INTO intake.waiting (" EVIDENCE_COLUMNS
		", source_code, message_key, trace) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
		"$17, $18, $19, $20, $21, $22)",
		"uuid, date, timestamptz, uuid, int4, int2, int4, int4, int4, int8, timestamptz, "
		"numeric, numeric, text, text, uuid, bytea, bytea, bytea, text, bytea, text"},
	[COMPLETE] = {"complete",
		"INSERT INTO intake.completeness (key, unit, month, indicator) VALUES ($1, $2, "
		"$3, $4)",
		"uuid, text, int4, int4"},
	[TOTALS] = {"totals",
		"INSERT INTO intake.total AS t (person, month, indicator, n, sum, sum_of, "
		"latest_at, latest_source, latest_id, latest_value) SELECT * FROM "
		"unnest($1::uuid[], $2::int4[], $3::int4[], $4::int8[], $5::numeric[], "
		"$6::numeric[], $7::timestamptz[], $8::text[], $9::text[], $10::numeric[]) ON "
		"CONFLICT (person, month, indicator) DO UPDATE SET "
		"n = t.n + excluded.n, sum = t.sum + excluded.sum, sum_of = t.sum_of + "
		"excluded.sum_of, (latest_at, latest_source, latest_id, latest_value) = (SELECT "
		"l.at, l.source, l.id, l.value FROM (VALUES (t.latest_at, t.latest_source, "
		"t.latest_id, t.latest_value), (excluded.latest_at, excluded.latest_source, "
		"excluded.latest_id, excluded.latest_value)) AS l(at, source, id, value) ORDER BY "
		"l.at DESC NULLS LAST, l.source COLLATE \"C\" DESC, l.id COLLATE \"C\" DESC "
		"LIMIT 1)",
		"uuid[], int4[], int4[], int8[], numeric[], numeric[], timestamptz[], text[], "
		"text[], numeric[]"},
	[REJECT] = {"reject",
		"INSERT INTO intake.rejection (source, reason, detail, topic, \"partition\", "
		"\"offset\", at, sha256, key, headers, payload, published, event, person, day, "
		"indicator) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, true, $12, $13, "
		"$14, $15) ON CONFLICT (topic, \"partition\", \"offset\", sha256) DO UPDATE SET "
		"published = rejection.published RETURNING reason, detail",
		"text, text, text, text, int4, int8, timestamptz, bytea, bytea, bytea, bytea, "
		"text, uuid, date, int4"},
	[REJECTED] = {"rejected",
		"SELECT r.* FROM unnest($1::text[], $2::int4[], $3::int8[], $4::int8[]) AS "
		"p(topic, \"partition\", first, last) CROSS JOIN LATERAL (SELECT topic, "
		"\"partition\", \"offset\", sha256, reason, detail FROM intake.rejection x "
		"WHERE x.topic = p.topic COLLATE \"C\" AND x.\"partition\" = p.\"partition\" "
		"AND x.\"offset\" BETWEEN p.first AND p.last OFFSET 0) r",
		"text[], int4[], int8[], int8[]"},
	[TALLY] = {"tally", "SELECT intake.count_events($1, $2, $3, $4, $5)",
		"text, text, int8, int8, int8"},
	[LEDGER] = {"ledger",
		"INSERT INTO intake.ledger AS l (worker, month, n, digest) SELECT $1, * FROM "
		"unnest($2::int4[], $3::int8[], $4::int8[]) AS g(month, n, digest) ORDER BY month "
		"ON CONFLICT (worker, month) DO UPDATE SET n = l.n + excluded.n, digest = "
		"l.digest # excluded.digest",
		"text, int4[], int8[], int8[]"},
	/* By id, not up to one: what another has not committed yet can have a lower one. */
	[OUTBOX] = {"outbox",
		"SELECT id, person, unit, month, trace FROM intake.outbox ORDER BY id LIMIT 2000 "
		"FOR UPDATE SKIP LOCKED",
		""},
	[OUTBOX_DONE] = {"outbox_done", "DELETE FROM intake.outbox WHERE id = ANY($1)", "int8[]"},
	[UNPUBLISHED] = {"unpublished",
		"SELECT id, source, reason, detail, topic, \"partition\", \"offset\", at, sha256, "
		"key, headers, payload FROM intake.rejection WHERE NOT published ORDER BY id "
		"LIMIT 200 FOR UPDATE SKIP LOCKED",
		""},
	[PUBLISHED] = {"published",
		"UPDATE intake.rejection SET published = true WHERE id = ANY($1)", "int8[]"},
	[FORGET_IDS] = {"forget_ids", "SELECT intake.forget_ids($1, $2, $3)", "int2, int8, int8"},
	[FORGET_REJECTIONS] = {"forget_rejections", "SELECT intake.forget_rejections($1, $2)",
		"timestamptz, int4"},
	[FOLD_TALLY] = {"fold_tally", "SELECT intake.fold_tally($1, $2)", "timestamptz, int4"},
	[DUE] = {"due",
		"SELECT w.key, w.replaces FROM intake.waiting w JOIN intake.event_id o ON o.key = "
		"w.replaces AND NOT o.waiting ORDER BY w.replaces, w.seq LIMIT 500 FOR UPDATE OF "
		"w SKIP LOCKED",
		""},
	[OVERDUE] = {"overdue",
		"SELECT key, replaces FROM intake.waiting WHERE received_at < $1 ORDER BY seq "
		"LIMIT 500 FOR UPDATE SKIP LOCKED",
		"timestamptz"},
	[REPLACE] = {"replace",
		"INSERT INTO intake.replacement (original, by, by_event) SELECT p.original, p.by, "
		"w.event_id FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS p(original, by, "
		"place) JOIN intake.waiting w ON w.key = p.by ORDER BY p.place ON CONFLICT DO "
		"NOTHING RETURNING by",
		"uuid[], uuid[]"},
	[ACCEPT] = {"accept", "SELECT intake.accept_waiting($1, $2)", "text, uuid[]"},
	[REFUSE] = {"refuse", "SELECT intake.refuse_waiting($1, $2, $3, $4)",
		"uuid[], text, text, timestamptz"},
	[GROUPS_OF_EVENTS] = {"groups_of_events",
		"SELECT DISTINCT person, month, indicator FROM intake.event_id WHERE key = "
		"ANY($1) AND person IS NOT NULL ORDER BY person, month, indicator",
		"uuid[]"},
	[GROUPS_OF_PERSON] = {"groups_of_person",
		"SELECT person, month, indicator FROM intake.total WHERE person = $1 AND month "
		"BETWEEN $2 AND $3 UNION SELECT person, (extract(year FROM day) * 12 + "
		"extract(month FROM day) - 1)::int, indicator FROM intake.evidence WHERE person = "
		"$1 AND day >= make_date($2 / 12, $2 % 12 + 1, 1) AND day < make_date($3 / 12, $3 "
		"% 12 + 1, 1) + interval '1 month' ORDER BY 1, 2, 3",
		"uuid, int4, int4"},
	[GROUPS_ENSURE] = {"groups_ensure",
		"INSERT INTO intake.total (person, month, indicator, n, sum, sum_of) SELECT "
		"person, month, indicator, 0, 0, 0 FROM unnest($1::uuid[], $2::int4[], "
		"$3::int4[]) AS g(person, month, indicator) ON CONFLICT DO NOTHING",
		"uuid[], int4[], int4[]"},
	[GROUPS_LOCK] = {"groups_lock",
		"SELECT FROM intake.total t JOIN unnest($1::uuid[], $2::int4[], $3::int4[]) AS "
		"g(person, month, indicator) USING (person, month, indicator) ORDER BY person, "
		"month, indicator FOR UPDATE OF t",
		"uuid[], int4[], int4[]"},
	/* After the lock, in a statement of its own: its snapshot sees whatever other holders of
	   the lock committed. */
	[GROUPS_REBUILD] = {"groups_rebuild",
		"UPDATE intake.total t SET n = a.n, sum = a.sum, sum_of = a.sum_of, latest_at = "
		"a.latest_at, latest_source = a.latest_source, latest_id = a.latest_id, "
		"latest_value = a.latest_value FROM (SELECT g.person, g.month, g.indicator, "
		"count(e.key) AS n, coalesce(sum(e.value), 0) AS sum, coalesce(sum(e.\"of\"), 0) "
		"AS sum_of, (array_agg(e.at" LATEST "AS latest_at, (array_agg(s.code" LATEST
		"AS latest_source, (array_agg(e.event_id" LATEST
		"AS latest_id, (array_agg(e.value" LATEST
		"AS latest_value FROM unnest($1::uuid[], $2::int4[], "
		"$3::int4[]) AS g(person, month, indicator) LEFT JOIN intake.evidence e ON "
		"e.person = g.person AND e.indicator = g.indicator AND e.day >= make_date(g.month "
		"/ 12, g.month % 12 + 1, 1) AND e.day < make_date(g.month / 12, g.month % 12 + 1, "
		"1) + interval '1 month' AND NOT EXISTS (SELECT FROM intake.replacement r WHERE "
		"r.original = e.key) LEFT JOIN registry.source_view s ON s.id = e.source "
		"GROUP BY g.person, g.month, g.indicator) a WHERE t.person = "
		"a.person AND t.month = a.month AND t.indicator = a.indicator",
		"uuid[], int4[], int4[]"},
	/* While they wait: both sides of each, the trace being that of the one which replaces. */
	[MARK] = {"mark",
		"WITH side AS (SELECT w.trace, s.key FROM intake.waiting w CROSS JOIN LATERAL "
		"(VALUES (w.key), (w.replaces)) AS s(key) WHERE w.key = ANY($1)) INSERT INTO "
		"intake.outbox (person, month, unit, trace) SELECT e.person, e.month, NULL, "
		"min(s.trace) FROM side s JOIN intake.event_id e USING (key) WHERE e.person IS "
		"NOT NULL GROUP BY e.person, e.month UNION ALL SELECT NULL, c.month, c.unit, "
		"min(s.trace) FROM side s JOIN intake.completeness c USING (key) GROUP BY c.unit, "
		"c.month",
		"uuid[]"},
	/* In the order of what is added up (030), so that nothing deadlocks. */
	[ANSWERS] = {"answers",
		"INSERT INTO intake.answer (key, agency, unit, day, requirements, procedure, "
		"completion_time, cost, product, competence, behaviour, facilities, "
		"complaint_handling) SELECT key, agency, unit, day, answer[1], answer[2], "
		"answer[3], answer[4], answer[5], answer[6], answer[7], answer[8], answer[9] "
		"FROM jsonb_to_recordset($1) AS g(key uuid, agency text, unit text, day date, "
		"answer smallint[]) ORDER BY unit, agency, day, key ON CONFLICT DO NOTHING",
		"jsonb"},
	/* What another has not committed yet can have a lower id: so what is moved is what is
	   deleted. Where no indicator asks, nobody's score is looked at. */
	[ANSWER_MARKS] = {"answer_marks",
		"WITH moved AS (DELETE FROM intake.answer_mark WHERE id IN (SELECT id FROM "
		"intake.answer_mark ORDER BY id FOR UPDATE SKIP LOCKED) RETURNING unit, month) "
		"INSERT INTO intake.outbox (unit, month) SELECT DISTINCT unit, month FROM moved "
		"WHERE EXISTS (SELECT FROM registry.indicator_view WHERE measure = 'survey') "
		"ORDER BY unit, month",
		""},
	[RECOUNT_ANSWERS] = {"recount_answers", "SELECT intake.recount_answers()", ""},
	/* In the order of enum intake_metric. */
	[UNDER_WAY] = {"under_way",
		"SELECT u.waiting, u.unpublished, coalesce((SELECT extract(epoch FROM now() - "
		"min(received_at)) FROM intake.waiting), 0)::int8, coalesce(extract(epoch FROM "
		"now() - least((SELECT min(at) FROM intake.outbox), (SELECT min(at) FROM "
		"intake.rejection WHERE NOT published))), 0)::int8, extract(epoch FROM "
		"v.ended_at)::int8, v.findings FROM intake.under_way_view u, "
		"registry.verification_view v",
		""},
	READING_STATEMENTS(READING, "intake")};
const size_t store_statements_n = COUNT(store_statements);
const int store_reading = READING, store_under_way = UNDER_WAY;

bool store_partition(struct db *db, int32_t day, struct err *e)
{
	return db_exec(db, PARTITION, NULL, e, DB_DATE(day));
}

bool store_topic(struct db *db, const char *name, int32_t *id, struct err *e)
{
	/* Twice: one that another worker has just added is not visible to the statement that found
	 * it in its way. */
	for (int attempt = 0; attempt < 2; attempt++) {
		DB_RESULT_AUTO *r = NULL;
		if (!db_exec(db, TOPIC, &r, e, DB_TEXT(name)))
			return false;
		if (db_rows(r) == 0)
			continue;
		*id = (int32_t)db_int(r, 0, 0);
		return true;
	}
	return err_set(e, ERR_RETRY, "topic %s is being added", name);
}

enum { TOTAL_VALUES = 10 };

/* Columns as arrays, for statements that take many rows at once. */
struct columns {
	struct db_array c[TOTAL_VALUES];
	int n;
};

static void columns_init(struct columns *cs, const enum db_kind *kinds, int n)
{
	cs->n = n;
	for (int i = 0; i < n; i++)
		db_array_init(&cs->c[i], kinds[i]);
}

static void columns_done(struct columns *cs)
{
	for (int i = 0; i < cs->n; i++)
		db_array_done(&cs->c[i]);
}

static bool columns_add(struct columns *cs, const struct db_value *row)
{
	bool ok = true;
	for (int i = 0; i < cs->n; i++)
		ok = db_array_add(&cs->c[i], row[i]) && ok;
	return ok;
}

static bool columns_run(struct db *db, int statement, struct columns *cs, bool ok,
	struct db_result **out, struct err *e)
{
	struct db_value values[TOTAL_VALUES];
	for (int i = 0; i < cs->n; i++)
		values[i] = db_array_value(&cs->c[i]);
	ok = ok ? db_run(db, statement, values, cs->n, out, e)
		: err_set(e, ERR_FATAL, "out of memory");
	columns_done(cs);
	return ok;
}

static struct db_value person_of(const struct evidence *x)
{
	return x->has_person ? DB_UUID(x->person) : DB_NULL;
}

static struct db_value indicator_of(const struct evidence *x)
{
	return x->has_person ? DB_INT4(x->indicator) : DB_NULL;
}

/* An id is remembered from the year of the work or of its receipt, whichever is later. */
bool store_claim(
	struct db *db, const struct evidence *const *rows, int n, int64_t now, struct err *e)
{
	int32_t received = clock_month(clock_date(now)) / 12;
	bool ok = db_copy_begin(db,
		"COPY intake.event_id (key, content, person, month, indicator, waiting, year) "
		"FROM STDIN (FORMAT binary)",
		e);
	for (int i = 0; ok && i < n; i++) {
		const struct evidence *x = rows[i];
		int32_t year = clock_month(x->day) / 12;
		const struct db_value row[] = {DB_UUID(x->key), DB_UUID(x->content), person_of(x),
			x->has_person ? DB_INT4(x->month) : DB_NULL, indicator_of(x),
			DB_BOOL(admit_waits(x)), DB_INT2(year > received ? year : received)};
		ok = db_copy_row(db, row, 7, e);
	}
	return ok && db_copy_end(db, e);
}

bool store_holders(struct db *db, const struct evidence *const *rows, int n, struct db_result **out,
	struct err *e)
{
	struct db_array keys;
	bool ok = true;
	db_array_init(&keys, DB_K_UUID);
	for (int i = 0; i < n; i++)
		ok = db_array_add(&keys, DB_UUID(rows[i]->key)) && ok;
	ok = ok ? db_exec(db, HOLDERS, out, e, db_array_value(&keys))
		: err_set(e, ERR_FATAL, "out of memory");
	db_array_done(&keys);
	return ok;
}

enum { EVIDENCE_VALUES = 19 };

static void evidence_values(
	const struct evidence *x, const struct origin *o, int64_t now, struct db_value *out)
{
	bool counts = x->type == EVENT_RECORDED || x->type == EVENT_CORRECTED;
	const struct db_value values[EVIDENCE_VALUES] = {
		DB_UUID(x->key),
		DB_DATE(x->day),
		DB_TIME(x->at),
		person_of(x),
		x->indicator ? DB_INT4(x->indicator) : DB_NULL,
		DB_INT2(x->type),
		DB_INT4(x->source),
		DB_INT4(o->topic),
		DB_INT4(o->partition),
		DB_INT8(o->offset),
		DB_TIME(now),
		counts ? DB_NUMERIC(x->value) : DB_NULL,
		x->has_of ? DB_NUMERIC(x->of) : DB_NULL,
		DB_TEXT(x->event_id),
		DB_TEXT(x->ref),
		admit_waits(x) ? DB_UUID(x->replaces) : DB_NULL,
		DB_BYTES(o->sha256, sizeof o->sha256),
		o->headers ? DB_BYTES(o->headers, o->headers_len) : DB_NULL,
		DB_BYTES(o->payload, o->payload_len),
	};
	memcpy(out, values, sizeof values);
}

bool store_evidence_begin(struct db *db, struct err *e)
{
	return db_copy_begin(
		db, "COPY intake.evidence (" EVIDENCE_COLUMNS ") FROM STDIN (FORMAT binary)", e);
}

bool store_evidence_add(struct db *db, const struct evidence *x, const struct origin *from,
	int64_t now, struct err *e)
{
	struct db_value values[EVIDENCE_VALUES];
	evidence_values(x, from, now, values);
	return db_copy_row(db, values, EVIDENCE_VALUES, e);
}

bool store_evidence_end(struct db *db, struct err *e)
{
	return db_copy_end(db, e);
}

bool store_wait(struct db *db, const struct evidence *x, const struct origin *from,
	const char *trace, int64_t now, struct err *e)
{
	struct db_value values[EVIDENCE_VALUES + 3];
	evidence_values(x, from, now, values);
	values[EVIDENCE_VALUES] = DB_TEXT(from->source);
	values[EVIDENCE_VALUES + 1] = from->key ? DB_BYTES(from->key, from->key_len) : DB_NULL;
	values[EVIDENCE_VALUES + 2] = *trace ? DB_TEXT(trace) : DB_NULL;
	return db_run(db, WAIT, values, EVIDENCE_VALUES + 3, NULL, e);
}

bool store_complete(struct db *db, const struct evidence *x, struct err *e)
{
	return db_exec(db, COMPLETE, NULL, e, DB_UUID(x->key), DB_TEXT(x->unit), DB_INT4(x->month),
		DB_INT4(x->indicator));
}

static bool same_total(const struct evidence *a, const struct evidence *b)
{
	return a->month == b->month && a->indicator == b->indicator &&
	       memcmp(a->person, b->person, 16) == 0;
}

static bool is_later(const struct evidence *a, const struct evidence *b)
{
	if (a->at != b->at)
		return a->at > b->at;
	int order = strcmp(a->source_code, b->source_code);
	return order ? order > 0 : strcmp(a->event_id, b->event_id) > 0;
}

/* One row for the run of rows that starts at `first`; returns where the next run starts. */
static int total_of(
	const struct evidence *const *rows, int first, int n, struct db_value out[TOTAL_VALUES])
{
	dec_wide sum = 0, sum_of = 0;
	const struct evidence *latest = rows[first];
	int i = first;
	for (; i < n && same_total(rows[first], rows[i]); i++) {
		sum += rows[i]->value;
		sum_of += rows[i]->has_of ? rows[i]->of : 0;
		if (is_later(rows[i], latest))
			latest = rows[i];
	}
	const struct db_value row[TOTAL_VALUES] = {DB_UUID(latest->person), DB_INT4(latest->month),
		DB_INT4(latest->indicator), DB_INT8(i - first), DB_NUMERIC(sum), DB_NUMERIC(sum_of),
		DB_TIME(latest->at), DB_TEXT(latest->source_code), DB_TEXT(latest->event_id),
		DB_NUMERIC(latest->value)};
	memcpy(out, row, sizeof row);
	return i;
}

bool store_totals(struct db *db, const struct evidence *const *rows, int n, struct err *e)
{
	static const enum db_kind kinds[] = {DB_K_UUID, DB_K_INT4, DB_K_INT4, DB_K_INT8,
		DB_K_NUMERIC, DB_K_NUMERIC, DB_K_TIME, DB_K_TEXT, DB_K_TEXT, DB_K_NUMERIC};
	struct columns cs;
	struct db_value row[TOTAL_VALUES];
	bool ok = true;
	columns_init(&cs, kinds, TOTAL_VALUES);
	for (int i = 0; i < n;) {
		i = total_of(rows, i, n, row);
		ok = columns_add(&cs, row) && ok;
	}
	return columns_run(db, TOTALS, &cs, ok, NULL, e);
}

bool store_reject(struct db *db, const struct origin *from, const struct evidence *x,
	const char *detail, int64_t now, struct db_result **stands, struct err *e)
{
	return db_exec(db, REJECT, stands, e, DB_TEXT(from->source), DB_TEXT(reason_code(x->early)),
		DB_TEXT(detail), DB_TEXT(from->topic_name), DB_INT4(from->partition),
		DB_INT8(from->offset), DB_TIME(now), DB_BYTES(from->sha256, sizeof from->sha256),
		from->key ? DB_BYTES(from->key, from->key_len) : DB_NULL,
		from->headers ? DB_BYTES(from->headers, from->headers_len) : DB_NULL,
		from->payload ? DB_BYTES(from->payload, from->payload_len) : DB_NULL,
		DB_TEXT(x->event_id), person_of(x), x->has_person ? DB_DATE(x->day) : DB_NULL,
		x->indicator ? DB_INT4(x->indicator) : DB_NULL);
}

bool store_rejected(
	struct db *db, const struct store_span *spans, int n, struct db_result **out, struct err *e)
{
	static const enum db_kind kinds[] = {DB_K_TEXT, DB_K_INT4, DB_K_INT8, DB_K_INT8};
	struct columns cs;
	bool ok = true;
	columns_init(&cs, kinds, COUNT(kinds));
	for (int i = 0; i < n; i++) {
		const struct db_value row[] = {DB_TEXT(spans[i].topic), DB_INT4(spans[i].partition),
			DB_INT8(spans[i].first), DB_INT8(spans[i].last)};
		ok = columns_add(&cs, row) && ok;
	}
	return columns_run(db, REJECTED, &cs, ok, out, e);
}

bool store_tally(struct db *db, const char *worker, const struct tally *t, struct err *e)
{
	return db_exec(db, TALLY, NULL, e, DB_TEXT(worker), DB_TEXT(t->source),
		DB_INT8(t->accepted), DB_INT8(t->duplicates), DB_INT8(t->rejected));
}

const struct outbox store_marks = {.page = OUTBOX, .done = OUTBOX_DONE, .name = "marks"};
const struct outbox store_rejections = {
	.page = UNPUBLISHED, .done = PUBLISHED, .name = "rejections"};
const int store_forget_rejections = FORGET_REJECTIONS, store_fold_tally = FOLD_TALLY;

bool store_forget_ids(struct db *db, int32_t before_year, int64_t first_page, int64_t pages,
	bool *more, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!db_exec(db, FORGET_IDS, &r, e, DB_INT2(before_year), DB_INT8(first_page),
		    DB_INT8(pages)))
		return false;
	*more = db_int(r, 0, 0);
	return true;
}
