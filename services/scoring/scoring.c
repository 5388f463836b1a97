#include "scoring.h"

#include <stdlib.h>
#include <string.h>

#include "appraisal/compute.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/period.h"
#include "gather.h"
#include "marks.h"
#include "messages/emit.h"
#include "messages/score_changed.h"
#include "messages/topics.h"
#include "store.h"

enum {
	CHUNK = 600
}; /* scores in one transaction: enough to share its cost, few enough to hold in memory */

struct scoring {
	struct snapshot_hold registry; /* of a struct roster */
};

bool scoring_open(struct worker *w, struct err *e)
{
	w->state = calloc(1, sizeof(struct scoring));
	return w->state || err_set(e, ERR_FATAL, "out of memory");
}

void scoring_close(struct worker *w)
{
	struct scoring *s = w->state;
	snapshot_release(w->registry, &s->registry);
	free(s);
}

static const struct roster *roster_of(const struct worker *w)
{
	const struct scoring *s = w->state;
	return s->registry.value;
}

/* Called under the people's locks: whoever changed the registry before had its marks taken before
 * or takes them after. */
static bool refresh(struct worker *w, struct err *e)
{
	struct scoring *s = w->state;
	return worker_registry(w, &s->registry, e);
}

/* Computing */

struct chunk {
	struct worker *w;
	const struct bus_message *messages; /* of the batch that asked for these */
	const struct mark *marks;
	size_t n;
	bool whole; /* all of what stands is looked at, and not only what it was said to say */
	struct db_array people; /* without repetition */
	struct compute_data data;
	struct db_result *standing;
	struct score_changes changes;
	int64_t computed, changed;
};

static bool change(struct chunk *c, const struct mark *m, const char *period,
	const struct computed_score *s, int64_t revision, struct err *e)
{
	c->changed++;
	return score_changes_add(&c->changes, m->person, period, revision, s) ||
	       err_set(e, ERR_FATAL, "out of memory");
}

/* Whether all of what stands in a row is what is computed, whatever its hash says. */
static bool is_sound(
	struct chunk *c, const struct mark *m, struct period p, int row, bool *sound, struct err *e)
{
	struct computed_score s;
	if (!compute_score(roster_of(c->w), &c->data, m->person, p, NULL,
		    db_int(c->standing, row, 2), &s, e))
		return false;
	*sound = compute_fault(c->standing, row, &s) == NULL;
	computed_score_done(&s);
	return true;
}

static bool compute_one(struct chunk *c, const struct mark *m, struct period p, struct err *e)
{
	char period[PERIOD_TEXT];
	struct computed_score s;
	int row = compute_standing_row(c->standing, m->person, period_format(p, period));
	const uint8_t *content =
		row >= 0 && !db_is_null(c->standing, row, 3) ? db_uuid(c->standing, row, 3) : NULL;
	int64_t revision = row >= 0 ? db_int(c->standing, row, 2) + 1 : 1;
	bool altered = c->whole && row >= 0, sound = false;
	c->computed++;
	if (altered && (!is_sound(c, m, p, row, &sound, e) || sound))
		return sound;
	if (!compute_score(roster_of(c->w), &c->data, m->person, p, altered ? NULL : content,
		    revision, &s, e))
		return false;
	bool ok =
		(!altered && compute_stands(&s, content)) || change(c, m, period, &s, revision, e);
	computed_score_done(&s);
	return ok;
}

static bool compute_all(struct chunk *c, struct err *e)
{
	bool ok = true;
	for (size_t i = 0; ok && i < c->n; i++) {
		struct period periods[PERIODS_OF_YEAR];
		period_all(c->marks[i].year, periods);
		for (int k = 0; ok && k < PERIODS_OF_YEAR; k++)
			if (c->marks[i].periods & 1u << k)
				ok = compute_one(c, &c->marks[i], periods[k], e);
	}
	return ok;
}

static void years_of(const struct chunk *c, int32_t *first, int32_t *last)
{
	*first = *last = c->marks[0].year;
	for (size_t i = 1; i < c->n; i++) {
		*first = c->marks[i].year < *first ? c->marks[i].year : *first;
		*last = c->marks[i].year > *last ? c->marks[i].year : *last;
	}
}

