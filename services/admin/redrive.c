#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "event.h"
#include "headers.h"
#include "store.h"

/* A page is held in memory whole; what is too large can be megabytes each. */
enum { PAGE = 500, PAGE_OF_LARGE = 20 };

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
		out[i] = (struct bus_header){stored->list[i].name, stored->list[i].data, stored->list[i].len};
	return stored->n <= HEADERS_MOST;
}

/* One rejected message, as it came: topic, key, headers, bytes. */
static bool redrive_row(struct admin *a, const struct db_result *rows, int i, struct err *e)
{
	size_t key_len, headers_len, len, n = 0;
	const void *key = db_bytes(rows, i, 2, &key_len), *json = db_bytes(rows, i, 3, &headers_len);
	const void *payload = db_bytes(rows, i, 4, &len);
	struct bus_header headers[HEADERS_MOST];
	struct stored_headers stored;
	bool ok = (headers_read(json, headers_len, &stored) && redrive_headers(&stored, headers, &n)) ||
		  err_set(e, ERR_FATAL, "the stored headers of rejection %" PRId64 " cannot be read",
			  db_int(rows, i, 0));
	ok = ok && bus_produce(a->bus, db_text(rows, i, 1), key, key_len, payload, len, headers, n, e);
	headers_done(&stored);
	return ok;
}

static bool redrive_rows(struct admin *a, const struct db_result *rows, struct err *e)
{
	struct db_array ids;
	db_array_init(&ids, DB_K_INT8);
	bool ok = true;
	for (int i = 0; ok && i < db_rows(rows); i++)
		ok = redrive_row(a, rows, i, e) && (db_array_add(&ids, DB_INT8(db_int(rows, i, 0))) ||
							   err_set(e, ERR_FATAL, "out of memory"));
	ok = ok && bus_flush(a->bus, e) && db_exec(a->db, STORE_REJECTED_DONE, NULL, e, db_array_value(&ids));
	db_array_done(&ids);
	return ok;
}

struct redrive {
	struct db_value reason, source, id;
	int64_t after,
		last; /* ids: done so far, and the newest of when it began, so that new rejections end nothing */
	int64_t all, done, page;
};

static bool redrive_count(struct admin *a, struct redrive *r, const struct arguments *args, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	if (!db_exec(a->db, STORE_REJECTED_LAST, &rows, e, r->reason, r->source, r->id))
		return false;
	r->last = db_int(rows, 0, 0);
	r->all = db_int(rows, 0, 1);
	if (r->all == 0 && args->option[REDRIVE_ID])
		return err_set(e, ERR_NOT_FOUND, "there is no rejection %s", args->option[REDRIVE_ID]);
	if (args->option[REDRIVE_LIMIT] && args->number[REDRIVE_LIMIT] < r->all)
		r->all = args->number[REDRIVE_LIMIT];
	return true;
}

/* A page in a transaction: published, acknowledged, marked. *n: how many it had. */
static bool redrive_page(struct admin *a, struct redrive *r, int *n, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	int64_t most = r->all - r->done < r->page ? r->all - r->done : r->page;
	bool ok = db_begin(a->db, e) && db_exec(a->db, STORE_REJECTED_PAGE, &rows, e, r->reason, r->source,
						r->id, DB_INT8(r->after), DB_INT8(r->last), DB_INT8(most));
	*n = db_rows(rows);
	ok = ok && (*n == 0 || redrive_rows(a, rows, e)) && db_commit(a->db, e);
	db_rollback(a->db);
	if (ok && *n) {
		r->after = db_int(rows, *n - 1, 0);
		r->done += *n;
		fprintf(stderr, "%" PRId64 " of %" PRId64 " published again\n", r->done, r->all);
	}
	return ok;
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
	for (int n = 1; ok && n > 0 && r.done < r.all;)
		ok = redrive_page(a, &r, &n, e);
	if (ok || r.done)
		printf("%" PRId64 " published again\n", r.done);
	return ok;
}
