#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "base/clock.h"
#include "messages/event.h"
#include "messages/headers.h"
#include "store.h"

/* A page is held in memory whole; what is too large can be megabytes each. */
enum { PAGE = 500, PAGE_OF_LARGE = 20 };
enum { REFUSED_MS = 5000 }; /* a refusal comes within this */

bool redrive_check(const struct arguments *args, struct err *e)
{
	const char *reason = args->option[REDRIVE_REASON];
	if (args->option[REDRIVE_ID])
		return (!reason && !args->option[REDRIVE_SOURCE] && !args->option[REDRIVE_LIMIT]) ||
		       err_set(e, ERR_INVALID, "--id goes alone");
	if (reason && reason_parse(reason) != REASON_NONE)
		return true;
	char list[320] = "";
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		size_t len = strlen(list);
		snprintf(list + len, sizeof list - len, "%s%s", len ? ", " : "", reason_codes[i]);
	}
	return err_set(e, ERR_INVALID, "--reason is one of %s", list);
}

static bool redrive_headers(
	const struct stored_headers *stored, struct bus_header out[HEADERS_MOST], size_t *n)
{
	*n = stored->n;
	for (size_t i = 0; i < stored->n && i < HEADERS_MOST; i++)
		out[i] = (struct bus_header){
			stored->list[i].name, stored->list[i].data, stored->list[i].len};
	return stored->n <= HEADERS_MOST;
}

/* A rejected message on its way back. */
struct sending {
	struct bus_delivery delivery;
	bool queued;
	struct err why; /* it did not go */
};

/* Queues one, as it came: topic, key, headers, bytes. */
static void redrive_row(struct admin *a, const struct db_result *rows, int i, struct sending *s)
{
	size_t key_len, headers_len, len, n = 0;
	const void *key = db_bytes(rows, i, 2, &key_len),
		   *json = db_bytes(rows, i, 3, &headers_len);
	const void *payload = db_bytes(rows, i, 4, &len);
	struct bus_header headers[HEADERS_MOST];
	struct stored_headers stored;
	err_clear(&s->why);
	s->queued = (headers_read(json, headers_len, &stored) &&
			    redrive_headers(&stored, headers, &n)) ||
		    err_set(&s->why, ERR_INVALID, "its stored headers cannot be read");
	s->queued = s->queued && bus_produce_for(a->bus, &s->delivery, db_text(rows, i, 1), key,
					 key_len, payload, len, headers, n, &s->why);
	headers_done(&stored);
}

static void redrive_wait(struct admin *a, struct sending *s)
{
	if (s->queued && !bus_wait(a->bus, &s->delivery, &s->why))
		err_wrap(&s->why, "too large for the topic, or not allowed");
}

/* What did not go is sent again by itself: Kafka refuses a whole batch for one of its messages.
 * False when it is no refusal, which comes at once, but Kafka that is away. */
static bool redrive_alone(
	struct admin *a, const struct db_result *rows, int i, struct sending *s, struct err *e)
{
	if (s->why.code == ERR_NONE || !s->queued)
		return true;
	if (s->why.code == ERR_FATAL || !bus_ping(a->bus, REFUSED_MS, e))
		return err_set(e, s->why.code, "%s", s->why.text);
	int64_t began = clock_monotonic();
	redrive_row(a, rows, i, s);
	redrive_wait(a, s);
	return s->why.code == ERR_NONE || s->why.code == ERR_INVALID ||
	       (s->why.code == ERR_RETRY &&
		       clock_monotonic() - began < REFUSED_MS * INT64_C(1000)) ||
	       err_set(e, s->why.code, "%s", s->why.text);
}

struct redrive {
	struct db_value reason, source, id;
	int64_t after, last; /* ids: done so far, and the newest of when it began, so that new
				rejections end nothing */
	int64_t all, done, skipped, page;
};

static void redrive_skip(struct progress *progress, struct redrive *r, const struct db_result *rows,
	int i, const struct sending *s)
{
	progress_clear(progress);
	fprintf(stderr,
		"rejection %" PRId64 " (%s, partition %" PRId64 ", offset %" PRId64
		") is not published: %s\n",
		db_int(rows, i, 0), db_text(rows, i, 1), db_int(rows, i, 5), db_int(rows, i, 6),
		s->why.text);
	r->skipped++;
}

