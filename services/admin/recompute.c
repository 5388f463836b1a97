#include <inttypes.h>
#include <stdio.h>

#include "admin.h"
#include "base/period.h"
#include "people.h"
#include "publish.h"
#include "status.h"
#include "store.h"

bool recompute_check(const struct arguments *args, struct err *e)
{
	struct period period;
	if (args->option[RECOMPUTE_PERIOD] &&
		!period_parse(args->option[RECOMPUTE_PERIOD], &period))
		return err_set(e, ERR_INVALID,
			"--period is a month, quarter or year: 2026-03, 2026-Q1, 2026");
	return true;
}

/* Notes in the outbox what is to be made anew; *n: how much. */
static bool recompute_note(struct admin *a, const struct arguments *args, int64_t *n, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	struct db_array people;
	const char *period = args->option[RECOMPUTE_PERIOD];
	db_array_init(&people, DB_K_UUID);
	bool ok = db_begin(a->db, e) &&
		  (args->n_rest == 0 || people_find(a, args->rest, args->n_rest, &people, e));
	struct db_value whom = args->n_rest ? db_array_value(&people) : DB_NULL;
	ok = ok && (period ? db_exec(a->db, STORE_RECOMPUTE_PERIOD, &rows, e, whom, DB_TEXT(period))
			   : db_exec(a->db, STORE_RECOMPUTE, &rows, e, whom));
	*n = db_affected(rows);
	ok = ok && db_commit(a->db, e);
	db_rollback(a->db);
	db_array_done(&people);
	return ok;
}

bool recompute_run(struct admin *a, const struct arguments *args, struct err *e)
{
	int64_t n, said = 0;
	if (!admin_kafka(a, e) || !recompute_note(a, args, &n, e) || !publish_outbox(a, &said, e))
		return false;
	if (args->option[RECOMPUTE_PERIOD])
		printf("people to be made anew: %" PRId64 "\n", n);
	else
		printf("years of people to be made anew: %" PRId64 "\n", n);
	fflush(stdout);
	return !args->option[RECOMPUTE_WAIT] || status_wait(a, args->number[RECOMPUTE_WAIT], e);
}
