#include "store.h"
#include "base/array.h"

#include <stdlib.h>

enum statement {
	MARK,
	DUE,
	SCORES,
	INDICATORS,
	PACES_TOLD,
	LOOKED,
	TELL,
	INBOX_UNPUBLISHED,
	INBOX_PUBLISHED,
	EMAIL_UNPUBLISHED,
	EMAIL_PUBLISHED,
	MAIL_CLAIM,
	MAIL_HANDED,
	MAIL_DONE,
	MAIL_FAILED,
	MAIL_DOUBTFUL,
	MAIL_COUNTS,
};

const struct db_statement notification_statements[] = {
	/* Most messages of a burst find their row due soon enough and write nothing. A row that is
	 * being looked at is due already: then this waits, and has it looked at again. */
	[MARK] = {"mark",
		"INSERT INTO notification.watch AS w (person, period, due_at) SELECT DISTINCT "
		"m.person, m.period, m.due_at FROM unnest($1::uuid[], $2::text[], "
		"$3::timestamptz[]) AS m(person, period, due_at) LEFT JOIN notification.watch o "
		"ON o.person = m.person AND o.period = m.period WHERE o.due_at IS NULL OR "
		"o.due_at NOT BETWEEN m.due_at - $4 * interval '1 millisecond' AND m.due_at ORDER "
		"BY m.person, m.period ON CONFLICT (person, period) DO UPDATE SET due_at = "
		"excluded.due_at",
		"uuid[], text[], timestamptz[], int4"},
	[DUE] = {"due",
		"SELECT person, period, told, told_revision FROM notification.watch WHERE due_at "
		"<= $1 ORDER BY due_at LIMIT 200 FOR UPDATE SKIP LOCKED",
		"timestamptz"},
	[SCORES] = {"scores",
		"SELECT s.body, (SELECT sum(least(upper(d), $3) - least(lower(d), $3)) FROM "
		"unnest(s.service_days) d), (SELECT sum(upper(d) - lower(d)) FROM "
		"unnest(s.service_days) d) FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS "
		"w(person, period, n) LEFT JOIN scoring.score_view s ON s.person = w.person AND "
		"s.period = w.period ORDER BY w.n",
		"uuid[], text[], date"},
	[INDICATORS] = {"indicators",
		"SELECT code, name_id, name_en, unit, measure, direction FROM "
		"registry.indicator_view ORDER BY code COLLATE \"C\"",
		""},
	[PACES_TOLD] = {"paces_told",
		"SELECT DISTINCT person, indicator FROM notification.inbox WHERE person = ANY($1) "
		"AND kind = 'pace' AND at > $2",
		"uuid[], timestamptz"},
	[LOOKED] = {"looked",
		"UPDATE notification.watch w SET due_at = l.due_at, told = coalesce(l.told, "
		"w.told), told_revision = coalesce(l.told_revision, w.told_revision) FROM "
		"unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::jsonb[], $5::int8[]) AS "
		"l(person, period, due_at, told, told_revision) WHERE w.person = l.person AND "
		"w.period = l.period",
		"uuid[], text[], timestamptz[], jsonb[], int8[]"},
	[TELL] = {"tell",
		"WITH new AS (INSERT INTO notification.inbox (person, period, kind, indicator, "
		"occasion, title, body, at) SELECT m.*, $8 FROM unnest($1::uuid[], $2::text[], "
		"$3::text[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[]) AS m ON CONFLICT "
		"DO NOTHING RETURNING id, person, kind), mails AS (INSERT INTO notification.email "
		"(inbox, due_at) SELECT n.id, $8 FROM new n JOIN registry.person_view p ON "
		"p.person = n.person WHERE $9 AND p.email <> '') SELECT count(*) FILTER (WHERE "
		"kind = 'pace'), count(*) FILTER (WHERE kind = 'closed') FROM new",
		"uuid[], text[], text[], text[], text[], jsonb[], jsonb[], timestamptz, bool"},
	[INBOX_UNPUBLISHED] = {"inbox_unpublished",
		"SELECT id, person, period, kind, indicator, at FROM notification.inbox WHERE NOT "
		"published ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED",
		""},
	[INBOX_PUBLISHED] = {"inbox_published",
		"UPDATE notification.inbox SET published = true WHERE id = ANY($1)", "int8[]"},
	[EMAIL_UNPUBLISHED] = {"email_unpublished",
		"SELECT i.id, i.person, i.period, i.kind, i.indicator, e.sent_at FROM "
		"notification.email e JOIN notification.inbox i ON i.id = e.inbox WHERE e.state = "
		"'sent' AND NOT e.published ORDER BY e.inbox LIMIT 500 FOR UPDATE OF e SKIP LOCKED",
		""},
	[EMAIL_PUBLISHED] = {"email_published",
		"UPDATE notification.email SET published = true WHERE inbox = ANY($1)", "int8[]"},
	[MAIL_CLAIM] = {"mail_claim",
		"WITH mine AS (UPDATE notification.email SET state = 'sending', attempts = "
		"attempts + 1, due_at = $2 WHERE inbox = (SELECT inbox FROM notification.email "
		"WHERE state IN ('waiting', 'sending') AND due_at <= $1 ORDER BY due_at, inbox "
		"LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING inbox, message_id, attempts) SELECT "
		"m.inbox, m.message_id, m.attempts, i.at, i.title ->> 'id', i.title ->> 'en', "
		"i.body ->> 'id', i.body ->> 'en', p.email FROM mine m JOIN notification.inbox i "
		"ON i.id = m.inbox LEFT JOIN registry.person_view p ON p.person = i.person",
		"timestamptz, timestamptz"},
	[MAIL_HANDED] = {"mail_handed",
		"UPDATE notification.email SET state = 'handed' WHERE inbox = $1 AND attempts = "
		"$2 AND state = 'sending' RETURNING inbox",
		"int8, int4"},
	[MAIL_DONE] = {"mail_done",
		"UPDATE notification.email SET state = 'sent', sent_at = $2, last_error = NULL "
		"WHERE inbox = $1 AND state IN ('handed', 'doubtful')",
		"int8, timestamptz"},
	[MAIL_FAILED] = {"mail_failed",
		"UPDATE notification.email SET state = $2, due_at = $3, attempts = $4, last_error "
		"= $5 WHERE inbox = $1 AND attempts = $6 AND state IN ('sending', 'handed', "
		"'doubtful')",
		"int8, text, timestamptz, int4, text, int4"},
	[MAIL_DOUBTFUL] = {"mail_doubtful",
		"UPDATE notification.email SET state = 'doubtful' WHERE state = 'handed' AND "
		"due_at <= $1 RETURNING inbox",
		"timestamptz"},
	[MAIL_COUNTS] = {"mail_counts",
		"SELECT 'waiting', count(*) FROM notification.email WHERE state IN ('waiting', "
		"'sending', 'handed') UNION ALL SELECT 'doubtful', count(*) FROM "
		"notification.email WHERE state = 'doubtful' UNION ALL SELECT 'given_up', "
		"count(*) FROM notification.email WHERE state = 'given_up'",
		""},
};
const size_t notification_statements_n = COUNT(notification_statements);

