#include "verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "messages/event.h"
#include "messages/headers.h"
#include "messages/topics.h"
#include "store.h"

void verify_found(struct verify *v, const char *place, const char *format, ...)
{
	va_list args;
	progress_clear(&v->admin->progress);
	va_start(args, format);
	printf("%s: ", place);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	v->found++;
}

/* Originals: each stored event beside what its own bytes say. */

enum column {
	TOPIC,
	PARTITION,
	OFFSET,
	KIND,
	AT,
	DAY,
	KEY,
	EVENT_ID,
	REF,
	SOURCE,
	URIS, /* all that it ever had; words, as the next */
	INDICATOR,
	NIPS, /* all that the person ever had */
	VALUE,
	OF,
	REPLACES,
	SHA256,
	HEADERS,
	PAYLOAD,
	CONTENT,
	HELD_OTHERWISE,
	FORGOTTEN,
	AWAY, /* there are no bytes */
	ARCHIVED, /* as it should be: its month is */
};

struct original {
	const struct db_result *rows;
	int row;
	struct event event; /* as its bytes say */
};

static bool is_activity(const struct original *o)
{
	return o->event.type == EVENT_RECORDED || o->event.type == EVENT_CORRECTED;
}

static bool other_text(const struct original *o, int column, const char *text)
{
	return strcmp(db_text(o->rows, o->row, column), text ? text : "") != 0;
}

static bool no_word(const struct original *o, int column, const char *word)
{
	return !text_has_word(db_text(o->rows, o->row, column), word);
}

static bool differs_ref(const struct original *o)
{
	return db_is_null(o->rows, o->row, REF) ? o->event.ref != NULL
						: !o->event.ref || other_text(o, REF, o->event.ref);
}

static bool other_key(const struct original *o, int column, const char *id)
{
	uint8_t key[DIGEST_KEY];
	event_key(db_text(o->rows, o->row, SOURCE), id, key);
	return memcmp(db_uuid(o->rows, o->row, column), key, sizeof key) != 0;
}

static bool differs_kind(const struct original *o)
{
	return db_int(o->rows, o->row, KIND) != (int64_t)o->event.type;
}

static bool differs_source(const struct original *o)
{
	const char *source = topic_source(db_text(o->rows, o->row, TOPIC));
	return !source || other_text(o, SOURCE, source) ||
	       (strcmp(source, o->event.source) != 0 && no_word(o, URIS, o->event.source));
}

static bool differs_id(const struct original *o)
{
	return other_text(o, EVENT_ID, o->event.id) || other_key(o, KEY, o->event.id);
}

static bool differs_time(const struct original *o)
{
	return db_time(o->rows, o->row, AT) != o->event.time ||
	       (is_activity(o) && db_date(o->rows, o->row, DAY) != clock_date(o->event.time));
}

static bool differs_person(const struct original *o)
{
	return is_activity(o) ? no_word(o, NIPS, o->event.subject)
			      : !db_is_null(o->rows, o->row, NIPS);
}

static bool differs_indicator(const struct original *o)
{
	return other_text(o, INDICATOR, o->event.indicator);
}

static bool other_number(const struct original *o, int column, bool has, dec_wide number)
{
	return db_is_null(o->rows, o->row, column)
		       ? has
		       : !has || db_numeric(o->rows, o->row, column) != number;
}

static bool differs_value(const struct original *o)
{
	return other_number(o, VALUE, is_activity(o), o->event.value) ||
	       other_number(o, OF, is_activity(o) && o->event.has_of, o->event.of);
}

static bool differs_replaces(const struct original *o)
{
	return o->event.replaces ? other_key(o, REPLACES, o->event.replaces)
				 : !db_is_null(o->rows, o->row, REPLACES);
}

static bool differs_content(const struct original *o)
{
	if (db_is_null(o->rows, o->row, CONTENT))
		return !db_int(o->rows, o->row, FORGOTTEN);
	return memcmp(db_uuid(o->rows, o->row, CONTENT), o->event.content, DIGEST_KEY) != 0;
}

static bool differs_holding(const struct original *o)
{
	return !db_is_null(o->rows, o->row, CONTENT) && db_int(o->rows, o->row, HELD_OTHERWISE);
}

static const struct {
	bool (*differs)(const struct original *o);
	const char *what;
} comparisons[] = {
	{differs_kind, "the stored kind is not the original's"},
	{differs_source, "the stored source or topic is not the original's"},
	{differs_id, "the stored id or key is not the original's"},
	{differs_ref, "the stored reference is not the original's"},
	{differs_time, "the stored time or day is not the original's"},
	{differs_person, "the stored person is not the original's"},
	{differs_indicator, "the stored indicator is not the original's"},
	{differs_value, "the stored value is not the original's"},
	{differs_replaces, "what it replaces is not what the original says"},
	{differs_content, "its id is not held with this content"},
	{differs_holding, "its id is held for another person, month or indicator"},
};

