#include "service/retention.h"

#include "base/clock.h"

enum { STEP_ROWS = 1000, STEPS = 10 };

/* *more: there may be older rows yet. */
static bool forget_some(struct worker *w, const struct retention *rule, bool *more, struct err *e)
{
	int64_t before = clock_now() - rule->days * CLOCK_DAY, went = STEP_ROWS;
	for (int i = 0; i < STEPS && went >= STEP_ROWS && !service_stopping(); i++) {
		DB_RESULT_AUTO *r = NULL;
		if (!db_exec(w->db, rule->statement, &r, e, DB_TIME(before), DB_INT4(STEP_ROWS)))
			return false;
		went = db_int(r, 0, 0);
		worker_progress(w);
	}
	*more = went >= STEP_ROWS;
	return true;
}

bool retention_keep(
	struct worker *w, const struct retention *rules, size_t n, int32_t *day, struct err *e)
{
	int32_t today = clock_date(clock_now());
	bool more = false;
	if (*day == today)
		return true;
	for (size_t i = 0; i < n && !more; i++)
		if (rules[i].days && !forget_some(w, &rules[i], &more, e))
			return false;
	if (!more)
		*day = today;
	return true;
}
