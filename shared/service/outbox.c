#include "service/outbox.h"

struct saying {
	struct db *db;
	struct bus_producer *bus;
	const struct outbox *outbox;
	bool (*say)(void *arg, const struct db_result *rows, int i, struct err *e);
	void *arg;
};

static bool outbox_say(const struct saying *s, const struct db_result *rows, struct err *e)
{
	struct db_array ids;
	bool ok = true;
	db_array_init(&ids, DB_K_INT8);
	for (int i = 0; ok && i < db_rows(rows); i++)
		ok = s->say(s->arg, rows, i, e) &&
		     (db_array_add(&ids, DB_INT8(db_int(rows, i, 0))) ||
			     err_set(e, ERR_FATAL, "out of memory"));
	ok = ok && bus_flush(s->bus, e) &&
	     db_exec(s->db, s->outbox->done, NULL, e, db_array_value(&ids));
	db_array_done(&ids);
	return ok;
}

/* One page; *n: how many rows it had. */
static bool outbox_page(const struct saying *s, int *n, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	bool ok = db_begin(s->db, e) &&
		  (!s->outbox->begin || db_script(s->db, s->outbox->begin, e)) &&
		  db_run(s->db, s->outbox->page, NULL, 0, &rows, e) &&
		  (db_rows(rows) == 0 || outbox_say(s, rows, e)) && db_commit(s->db, e);
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