/* The evidence of the months whose totals do not say enough. */
static bool load_evidence(struct chunk *c, struct db_result **out, struct err *e)
{
	struct compute_wants wants;
	bool ok = true;
	compute_wants_init(&wants);
	for (size_t i = 0; ok && i < c->n; i++)
		ok = compute_want(&wants, roster_of(c->w), c->marks[i].person, c->marks[i].year);
	ok = ok || err_set(e, ERR_FATAL, "out of memory");
	ok = ok && (wants.n == 0 || scoring_evidence(c->w->db, &wants, out, e));
	compute_wants_done(&wants);
	return ok;
}

/* Where no indicator asks for them, no row is read. */
static bool load_answers(
	struct chunk *c, int32_t first, int32_t last, struct db_result **out, struct err *e)
{
	return !roster_asks_citizens(roster_of(c->w)) ||
	       scoring_answers(c->w->db, &c->people, clock_month_first(first * 12),
		       clock_month_first(last * 12 + 12) - 1, out, e);
}

/* What stands behind the people's scores, after the locks. */
static bool load(struct chunk *c, struct err *e)
{
	struct db *db = c->w->db;
	struct compute_rows rows = {0};
	int32_t first, last;
	years_of(c, &first, &last);
	if (!scoring_totals(db, &c->people, first * 12, last * 12 + 11, &rows.totals, e) ||
		!scoring_complete(db, &c->people, first * 12, last * 12 + 11, &rows.complete, e) ||
		!load_answers(c, first, last, &rows.answers, e) ||
		!load_evidence(c, &rows.evidence, e)) {
		compute_rows_done(&rows);
		return false;
	}
	return compute_take(roster_of(c->w), rows, &c->data, e) &&
	       scoring_standing(db, &c->people, c->whole, &c->standing, e);
}

static bool write(struct chunk *c, struct err *e)
{
	struct db *db = c->w->db;
	return db_begin(db, e) && scoring_ensure(db, &c->people, e) &&
	       scoring_lock(db, &c->people, e) && refresh(c->w, e) && load(c, e) &&
	       compute_all(c, e) &&
	       (c->changed == 0 || scoring_write(db, &c->changes, clock_now(), e)) &&
	       db_commit(db, e);
}

/* Publishing: under the locks until Kafka has acknowledged, so that no older revision comes after.
 */

/* The trace of the message that asked for a person's scores first: what comes of several events at
 * once goes on in the trace of one of them. `at` is where the person before was found. */
static void trace_for(
	const struct chunk *c, const uint8_t *person, size_t *at, char out[TRACE_TEXT])
{
	size_t len = 0;
	while (*at < c->n - 1 && memcmp(c->marks[*at].person, person, 16) != 0)
		++*at;
	const char *from = trace_of(&c->messages[c->marks[*at].by], &len);
	trace_next(from, len, out);
}

static bool say(
	struct worker *w, const struct db_result *r, int i, const char *trace, struct err *e)
{
	const struct emitter by = {.out = w->out, .service = w->service->name, .trace = trace};
	char person[DIGEST_UUID_TEXT], id[TRACE_ID_TEXT];
	if (log_enabled(LOG_DEBUG))
		log_debug("score said",
			LOG_S("person", digest_uuid_format(db_uuid(r, i, 0), person)),
			LOG_S("period", db_text(r, i, 1)),
			LOG_S("trace", trace_id(trace, strlen(trace), id)));
	return score_changed_emit(&by, db_uuid(r, i, 0), db_text(r, i, 1),
		db_is_null(r, i, 2) ? NULL : db_text(r, i, 2), e);
}

static bool say_all(const struct chunk *c, const struct db_result *r, struct err *e)
{
	char trace[TRACE_TEXT];
	size_t at = 0;
	bool ok = true;
	for (int i = 0; ok && i < db_rows(r); i++) {
		if (i == 0 || memcmp(db_uuid(r, i - 1, 0), db_uuid(r, i, 0), 16) != 0)
			trace_for(c, db_uuid(r, i, 0), &at, trace);
		ok = say(c->w, r, i, trace, e);
	}
	return ok;
}