static void original_compare(struct verify *v, const char *place, const struct original *o)
{
	for (size_t i = 0; i < COUNT(comparisons); i++)
		if (comparisons[i].differs(o))
			verify_found(v, place, "%s", comparisons[i].what);
}

static bool original_sha256(const struct original *o, const void *payload, size_t len)
{
	uint8_t hash[DIGEST_SHA256];
	size_t stored_len;
	const void *stored = db_bytes(o->rows, o->row, SHA256, &stored_len);
	digest_sha256(payload, len, hash);
	return stored_len == sizeof hash && memcmp(stored, hash, sizeof hash) == 0;
}

static bool original_decode(
	struct original *o, const void *payload, size_t len, struct event_fault *fault)
{
	struct event_header headers[HEADERS_MOST];
	struct stored_headers stored;
	size_t json_len;
	const void *json = db_bytes(o->rows, o->row, HEADERS, &json_len);
	bool ok = headers_read(json, json_len, &stored) && stored.n <= HEADERS_MOST;
	for (size_t i = 0; ok && i < stored.n; i++)
		headers[i] = (struct event_header){
			stored.list[i].name, stored.list[i].data, stored.list[i].len};
	const struct event_input in = {payload, len, headers, ok ? stored.n : 0};
	*fault = (struct event_fault){.reason = REASON_MALFORMED};
	ok = ok && event_decode_again(&in, &o->event, fault);
	headers_done(&stored);
	return ok;
}

enum { PLACE = 400 };

/* Of rows that begin with topic, partition and offset. */
static const char *place_of(const struct db_result *rows, int row, char out[PLACE])
{
	snprintf(out, PLACE, "%.300s/%" PRId64 "/%" PRId64, db_text(rows, row, TOPIC),
		db_int(rows, row, PARTITION), db_int(rows, row, OFFSET));
	return out;
}

static void original_verify(struct verify *v, const struct db_result *rows, int row)
{
	struct original o = {.rows = rows, .row = row};
	struct event_fault fault;
	char place[PLACE];
	size_t len;
	const void *payload = db_bytes(rows, row, PAYLOAD, &len);
	place_of(rows, row, place);
	if (db_int(rows, row, AWAY)) {
		v->archived++;
		if (!db_int(rows, row, ARCHIVED))
			verify_found(
				v, place, "the original is gone, and its month is not archived");
		return;
	}
	if (!original_sha256(&o, payload, len))
		verify_found(v, place, "the original is not what its sha256 says");
	if (!original_decode(&o, payload, len, &fault)) {
		verify_found(v, place, "the original cannot be read again: %s",
			reason_code(fault.reason));
		return;
	}
	original_compare(v, place, &o);
	event_done(&o.event);
}

static bool verify_originals(struct verify *v, int64_t *n, struct err *e)
{
	struct db *db = v->admin->db;
	if (!db_run(db, STORE_ORIGINALS, NULL, 0, NULL, e))
		return false;
	for (int got = 1; got > 0; *n += got) {
		DB_RESULT_AUTO *rows = NULL;
		if (!db_run(db, STORE_ORIGINALS_NEXT, NULL, 0, &rows, e))
			return false;
		got = db_rows(rows);
		for (int row = 0; row < got; row++)
			original_verify(v, rows, row);
		progress_tell(&v->admin->progress, "originals: %" PRId64 " of %" PRId64, *n + got,
			v->all_originals);
	}
	return true;
}

/* As many are away as were archived. */
static bool verify_archived(struct verify *v, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	if (!db_run(v->admin->db, STORE_ARCHIVED, NULL, 0, &rows, e))
		return false;
	int64_t months = db_int(rows, 0, 0), events = db_int(rows, 0, 1);
	if (events != v->archived)
		verify_found(v, "archive",
			"%" PRId64 " originals were archived, and %" PRId64 " are not here", events,
			v->archived);
	if (months)
		printf("%" PRId64 " months are archived: of %" PRId64
		       " originals the bytes are not here to be verified\n",
			months, v->archived);
	return true;
}

static bool verify_links(struct verify *v, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	progress_tell(&v->admin->progress, "what replaces what");
	if (!db_run(v->admin->db, STORE_LINKS, NULL, 0, &rows, e))
		return false;
	for (int i = 0; i < db_rows(rows); i++) {
		char key[DIGEST_UUID_TEXT];
		verify_found(
			v, digest_uuid_format(db_uuid(rows, i, 1), key), "%s", db_text(rows, i, 0));
	}
	return true;
}

static bool verify_totals(struct verify *v, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	progress_tell(&v->admin->progress, "totals");
	if (!db_run(v->admin->db, STORE_TOTALS, NULL, 0, &rows, e))
		return false;
	for (int i = 0; i < db_rows(rows); i++) {
		char place[320], person[DIGEST_UUID_TEXT], month[CLOCK_TEXT];
		snprintf(place, sizeof place, "%s/%s/%.128s",
			digest_uuid_format(db_uuid(rows, i, 0), person),
			clock_month_format((int32_t)db_int(rows, i, 1), month),
			db_text(rows, i, 2));
		verify_found(v, place,
			"the total is not that of the evidence (%" PRId64
			" events counted, %" PRId64 " there)",
			db_int(rows, i, 4), db_int(rows, i, 3));
	}
	return true;
}