/* Arrays that travel together. */

static void arrays_init(struct db_array *const *arrays, const enum db_kind *kinds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		db_array_init(arrays[i], kinds[i]);
}

static void arrays_done(struct db_array *const *arrays, size_t n)
{
	for (size_t i = 0; i < n; i++)
		db_array_done(arrays[i]);
}

static bool arrays_add(struct db_array *const *arrays, const struct db_value *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!db_array_add(arrays[i], values[i]))
			return false;
	return true;
}

#define MARK_ARRAYS(m_) ((struct db_array *const[]){&(m_)->person, &(m_)->period, &(m_)->due})
enum { MARK_COLUMNS = 3 };

void store_marks_init(struct store_marks *m)
{
	arrays_init(MARK_ARRAYS(m), (const enum db_kind[]){DB_K_UUID, DB_K_TEXT, DB_K_TIME},
		MARK_COLUMNS);
}

void store_marks_done(struct store_marks *m)
{
	arrays_done(MARK_ARRAYS(m), MARK_COLUMNS);
}

bool store_marks_add(
	struct store_marks *m, const uint8_t person[16], const char *period, int64_t due)
{
	return arrays_add(MARK_ARRAYS(m),
		(const struct db_value[]){DB_UUID(person), DB_TEXT(period), DB_TIME(due)},
		MARK_COLUMNS);
}

bool store_mark(struct db *db, struct store_marks *m, int32_t slack_ms, struct err *e)
{
	return db_exec(db, MARK, NULL, e, db_array_value(&m->person), db_array_value(&m->period),
		db_array_value(&m->due), DB_INT4(slack_ms));
}

bool store_due(struct db *db, int64_t now, struct db_result **out, struct err *e)
{
	return db_exec(db, DUE, out, e, DB_TIME(now));
}

bool store_scores(struct db *db, struct db_array *person, struct db_array *period, int32_t today,
	struct db_result **out, struct err *e)
{
	return db_exec(
		db, SCORES, out, e, db_array_value(person), db_array_value(period), DB_DATE(today));
}

bool store_indicators(struct db *db, struct db_result **out, struct err *e)
{
	return db_run(db, INDICATORS, NULL, 0, out, e);
}

bool store_paces_told(struct db *db, struct db_array *people, int64_t since, struct db_result **out,
	struct err *e)
{
	return db_exec(db, PACES_TOLD, out, e, db_array_value(people), DB_TIME(since));
}

#define ROW_ARRAYS(l_) \
	((struct db_array *const[]){ \
		&(l_)->person, &(l_)->period, &(l_)->due, &(l_)->told, &(l_)->told_revision})
#define MESSAGE_ARRAYS(l_) \
	((struct db_array *const[]){&(l_)->to, &(l_)->about, &(l_)->kind, &(l_)->indicator, \
		&(l_)->occasion, &(l_)->title, &(l_)->body})
enum { ROW_COLUMNS = 5, MESSAGE_COLUMNS = 7 };

