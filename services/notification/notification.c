#include "notification.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "messages/score_changed.h"
#include "publish.h"
#include "store.h"

#define WEEK (7 * CLOCK_DAY)
enum { RUN_SECONDS = 20 }; /* then the loop shows that it lives */

/* Scores that changed */

bool notification_handle(struct worker *w, const struct bus_message *messages, int n, struct err *e)
{
	int64_t now = clock_now(), quiet = notification_settings(w)->quiet_seconds * CLOCK_SECOND;
	struct store_marks marks;
	store_marks_init(&marks);
	bool ok = true;
	for (int i = 0; ok && i < n; i++) {
		struct score_changed key;
		if (score_changed_read(messages[i].key, messages[i].key_len, &key))
			ok = store_marks_add(&marks, key.person, key.period_text,
				     feedback_due(key.period, now, quiet)) ||
			     err_set(e, ERR_FATAL, "out of memory");
		else
			worker_pass_over(w, &messages[i], "its key names no score");
	}
	ok = ok && store_mark(w->db, &marks, (int32_t)(quiet / CLOCK_SECOND * 1000 / 2), e);
	store_marks_done(&marks);
	return ok;
}

/* Looking at what is due */

struct look {
	int64_t now;
	struct pace_rules rules;
	struct db_result *due, *scores, *indicators, *told;
	struct indicator *list; /* texts borrowed from `indicators` */
	struct store_looked done;
};

static void look_done(struct look *l)
{
	db_result_free(l->due);
	db_result_free(l->scores);
	db_result_free(l->indicators);
	db_result_free(l->told);
	free(l->list);
	store_looked_done(&l->done);
}

static struct indicator indicator_of(const struct db_result *r, int i)
{
	struct indicator x = {.code = db_text(r, i, 0),
		.names = {[LANGUAGE_ID] = db_text(r, i, 1), [LANGUAGE_EN] = db_text(r, i, 2)},
		.unit = db_text(r, i, 3),
		.measure = MEASURES};
	score_measure_parse(db_text(r, i, 4), &x.measure);
	score_direction_parse(db_text(r, i, 5), &x.direction);
	return x;
}

static bool take_indicators(struct look *l, struct err *e)
{
	int n = db_rows(l->indicators);
	l->list = calloc((size_t)n + 1, sizeof *l->list);
	if (!l->list)
		return err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; i < n; i++)
		l->list[i] = indicator_of(l->indicators, i);
	return true;
}

static bool columns_of(
	const struct db_result *due, struct db_array *people, struct db_array *periods)
{
	db_array_init(people, DB_K_UUID);
	db_array_init(periods, DB_K_TEXT);
	bool ok = true;
	for (int i = 0; ok && i < db_rows(due); i++)
		ok = db_array_add(people, DB_UUID(db_uuid(due, i, 0))) &&
		     db_array_add(periods, DB_TEXT(db_text(due, i, 1)));
	return ok;
}

/* Everything that stands behind the rows, read after they were locked. */
static bool load(struct worker *w, struct look *l, struct err *e)
{
	struct db_array people, periods;
	bool ok = columns_of(l->due, &people, &periods) || err_set(e, ERR_FATAL, "out of memory");
	ok = ok && store_scores(w->db, &people, &periods, clock_date(l->now), &l->scores, e) &&
	     store_indicators(w->db, &l->indicators, e) && take_indicators(l, e) &&
	     store_paces_told(w->db, &people, l->now - WEEK, &l->told, e);
	db_array_done(&people);
	db_array_done(&periods);
	return ok;
}

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

static bool look_at_pace(const struct look *l, int row, const struct feedback_context *c,
	const struct facts *f, struct feedback *out, struct err *e)
{
	struct told told = {l->told, db_uuid(l->due, row, 0)};
	const struct service_days days = {.today = clock_date(l->now),
		.elapsed = (int32_t)db_int(l->scores, row, 1),
		.total = (int32_t)db_int(l->scores, row, 2)};
	return feedback_pace(c, f, &days, &l->rules, was_told, &told, out) ||
	       err_set(e, ERR_FATAL, "out of memory");
}

/* Sets *told to the ratings that are told by now; NULL when nothing has changed. The caller frees
 * it. */
