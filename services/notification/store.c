#include "store.h"
#include "base/array.h"
#include "service/reading_statements.h"

#include <stdlib.h>

enum statement {
	MARK,
	DUE,
	DIGEST_DUE,
	DIGESTS_TOLD,
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
	MAIL_NO_MAILBOX,
	MAIL_DOUBTFUL,
	MAIL_COUNTS,
	FORGET_READ,
	UNDER_WAY,
	READING,
};

const struct db_statement notification_statements[] = {
	/* Most messages of a burst find their row due soon enough and write nothing. A row that is
	 * being looked at is due already: then this waits, and has it looked at again; by then it
	 * may have become late. */
	[MARK] = {"mark",
		"INSERT INTO notification.watch AS w (person, period, due_at, late) SELECT "
		"DISTINCT m.person, m.period, d.due_at, m.ended FROM unnest($1::uuid[], "
		"$2::text[], $3::timestamptz[], $4::bool[]) AS m(person, period, due_at, ended) "
		"LEFT JOIN notification.watch o ON o.person = m.person AND o.period = m.period "
		"CROSS JOIN LATERAL (SELECT CASE WHEN late THEN $6 ELSE m.due_at END AS due_at, "
		"CASE WHEN late THEN $7 ELSE $5 END * interval '1 millisecond' AS slack FROM "
		"(SELECT coalesce(o.late, m.ended) AS late) l) d WHERE o.due_at IS NULL OR "
		"o.due_at NOT BETWEEN d.due_at - d.slack AND d.due_at ORDER BY m.person, m.period "
		"ON CONFLICT (person, period) DO UPDATE SET due_at = CASE WHEN w.late THEN $6 "
		"ELSE excluded.due_at END",
		"uuid[], text[], timestamptz[], bool[], int4, timestamptz, int4"},
	[DUE] = {"due",
		"SELECT person, period, told, told_revision FROM notification.watch WHERE due_at "
		"<= $1 AND NOT late ORDER BY due_at LIMIT 200 FOR UPDATE SKIP LOCKED",
		"timestamptz"},
	[DIGEST_DUE] = {"digest_due",
		"SELECT person, period, told, told_revision, due_at FROM notification.watch WHERE "
		"late AND due_at IS NOT NULL AND person IN (SELECT person FROM notification.watch "
		"WHERE due_at <= $1 AND late ORDER BY due_at LIMIT 100) ORDER BY person, period "
		"FOR UPDATE",
		"timestamptz"},
	[DIGESTS_TOLD] = {"digests_told",
		"SELECT person, max(digest_at) FROM notification.watch WHERE person = ANY($1) AND "
		"digest_at > $2 GROUP BY person",
		"uuid[], timestamptz"},
	[SCORES] = {"scores",
		"SELECT s.body, (SELECT sum(least(upper(d), $3) - least(lower(d), $3)) FROM "
		"unnest(s.service_days) d), (SELECT sum(upper(d) - lower(d)) FROM "
		"unnest(s.service_days) d) FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS "
		"w(person, period, n) LEFT JOIN scoring.score_view s ON s.person = w.person AND "
		"s.period = w.period ORDER BY w.n",
		"uuid[], text[], date"},
	[INDICATORS] = {"indicators",
		"SELECT code, name_id, name_en, unit_id, unit_en, measure, direction FROM "
		"registry.indicator_view ORDER BY code COLLATE \"C\"",
		""},
	[PACES_TOLD] = {"paces_told",
		"SELECT DISTINCT person, indicator FROM notification.inbox WHERE person = ANY($1) "
		"AND kind = 'pace' AND at > $2",
		"uuid[], timestamptz"},
	[LOOKED] = {"looked",
		"UPDATE notification.watch w SET due_at = l.due_at, told = coalesce(l.told, "
		"w.told), told_revision = coalesce(l.told_revision, w.told_revision), late = "
		"w.late OR l.told IS NOT NULL, digest_at = CASE WHEN l.told IS NULL THEN "
		"w.digest_at ELSE coalesce($6, w.digest_at) END FROM "
		"unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::jsonb[], $5::int8[]) AS "
		"l(person, period, due_at, told, told_revision) WHERE w.person = l.person AND "
		"w.period = l.period",
		"uuid[], text[], timestamptz[], jsonb[], int8[], timestamptz"},
	[TELL] = {"tell",
		"WITH new AS (INSERT INTO notification.inbox (person, period, kind, indicator, "
		"occasion, title, body, at) SELECT m.*, $8 FROM unnest($1::uuid[], $2::text[], "
		"$3::text[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[]) AS m ON CONFLICT "
		"DO NOTHING RETURNING id, person, kind), mails AS (INSERT INTO notification.email "
		"(inbox, due_at) SELECT n.id, $8 FROM new n JOIN registry.person_view p ON "
		"p.person = n.person WHERE $9 AND p.email <> '') SELECT count(*) FILTER (WHERE "
		"kind = 'pace'), count(*) FILTER (WHERE kind = 'closed'), count(*) FILTER (WHERE "
		"kind = 'digest') FROM new",
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
		"i.body ->> 'id', i.body ->> 'en', p.email, p.language, u.reply, "
		"i.person FROM mine m JOIN notification.inbox i ON i.id = m.inbox LEFT JOIN "
		"registry.person_view p ON p.person = i.person LEFT JOIN notification.unreachable "
		"u ON u.person = i.person AND u.address = sha256(convert_to(p.email, 'UTF8')) AND "
		"u.since > $3",
		"timestamptz, timestamptz, timestamptz"},
	[MAIL_HANDED] = {"mail_handed",
		"UPDATE notification.email SET state = 'handed' WHERE inbox = $1 AND attempts = "
		"$2 AND state = 'sending' RETURNING inbox",
		"int8, int4"},
	[MAIL_DONE] = {"mail_done",
		"WITH reached AS (DELETE FROM notification.unreachable u USING notification.inbox "
		"i WHERE i.id = $1 AND u.person = i.person) UPDATE notification.email SET state = "
		"'sent', sent_at = $2, last_error = NULL WHERE inbox = $1 AND state IN ('handed', "
		"'doubtful')",
		"int8, timestamptz"},
	[MAIL_FAILED] = {"mail_failed",
		"UPDATE notification.email SET state = $2, due_at = $3, attempts = $4, last_error "
		"= $5 WHERE inbox = $1 AND attempts = $6 AND state IN ('sending', 'handed', "
		"'doubtful')",
		"int8, text, timestamptz, int4, text, int4"},
	[MAIL_NO_MAILBOX] = {"mail_no_mailbox",
		"WITH mail AS (UPDATE notification.email SET state = 'given_up', due_at = $3, "
		"last_error = $4 WHERE inbox = $1 AND attempts = $2 AND state = 'sending' "
		"RETURNING inbox) INSERT INTO notification.unreachable (person, address, since, "
		"reply) SELECT i.person, sha256(convert_to($5, 'UTF8')), $3, $6 FROM mail m JOIN "
		"notification.inbox i ON i.id = m.inbox ON CONFLICT (person) DO UPDATE SET "
		"address = excluded.address, since = excluded.since, reply = excluded.reply",
		"int8, int4, timestamptz, text, text, int4"},
	[MAIL_DOUBTFUL] = {"mail_doubtful",
		"UPDATE notification.email SET state = 'doubtful' WHERE state = 'handed' AND "
		"due_at <= $1 RETURNING inbox",
		"timestamptz"},
	[MAIL_COUNTS] = {"mail_counts",
		"SELECT 'waiting', count(*) FROM notification.email WHERE state IN ('waiting', "
		"'sending', 'handed') UNION ALL SELECT 'doubtful', count(*) FROM "
		"notification.email WHERE state = 'doubtful' UNION ALL SELECT 'given_up', "
		"count(*) FROM notification.email WHERE state = 'given_up' UNION ALL SELECT "
		"'unreachable', count(*) FROM notification.unreachable_view",
		""},
	/* Not one whose mail is still under way or to be told of. */
	[FORGET_READ] = {"forget_read",
		"WITH old AS (SELECT i.id FROM notification.inbox i WHERE i.published AND "
		"i.read_at < $1 AND NOT EXISTS (SELECT FROM notification.email e WHERE e.inbox = "
		"i.id AND (e.state IN ('waiting', 'sending', 'handed') OR (e.state = 'sent' AND "
		"NOT e.published))) ORDER BY i.read_at LIMIT $2), mails AS (DELETE FROM "
		"notification.email WHERE inbox IN (SELECT id FROM old)), gone AS (DELETE FROM "
		"notification.inbox WHERE id IN (SELECT id FROM old) RETURNING 1) SELECT count(*) "
		"FROM gone",
		"timestamptz, int4"},
	[UNDER_WAY] = {"under_way",
		"SELECT u.unpublished, u.due, coalesce((SELECT extract(epoch FROM now() - min(at)) "
		"FROM notification.inbox WHERE NOT published), 0)::int8, coalesce((SELECT "
		"extract(epoch FROM now() - min(due_at)) FROM notification.watch WHERE due_at <= "
		"now()), 0)::int8 FROM notification.under_way_view u",
		""},
	READING_STATEMENTS(READING, "notification")};