/* Publishes a page and gathers the ids of what Kafka has acknowledged. False when it cannot go on;
 * what is gathered by then counts. */
static bool redrive_publish(struct admin *a, struct redrive *r, const struct db_result *rows,
	struct db_array *ids, struct err *e)
{
	struct sending *list = calloc((size_t)db_rows(rows) + 1, sizeof *list);
	bool ok = list || err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; list && i < db_rows(rows); i++)
		redrive_row(a, rows, i, &list[i]);
	for (int i = 0; list && i < db_rows(rows); i++) {
		redrive_wait(a, &list[i]);
		ok = ok && redrive_alone(a, rows, i, &list[i], e);
		if (list[i].why.code == ERR_NONE)
			ok = (db_array_add(ids, DB_INT8(db_int(rows, i, 0))) ||
				     err_set(e, ERR_FATAL, "out of memory")) &&
			     ok;
		else if (ok)
			redrive_skip(&a->progress, r, rows, i, &list[i]);
	}
	free(list);
	return ok;
}

static bool redrive_count(
	struct admin *a, struct redrive *r, const struct arguments *args, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	if (!db_exec(a->db, STORE_REJECTED_LAST, &rows, e, r->reason, r->source, r->id))
		return false;
	r->last = db_int(rows, 0, 0);
	r->all = db_int(rows, 0, 1);
	if (r->all == 0 && args->option[REDRIVE_ID])
		return err_set(
			e, ERR_NOT_FOUND, "there is no rejection %s", args->option[REDRIVE_ID]);
	if (args->option[REDRIVE_LIMIT] && args->number[REDRIVE_LIMIT] < r->all)
		r->all = args->number[REDRIVE_LIMIT];
	return true;
}

/* A page in a transaction: published, and what is acknowledged marked, even when it cannot go on
 * after that. *n: how many it had. */
static bool redrive_page(struct admin *a, struct redrive *r, int *n, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL, *marked = NULL;
	struct db_array ids;
	struct err stopped = {0};
	int64_t left = r->all - r->done - r->skipped, most = left < r->page ? left : r->page;
	db_array_init(&ids, DB_K_INT8);
	bool ok = db_begin(a->db, e) &&
		  db_exec(a->db, STORE_REJECTED_PAGE, &rows, e, r->reason, r->source, r->id,
			  DB_INT8(r->after), DB_INT8(r->last), DB_INT8(most));
	*n = db_rows(rows);
	if (ok && *n)
		redrive_publish(a, r, rows, &ids, &stopped);
	ok = ok && db_exec(a->db, STORE_REJECTED_DONE, &marked, e, db_array_value(&ids)) &&
	     db_commit(a->db, e);
	db_rollback(a->db);
	db_array_done(&ids);
	if (ok && *n) {
		r->after = db_int(rows, *n - 1, 0);
		r->done += db_affected(marked);
		progress_tell(&a->progress, "%" PRId64 " of %" PRId64 " published again", r->done,
			r->all);
	}
	return ok && (stopped.code == ERR_NONE || err_set(e, stopped.code, "%s", stopped.text));
}

bool redrive_run(struct admin *a, const struct arguments *args, struct err *e)
{
	const char *reason = args->option[REDRIVE_REASON];
	struct redrive r = {
		.reason = DB_TEXT(reason),
		.source = DB_TEXT(args->option[REDRIVE_SOURCE]),
		.id = args->option[REDRIVE_ID] ? DB_INT8(args->number[REDRIVE_ID]) : DB_NULL,
		.page = reason && reason_parse(reason) == REASON_TOO_LARGE ? PAGE_OF_LARGE : PAGE,
	};
	bool ok = admin_kafka(a, e) && redrive_count(a, &r, args, e);
	for (int n = 1; ok && n > 0 && r.done + r.skipped < r.all;)
		ok = redrive_page(a, &r, &n, e);
	progress_clear(&a->progress);
	if (ok || r.done)
		printf("%" PRId64 " published again\n", r.done);
	return ok &&
	       (r.skipped == 0 || err_set(e, ERR_CONFLICT,
					  "%" PRId64 " cannot be published: see above", r.skipped));
}
