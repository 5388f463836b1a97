#include "publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emit.h"
#include "store.h"

static bool publish_rows(struct admin *a, const struct db_result *rows, struct db_array *ids, struct err *e)
{
	char trace[TRACE_TEXT];
	trace_next(NULL, 0, trace);
	for (int i = 0; i < db_rows(rows); i++) {
		const char *message = db_text(rows, i, 2);
		const struct emit_message m = {.topic = "terukur.registry.changed",
			.key = db_text(rows, i, 1),
			.data = message,
			.len = strlen(message),
			.trace = trace};
		if (!emit(a->bus, "admin", &m, e))
			return false;
		if (!db_array_add(ids, DB_INT8(db_int(rows, i, 0))))
			return err_set(e, ERR_FATAL, "out of memory");
	}
	return bus_flush(a->bus, e) && db_exec(a->db, STORE_OUTBOX_DELETE, NULL, e, db_array_value(ids));
}

/* One page in a transaction that keeps other commands away from its rows; *n: how many it had. */
static bool publish_page(struct admin *a, int *n, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	struct db_array ids;
	db_array_init(&ids, DB_K_INT8);
	bool ok = admin_begin_registry(a, e) && db_run(a->db, STORE_OUTBOX_PAGE, NULL, 0, &rows, e) &&
		  (db_rows(rows) == 0 || publish_rows(a, rows, &ids, e)) && db_commit(a->db, e);
	if (!ok)
		db_rollback(a->db);
	*n = db_rows(rows);
	db_array_done(&ids);
	return ok;
}

bool publish_outbox(struct admin *a, int64_t *said, struct err *e)
{
	if (!admin_kafka(a, e))
		return false;
	for (int n = 1; n > 0; *said += n)
		if (!publish_page(a, &n, e))
			return err_wrap(e,
				"the registry is stored, but not all of it is said yet (admin registry publish goes on)");
	return true;
}

bool registry_publish(struct admin *a, const struct arguments *args, struct err *e)
{
	(void)args;
	int64_t said = 0;
	if (!publish_outbox(a, &said, e))
		return false;
	printf("%" PRId64 " notices published\n", said);
	return true;
}