const size_t notification_statements_n = COUNT(notification_statements);
const int notification_reading = READING, notification_under_way = UNDER_WAY;
const int store_forget_read = FORGET_READ;

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

#define MARK_ARRAYS(m_) \
	((struct db_array *const[]){&(m_)->person, &(m_)->period, &(m_)->due, &(m_)->ended})
enum { MARK_COLUMNS = 4 };

void store_marks_init(struct store_marks *m)
{
	arrays_init(MARK_ARRAYS(m),
		(const enum db_kind[]){DB_K_UUID, DB_K_TEXT, DB_K_TIME, DB_K_BOOL}, MARK_COLUMNS);
}

void store_marks_done(struct store_marks *m)
{
	arrays_done(MARK_ARRAYS(m), MARK_COLUMNS);
}

bool store_marks_add(struct store_marks *m, const uint8_t person[16], const char *period,
	int64_t due, bool ended)
{
	const struct db_value values[] = {
		DB_UUID(person), DB_TEXT(period), DB_TIME(due), DB_BOOL(ended)};
	return arrays_add(MARK_ARRAYS(m), values, MARK_COLUMNS);
}

bool store_mark(struct db *db, struct store_marks *m, int32_t slack_ms,
	const struct store_late *late, struct err *e)
{
	return db_exec(db, MARK, NULL, e, db_array_value(&m->person), db_array_value(&m->period),
		db_array_value(&m->due), db_array_value(&m->ended), DB_INT4(slack_ms),
		DB_TIME(late->due), DB_INT4(late->slack_ms));
}