static bool look_at_end(const struct look *l, int row, const struct feedback_context *c,
	const struct facts *f, struct feedback *out, char **told, struct err *e)
{
	json_auto_t *before =
		db_is_null(l->due, row, 2) ? NULL : json_loads(db_text(l->due, row, 2), 0, NULL);
	int64_t revision = f->root ? f->revision : db_int(l->due, row, 3);
	bool ok = feedback_closed(c, f, before, revision, out);
	if (ok && out->n) {
		json_auto_t *ratings = feedback_ratings(f);
		*told = json_dumps(ratings, JSON_COMPACT);
		ok = *told != NULL;
	}
	return ok || err_set(e, ERR_FATAL, "out of memory");
}

static bool keep(struct look *l, int row, const struct facts *f, int64_t due, const char *told,
	const struct feedback *out, struct err *e)
{
	const uint8_t *person = db_uuid(l->due, row, 0);
	const char *period = db_text(l->due, row, 1);
	int64_t revision = f->root ? f->revision : db_int(l->due, row, 3);
	bool ok = store_looked_row(&l->done, person, period, due, told, revision);
	for (size_t i = 0; ok && i < out->n; i++)
		ok = store_looked_message(&l->done, person, period, &out->list[i]);
	return ok || err_set(e, ERR_FATAL, "out of memory");
}

static bool look_at_row(struct look *l, int row, struct err *e)
{
	struct feedback_context c = {
		.indicators = l->list, .n_indicators = (size_t)db_rows(l->indicators)};
	struct feedback out = {0};
	struct facts f = {0};
	char *told = NULL;
	const char *body = db_is_null(l->scores, row, 0) ? NULL : db_text(l->scores, row, 0);
	bool readable = period_parse(db_text(l->due, row, 1), &c.period) &&
			(!body || facts_read(body, strlen(body), &f));
	int64_t next = readable ? feedback_next(c.period, l->now) : 0;
	bool ok = true;
	if (!readable)
		log_warn("a score could not be read", LOG_S("period", db_text(l->due, row, 1)));
	else if (next == 0)
		ok = look_at_end(l, row, &c, &f, &out, &told, e);
	else if (body && clock_date(l->now) <= period_last_day(c.period))
		ok = look_at_pace(l, row, &c, &f, &out, e);
	ok = ok && keep(l, row, &f, next, told, &out, e);
	free(told);
	feedback_done(&out);
	facts_done(&f);
	return ok;
}

static bool look_at_all(struct look *l, struct err *e)
{
	for (int i = 0; i < db_rows(l->due); i++)
		if (!look_at_row(l, i, e))
			return false;
	return true;
}

static void count(int64_t paces, int64_t closings)
{
	metric_add(service_metric_base() + NOTIFICATION_MESSAGES, MESSAGE_PACE, (double)paces);
	metric_add(service_metric_base() + NOTIFICATION_MESSAGES, MESSAGE_CLOSED, (double)closings);
}

/* One transaction: the rows stay locked from before their scores are read until what came of them
 * is written. */
static bool look_once(struct worker *w, int *n, struct err *e)
{
	const struct notification_settings *x = notification_settings(w);
	struct look l = {.now = clock_now(),
		.rules = {(int32_t)x->pace_tolerance, (int32_t)x->pace_after_days}};
	int64_t paces = 0, closings = 0;
	store_looked_init(&l.done);
	bool ok = db_begin(w->db, e) && store_due(w->db, l.now, &l.due, e);
	*n = db_rows(l.due);
	if (ok && *n)
		ok = load(w, &l, e) && look_at_all(&l, e) &&
		     store_look_done(w->db, &l.done, l.now, x->email, &paces, &closings, e);
	ok = ok && db_commit(w->db, e);
	if (ok)
		count(paces, closings);
	else
		db_rollback(w->db);
	look_done(&l);
	return ok;
}

bool notification_look(struct worker *w, struct err *e)
{
	int64_t until = clock_monotonic() + RUN_SECONDS * CLOCK_SECOND;
	for (int n = 1; n > 0 && !service_stopping() && clock_monotonic() < until;)
		if (!look_once(w, &n, e) || !publish_sent(w, e))
			return false;
	return true;
}