void store_looked_init(struct store_looked *l)
{
	arrays_init(ROW_ARRAYS(l),
		(const enum db_kind[]){DB_K_UUID, DB_K_TEXT, DB_K_TIME, DB_K_JSON, DB_K_INT8},
		ROW_COLUMNS);
	arrays_init(MESSAGE_ARRAYS(l),
		(const enum db_kind[]){DB_K_UUID, DB_K_TEXT, DB_K_TEXT, DB_K_TEXT, DB_K_TEXT,
			DB_K_JSON, DB_K_JSON},
		MESSAGE_COLUMNS);
}

void store_looked_done(struct store_looked *l)
{
	arrays_done(ROW_ARRAYS(l), ROW_COLUMNS);
	arrays_done(MESSAGE_ARRAYS(l), MESSAGE_COLUMNS);
}

bool store_looked_row(struct store_looked *l, const uint8_t person[16], const char *period,
	int64_t due, const char *told, int64_t told_revision)
{
	const struct db_value values[] = {DB_UUID(person), DB_TEXT(period),
		due ? DB_TIME(due) : DB_NULL, DB_JSON(told),
		told ? DB_INT8(told_revision) : DB_NULL};
	return arrays_add(ROW_ARRAYS(l), values, ROW_COLUMNS);
}

/* {"id": …, "en": …}; the caller frees it. NULL without memory. */
static char *both_languages(char *const texts[LANGUAGES])
{
	json_auto_t *both = json_object();
	for (int l = 0; l < LANGUAGES; l++)
		if (json_object_set_new(both, language_codes[l], json_string(texts[l])) != 0)
			return NULL;
	return json_dumps(both, JSON_COMPACT);
}

bool store_looked_message(struct store_looked *l, const uint8_t person[16], const char *period,
	const struct message *m)
{
	char *title = both_languages(m->title), *body = both_languages(m->body);
	const struct db_value values[] = {DB_UUID(person), DB_TEXT(period), DB_TEXT(m->kind),
		DB_TEXT(m->indicator), DB_TEXT(m->occasion), DB_JSON(title), DB_JSON(body)};
	bool ok = title && body && arrays_add(MESSAGE_ARRAYS(l), values, MESSAGE_COLUMNS);
	free(title);
	free(body);
	return ok;
}

bool store_look_done(struct db *db, struct store_looked *l, int64_t now, bool email, int64_t *paces,
	int64_t *closings, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	*paces = *closings = 0;
	if (!db_exec(db, LOOKED, NULL, e, db_array_value(&l->person), db_array_value(&l->period),
		    db_array_value(&l->due), db_array_value(&l->told),
		    db_array_value(&l->told_revision)))
		return false;
	if (l->to.count == 0)
		return true;
	if (!db_exec(db, TELL, &r, e, db_array_value(&l->to), db_array_value(&l->about),
		    db_array_value(&l->kind), db_array_value(&l->indicator),
		    db_array_value(&l->occasion), db_array_value(&l->title),
		    db_array_value(&l->body), DB_TIME(now), DB_BOOL(email)))
		return false;
	*paces = db_int(r, 0, 0);
	*closings = db_int(r, 0, 1);
	return true;
}

const struct outbox store_sent[] = {
	[STORE_INBOX] = {.page = INBOX_UNPUBLISHED, .done = INBOX_PUBLISHED},
	[STORE_EMAIL] = {.page = EMAIL_UNPUBLISHED, .done = EMAIL_PUBLISHED},
};

bool store_mail_claim(
	struct db *db, int64_t now, int64_t lease, struct db_result **out, struct err *e)
{
	return db_exec(db, MAIL_CLAIM, out, e, DB_TIME(now), DB_TIME(lease));
}

bool store_mail_handed(struct db *db, int64_t inbox, int32_t attempt, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	return db_exec(db, MAIL_HANDED, &r, e, DB_INT8(inbox), DB_INT4(attempt)) &&
	       (db_rows(r) == 1 || err_set(e, ERR_CONFLICT, "mail %lld has another sender by now",
					   (long long)inbox));
}

bool store_mail_sent(struct db *db, int64_t inbox, int64_t at, struct err *e)
{
	return db_exec(db, MAIL_DONE, NULL, e, DB_INT8(inbox), DB_TIME(at));
}

bool store_mail_failed(
	struct db *db, int64_t inbox, int32_t attempt, const struct mail_failure *f, struct err *e)
{
	return db_exec(db, MAIL_FAILED, NULL, e, DB_INT8(inbox),
		DB_TEXT(f->given_up ? "given_up" : "waiting"), DB_TIME(f->due),
		DB_INT4(f->attempts), DB_TEXT(f->why), DB_INT4(attempt));
}

bool store_mail_doubtful(struct db *db, int64_t now, int64_t *n, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!db_exec(db, MAIL_DOUBTFUL, &r, e, DB_TIME(now)))
		return false;
	*n = db_rows(r);
	return true;
}

bool store_mail_counts(struct db *db, struct db_result **out, struct err *e)
{
	return db_run(db, MAIL_COUNTS, NULL, 0, out, e);
}
