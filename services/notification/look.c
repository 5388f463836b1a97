#include "look.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define WEEK (7 * CLOCK_DAY)

void look_init(struct look *l)
{
	*l = (struct look){.now = clock_now()};
	store_looked_init(&l->done);
}

void look_done(struct look *l)
{
	db_result_free(l->due);
	db_result_free(l->scores);
	db_result_free(l->indicators);
	db_result_free(l->earlier);
	free(l->list);
	store_looked_done(&l->done);
}

static struct indicator indicator_of(const struct db_result *r, int i)
{
	struct indicator x = {.code = db_text(r, i, 0),
		.names = {[LANGUAGE_ID] = db_text(r, i, 1), [LANGUAGE_EN] = db_text(r, i, 2)},
		.units = {[LANGUAGE_ID] = db_text(r, i, 3), [LANGUAGE_EN] = db_text(r, i, 4)},
		.measure = MEASURES};
	score_measure_parse(db_text(r, i, 5), &x.measure);
	score_direction_parse(db_text(r, i, 6), &x.direction);
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

static bool columns_of(const struct look *l, struct db_array *people, struct db_array *periods)
{
	db_array_init(people, DB_K_UUID);
	db_array_init(periods, DB_K_TEXT);
	bool ok = true;
	for (int i = 0; ok && i < db_rows(l->due); i++)
		ok = db_array_add(people, DB_UUID(db_uuid(l->due, i, 0))) &&
		     db_array_add(periods, DB_TEXT(db_text(l->due, i, 1)));
	return ok;
}

bool look_load(struct worker *w, struct look *l, store_earlier *earlier, struct err *e)
{
	struct db_array people, periods;
	bool ok = columns_of(l, &people, &periods) || err_set(e, ERR_FATAL, "out of memory");
	ok = ok && store_scores(w->db, &people, &periods, clock_date(l->now), &l->scores, e) &&
	     store_indicators(w->db, &l->indicators, e) && take_indicators(l, e) &&
	     earlier(w->db, &people, l->now - WEEK, &l->earlier, e);
	db_array_done(&people);
	db_array_done(&periods);
	return ok;
}

struct feedback_context look_context(const struct look *l)
{
	return (struct feedback_context){
		.indicators = l->list, .n_indicators = (size_t)db_rows(l->indicators)};
}

bool look_read(const struct look *l, int row, struct period *period, struct facts *out)
{
	const char *text = db_text(l->due, row, 1);
	const char *body = db_is_null(l->scores, row, 0) ? NULL : db_text(l->scores, row, 0);
	bool ok = period_parse(text, period) && (!body || facts_read(body, strlen(body), out));
	if (!ok)
		log_warn("a score could not be read", LOG_S("period", text));
	return ok;
}

json_t *look_told(const struct look *l, int row)
{
	return db_is_null(l->due, row, 2) ? NULL : json_loads(db_text(l->due, row, 2), 0, NULL);
}

int64_t look_revision(const struct look *l, int row, const struct facts *f)
{
	return f->root ? f->revision : db_int(l->due, row, 3);
}

bool look_keep(struct look *l, int row, int64_t due, const char *told, const struct facts *f,
	struct err *e)
{
	return store_looked_row(&l->done, db_uuid(l->due, row, 0), db_text(l->due, row, 1), due,
		       told, look_revision(l, row, f)) ||
	       err_set(e, ERR_FATAL, "out of memory");
}

bool look_tell(
	struct look *l, int row, const char *period, const struct feedback *messages, struct err *e)
{
	for (size_t i = 0; i < messages->n; i++)
		if (!store_looked_message(
			    &l->done, db_uuid(l->due, row, 0), period, &messages->list[i]))
			return err_set(e, ERR_FATAL, "out of memory");
	return true;
}

bool look_commit(struct worker *w, struct look *l, bool digests, struct err *e)
{
	int64_t told[MESSAGES] = {0};
	const struct store_telling how = {
		.now = l->now, .digests = digests, .email = notification_settings(w)->email};
	if (!store_look_done(w->db, &l->done, &how, told, e) || !db_commit(w->db, e))
		return false;
	for (int kind = 0; kind < MESSAGES; kind++)
		metric_add(service_metric_base() + NOTIFICATION_MESSAGES, kind, (double)told[kind]);
	return true;
}