/* Citizens' answers, added up. */
static bool verify_answers(struct verify *v, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	progress_tell(&v->admin->progress, "citizens' answers");
	if (!db_run(v->admin->db, STORE_ANSWER_SUMS, NULL, 0, &rows, e))
		return false;
	for (int i = 0; i < db_rows(rows); i++) {
		char place[320], day[CLOCK_TEXT];
		snprintf(place, sizeof place, "%.128s/%.128s/%s", db_text(rows, i, 1),
			db_text(rows, i, 0), clock_date_format(db_date(rows, i, 2), day));
		verify_found(v, place, "the sums are not those of the answers");
	}
	return true;
}

/* What was taken away together with its id leaves nothing else behind. */
static bool verify_ledger(struct verify *v, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	progress_tell(&v->admin->progress, "what was added, month by month");
	if (!db_run(v->admin->db, STORE_LEDGER, NULL, 0, &rows, e))
		return false;
	for (int i = 0; i < db_rows(rows); i++) {
		char month[CLOCK_TEXT];
		verify_found(v, clock_month_format((int32_t)db_int(rows, i, 0), month),
			"the evidence is not what was added, or not from where that came (%" PRId64
			" events added, %" PRId64 " there)",
			db_int(rows, i, 1), db_int(rows, i, 2));
	}
	return true;
}

/* What was rejected, or waits for its original. */
static bool verify_rest(struct verify *v, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	progress_tell(&v->admin->progress, "what was rejected, and what waits");
	if (!db_run(v->admin->db, STORE_REST, NULL, 0, &rows, e))
		return false;
	for (int i = 0; i < db_rows(rows); i++) {
		char place[PLACE];
		verify_found(v, place_of(rows, i, place),
			"the %s message is not what its sha256 says",
			db_int(rows, i, 3) ? "waiting" : "rejected");
	}
	return true;
}

static bool verify_published(struct verify *v, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	if (!db_run(v->admin->db, STORE_UNPUBLISHED, NULL, 0, &rows, e))
		return false;
	for (int i = 0; i < db_rows(rows); i++) {
		char place[80], person[DIGEST_UUID_TEXT];
		snprintf(place, sizeof place, "%s/%.20s",
			digest_uuid_format(db_uuid(rows, i, 0), person), db_text(rows, i, 1));
		verify_found(v, place, "the score has not been published for more than a minute");
	}
	return true;
}

/* All of the evidence as it is at one moment. */
static bool verify_evidence(struct verify *v, int64_t *originals, struct err *e)
{
	bool ok = db_begin(v->admin->db, e) &&
		  db_script(v->admin->db,
			  "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", e) &&
		  verify_originals(v, originals, e) && verify_archived(v, e) &&
		  verify_links(v, e) && verify_totals(v, e) && verify_answers(v, e) &&
		  verify_ledger(v, e) && verify_rest(v, e);
	db_rollback(v->admin->db);
	return ok;
}

/* Who looks on sees of how much. */
static bool verify_size(struct verify *v, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	if (!v->admin->progress.terminal)
		return true;
	if (!db_run(v->admin->db, STORE_VERIFY_SIZE, NULL, 0, &rows, e))
		return false;
	v->all_originals = db_int(rows, 0, 0);
	v->all_people = db_int(rows, 0, 1);
	return true;
}

/* A standby can be verified, too: there it cannot be kept. */
static void verify_keep(const struct verify *v, int64_t began, int64_t originals, int64_t scores)
{
	struct db *db = v->admin->db;
	struct err e = {0};
	bool ok = admin_begin_registry(v->admin, &e) &&
		  db_exec(db, STORE_VERIFIED, NULL, &e, DB_TIME(began), DB_INT8(originals),
			  DB_INT8(scores), DB_INT8(v->found)) &&
		  db_commit(db, &e);
	db_rollback(db);
	if (!ok)
		fprintf(stderr, "the outcome is not kept: %s\n", e.text);
}

bool verify_run(struct admin *a, const struct arguments *args, struct err *e)
{
	(void)args;
	struct verify v = {.admin = a};
	int64_t originals = 0, scores = 0, began = clock_now();
	if (!verify_size(&v, e) || !verify_evidence(&v, &originals, e) ||
		!verify_scores(&v, &scores, e) || !verify_published(&v, e))
		return false;
	progress_clear(&a->progress);
	originals -= v.archived;
	printf("%" PRId64 " originals and %" PRId64 " scores verified, %" PRId64 " findings\n",
		originals, scores, v.found);
	verify_keep(&v, began, originals, scores);
	return v.found == 0 || err_set(e, ERR_CONFLICT, "%" PRId64 " findings", v.found);
}