static bool publish(struct chunk *c, struct err *e)
{
	struct worker *w = c->w;
	DB_RESULT_AUTO *r = NULL;
	bool ok = db_begin(w->db, e) && scoring_lock(w->db, &c->people, e) &&
		  scoring_unpublished(w->db, &c->people, &r, e) && say_all(c, r, e) &&
		  bus_flush(w->out, e) &&
		  (db_rows(r) == 0 || scoring_published(w->db, &c->people, e)) &&
		  db_commit(w->db, e);
	if (!ok)
		db_rollback(w->db);
	return ok;
}

static bool people_of(struct chunk *c, struct err *e)
{
	db_array_init(&c->people, DB_K_UUID);
	for (size_t i = 0; i < c->n; i++)
		if ((i == 0 || memcmp(c->marks[i - 1].person, c->marks[i].person, 16) != 0) &&
			!db_array_add(&c->people, DB_UUID(c->marks[i].person)))
			return err_set(e, ERR_FATAL, "out of memory");
	return true;
}

/* What an operator asks for mends whatever it finds. */
static bool whole(const struct bus_message *of)
{
	return topic_is(of, TOPIC_REGISTRY_CHANGED);
}

static bool score_chunk(struct worker *w, const struct bus_message *messages,
	const struct mark *marks, size_t n, struct err *e)
{
	struct chunk c = {
		.w = w, .messages = messages, .marks = marks, .n = n, .whole = whole(messages)};
	score_changes_init(&c.changes);
	bool ok = people_of(&c, e) && write(&c, e);
	if (!ok)
		db_rollback(w->db);
	ok = ok && publish(&c, e);
	if (ok) {
		metric_add(service_metric_base() + SCORING_COMPUTED, 0, (double)c.computed);
		metric_add(service_metric_base() + SCORING_CHANGED, 0, (double)c.changed);
	}
	score_changes_done(&c.changes);
	compute_data_done(&c.data);
	db_result_free(c.standing);
	db_array_done(&c.people);
	return ok;
}

/* How many marks from `first` on make about CHUNK scores; at least one, and all of a person's. */
static size_t chunk_of(const struct marks *m, size_t first)
{
	size_t i = first;
	for (int scores = 0; i < m->n; i++) {
		bool same = i > first && memcmp(m->list[i].person, m->list[i - 1].person, 16) == 0;
		if (scores >= CHUNK && !same)
			break;
		scores += __builtin_popcount(m->list[i].periods);
	}
	return i - first;
}

bool scoring_handle(struct worker *w, const struct bus_message *messages, int n, struct err *e)
{
	struct marks marks = {0};
	bool ok = gather(w, messages, n, &marks, e);
	for (size_t i = 0, size; ok && i < marks.n; i += size) {
		size = chunk_of(&marks, i);
		ok = score_chunk(w, messages, marks.list + i, size, e);
		worker_progress(w);
	}
	marks_done(&marks);
	return ok;
}

bool scoring_evidence_handle(
	struct worker *w, const struct bus_message *messages, int n, struct err *e)
{
	if (!scoring_handle(w, messages, n, e))
		return false;
	int64_t now = clock_now();
	for (int i = 0; i < n; i++)
		if (messages[i].at && messages[i].at <= now)
			metric_observe(service_metric_base() + SCORING_SECONDS,
				(double)(now - messages[i].at) / 1e6);
	return true;
}

/* Whoever cannot be scored, as with figures beyond all arithmetic, is passed over. */
static bool score_alone(
	struct worker *w, const struct bus_message *message, const struct mark *mark, struct err *e)
{
	char id[DIGEST_UUID_TEXT], trace[TRACE_ID_TEXT];
	if (score_chunk(w, message, mark, 1, e))
		return true;
	if (e->code == ERR_RETRY || e->code == ERR_FATAL)
		return false;
	log_error("a person cannot be scored", e,
		LOG_S("person", digest_uuid_format(mark->person, id)),
		LOG_S("trace", trace_id_of(message, trace)));
	metric_add(service_metric_base() + SCORING_FAILED, 0, 1);
	err_clear(e);
	return true;
}

bool scoring_refuse(
	struct worker *w, const struct bus_message *message, const struct err *why, struct err *e)
{
	(void)why;
	struct marks marks = {0};
	bool ok = gather(w, message, 1, &marks, e);
	for (size_t i = 0; ok && i < marks.n; i++) {
		ok = score_alone(w, message, &marks.list[i], e);
		worker_progress(w);
	}
	marks_done(&marks);
	return ok;
}
