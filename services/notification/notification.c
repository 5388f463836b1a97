#include "notification.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "digests.h"
#include "look.h"
#include "messages/score_changed.h"
#include "publish.h"
#include "service/retention.h"
#include "store.h"

enum { RUN_SECONDS = 20 }; /* then the loop shows that it lives */

/* Scores that changed */

bool notification_handle(struct worker *w, const struct bus_message *messages, int n, struct err *e)
{
	const struct notification_settings *x = notification_settings(w);
	int64_t now = clock_now(), quiet = x->quiet_seconds * CLOCK_SECOND;
	struct store_marks marks;
	store_marks_init(&marks);
	bool ok = true;
	for (int i = 0; ok && i < n; i++) {
		struct score_changed key;
		if (score_changed_read(messages[i].key, messages[i].key_len, &key))
			ok = store_marks_add(&marks, key.person, key.period_text,
				     feedback_due(key.period, now, quiet),
				     feedback_ended(key.period, now)) ||
			     err_set(e, ERR_FATAL, "out of memory");
		else
			worker_pass_over(w, &messages[i], "its key names no score");
	}
	const struct store_late late = {.due = now + x->digest_quiet_seconds * CLOCK_SECOND,
		.slack_ms = (int32_t)(x->digest_quiet_seconds * 1000 / 2)};
	ok = ok && store_mark(w->db, &marks, (int32_t)(x->quiet_seconds * 1000 / 2), &late, e);
	store_marks_done(&marks);
	return ok;
}

/* Looking at what is due */

struct told {
	const struct db_result *rows; /* person, indicator */
	const uint8_t *person;
};

static bool was_told(void *arg, const char *indicator)
{
	const struct told *t = arg;
	for (int i = 0; i < db_rows(t->rows); i++)
		if (memcmp(db_uuid(t->rows, i, 0), t->person, DIGEST_KEY) == 0 &&
			strcmp(db_text(t->rows, i, 1), indicator) == 0)
			return true;
	return false;
}

static bool look_at_pace(const struct look *l, const struct pace_rules *rules, int row,
	const struct feedback_context *c, const struct facts *f, struct feedback *out,
	struct err *e)
{
	struct told told = {l->earlier, db_uuid(l->due, row, 0)};
	const struct service_days days = {.today = clock_date(l->now),
		.elapsed = (int32_t)db_int(l->scores, row, 1),
		.total = (int32_t)db_int(l->scores, row, 2)};
	return feedback_pace(c, f, &days, rules, was_told, &told, out) ||
	       err_set(e, ERR_FATAL, "out of memory");
}

/* Sets *told to what is told by now; NULL when there is nothing to tell. The caller frees it. */
static bool look_at_end(const struct look *l, int row, const struct feedback_context *c,
	const struct facts *f, struct feedback *out, char **told, struct err *e)
{
	json_auto_t *before = look_told(l, row);
	bool ok = feedback_closed(c, f, before, look_revision(l, row, f), out) &&
		  (out->n == 0 || (*told = feedback_ratings_text(f)) != NULL);
	return ok || err_set(e, ERR_FATAL, "out of memory");
}

static bool look_at_row(struct look *l, const struct pace_rules *rules, int row, struct err *e)
{
	struct feedback_context c = look_context(l);
	struct feedback out = {0};
	struct facts f = {0};
	char *told = NULL;
	bool readable = look_read(l, row, &c.period, &f), ok = true;
	int64_t next = readable ? feedback_next(c.period, l->now) : 0;
	if (readable && next == 0)
		ok = look_at_end(l, row, &c, &f, &out, &told, e);
	else if (f.root && clock_date(l->now) <= period_last_day(c.period))
		ok = look_at_pace(l, rules, row, &c, &f, &out, e);
	ok = ok && look_keep(l, row, next, told, &f, e) &&
	     look_tell(l, row, db_text(l->due, row, 1), &out, e);
	free(told);
	feedback_done(&out);
	facts_done(&f);
	return ok;
}

static bool look_at_all(struct worker *w, struct look *l, struct err *e)
{
	const struct notification_settings *x = notification_settings(w);
	const struct pace_rules rules = {(int32_t)x->pace_tolerance, (int32_t)x->pace_after_days};
	for (int i = 0; i < db_rows(l->due); i++)
		if (!look_at_row(l, &rules, i, e))
			return false;
	return true;
}

/* One transaction: the rows stay locked from before their scores are read until what came of them
 * is written. */
static bool look_once(struct worker *w, int *n, struct err *e)
{
	struct look l;
	look_init(&l);
	bool ok = db_begin(w->db, e) && store_due(w->db, l.now, &l.due, e);
	*n = db_rows(l.due);
	if (ok && *n)
		ok = look_load(w, &l, store_paces_told, e) && look_at_all(w, &l, e);
	ok = ok && look_commit(w, &l, false, e);
	if (!ok)
		db_rollback(w->db);
	look_done(&l);
	return ok;
}

bool notification_open(struct worker *w, struct err *e)
{
	w->state = calloc(1, sizeof(int32_t)); /* see retention_keep */
	return w->state || err_set(e, ERR_FATAL, "out of memory");
}

bool notification_look(struct worker *w, struct err *e)
{
	int64_t until = clock_monotonic() + RUN_SECONDS * CLOCK_SECOND;
	for (int n = 1, m = 0; n + m > 0 && !service_stopping() && clock_monotonic() < until;)
		if (!look_once(w, &n, e) || !digest_once(w, &m, e) || !publish_sent(w, e))
			return false;
	const struct retention rule = {store_forget_read, notification_settings(w)->keep_read_days};
	return retention_keep(w, &rule, 1, w->state, e);
}
