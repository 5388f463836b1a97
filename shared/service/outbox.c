#include "service/outbox.h"

#include "base/log.h"
#include "base/metrics.h"
#include "service/service_private.h"

struct saying {
	struct db *db;
	struct bus_producer *bus;
	const struct outbox *outbox;
	bool (*say)(void *arg, const struct db_result *rows, int i, struct err *e);
	void *arg;
};

static bool outbox_say(
	const struct saying *s, const struct db_result *rows, int first, int end, struct err *e)
{
	bool ok = true;
	for (int i = first; ok && i < end; i++)
		ok = s->say(s->arg, rows, i, e);
	return ok && bus_flush(s->bus, e);
}

static bool outbox_blames(const struct err *e)
{
	return e->code != ERR_RETRY && e->code != ERR_FATAL;
}

/* One by one, since the brokers refuse with one all that travel beside it. */
static bool outbox_say_each(const struct saying *s, const struct db_result *rows, struct err *e)
{
	for (int i = 0; i < db_rows(rows); i++) {
		struct err why = {0};
		if (outbox_say(s, rows, i, i + 1, &why))
			continue;
		if (!outbox_blames(&why))
			return err_set(e, why.code, "%s", why.text);
		log_error("message given up", &why, LOG_S("outbox", s->outbox->name),
			LOG_I("id", db_int(rows, i, 0)));
		metric_add(service_skeleton_metric(SKELETON_REFUSED), 0, 1);
	}
	return true;
}

static bool outbox_done(const struct saying *s, const struct db_result *rows, struct err *e)
{
	struct db_array ids;
	bool ok = true;
	db_array_init(&ids, DB_K_INT8);
	for (int i = 0; i < db_rows(rows); i++)
		ok = db_array_add(&ids, DB_INT8(db_int(rows, i, 0))) && ok;
	ok = ok ? db_exec(s->db, s->outbox->done, NULL, e, db_array_value(&ids))
		: err_set(e, ERR_FATAL, "out of memory");
	db_array_done(&ids);
	return ok;
}

static bool outbox_rows(const struct saying *s, const struct db_result *rows, struct err *e)
{
	struct err why = {0};
	bool ok = outbox_say(s, rows, 0, db_rows(rows), &why);
	if (!ok && !outbox_blames(&why))
		return err_set(e, why.code, "%s", why.text);
	return (ok || outbox_say_each(s, rows, e)) && outbox_done(s, rows, e);
}

/* One page; *n: how many rows it had. */
static bool outbox_page(const struct saying *s, int *n, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	bool ok = db_begin(s->db, e) &&
		  (!s->outbox->begin || db_script(s->db, s->outbox->begin, e)) &&
		  db_run(s->db, s->outbox->page, NULL, 0, &rows, e) &&
		  (db_rows(rows) == 0 || outbox_rows(s, rows, e)) && db_commit(s->db, e);
	if (!ok)
		db_rollback(s->db);
	*n = db_rows(rows);
	return ok;
}

bool outbox_publish(struct db *db, struct bus_producer *bus, const struct outbox *o,
	bool (*say)(void *arg, const struct db_result *rows, int i, struct err *e), void *arg,
	int64_t *said, struct err *e)
{
	const struct saying s = {db, bus, o, say, arg};
	for (int n = 1; n > 0;) {
		if (!outbox_page(&s, &n, e))
			return false;
		if (said)
			*said += n;
	}
	return true;
}