bool store_due(struct db *db, int64_t now, struct db_result **out, struct err *e)
{
	return db_exec(db, DUE, out, e, DB_TIME(now));
}

bool store_digest_due(struct db *db, int64_t now, struct db_result **out, struct err *e)
{
	return db_exec(db, DIGEST_DUE, out, e, DB_TIME(now));
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

bool store_digests_told(struct db *db, struct db_array *people, int64_t since,
	struct db_result **out, struct err *e)
{
	return db_exec(db, DIGESTS_TOLD, out, e, db_array_value(people), DB_TIME(since));
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
	const struct db_value values[] = {DB_UUID(person), DB_TEXT(period),
		DB_TEXT(message_kinds[m->kind]), DB_TEXT(m->indicator), DB_TEXT(m->occasion),
		DB_JSON(title), DB_JSON(body)};
	bool ok = title && body && arrays_add(MESSAGE_ARRAYS(l), values, MESSAGE_COLUMNS);
	free(title);
	free(body);
	return ok;
}

bool store_look_done(struct db *db, struct store_looked *l, const struct store_telling *how,
	int64_t told[MESSAGES], struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!db_exec(db, LOOKED, NULL, e, db_array_value(&l->person), db_array_value(&l->period),
		    db_array_value(&l->due), db_array_value(&l->told),
		    db_array_value(&l->told_revision), how->digests ? DB_TIME(how->now) : DB_NULL))
		return false;
	if (l->to.count == 0)
		return true;
	if (!db_exec(db, TELL, &r, e, db_array_value(&l->to), db_array_value(&l->about),
		    db_array_value(&l->kind), db_array_value(&l->indicator),
		    db_array_value(&l->occasion), db_array_value(&l->title),
		    db_array_value(&l->body), DB_TIME(how->now), DB_BOOL(how->email)))
		return false;
	for (int kind = 0; kind < MESSAGES; kind++)
		told[kind] = db_int(r, 0, kind);
	return true;
}

const struct outbox store_sent[] = {
	[STORE_INBOX] = {.page = INBOX_UNPUBLISHED, .done = INBOX_PUBLISHED, .name = "inbox"},
	[STORE_EMAIL] = {.page = EMAIL_UNPUBLISHED, .done = EMAIL_PUBLISHED, .name = "email"},
};

bool store_mail_claim(struct db *db, int64_t now, int64_t lease, int64_t retry,
	struct db_result **out, struct err *e)
{
	return db_exec(db, MAIL_CLAIM, out, e, DB_TIME(now), DB_TIME(lease), DB_TIME(retry));
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

bool store_mail_no_mailbox(struct db *db, int64_t inbox, int32_t attempt, const char *address,
	int32_t reply, const struct mail_failure *f, struct err *e)
{
	return db_exec(db, MAIL_NO_MAILBOX, NULL, e, DB_INT8(inbox), DB_INT4(attempt),
		DB_TIME(f->due), DB_TEXT(f->why), DB_TEXT(address), DB_INT4(reply));
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
