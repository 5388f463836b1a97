#include "gather.h"

#include <stdlib.h>
#include <string.h>

#include "messages/evidence_accepted.h"
#include "messages/registry_changed.h"
#include "messages/topics.h"
#include "store.h"

/* A unit's year. */
struct unit {
	char *code;
	int32_t year;
	uint32_t periods;
	int by; /* as in struct mark */
};

struct gathering {
	struct worker *w;
	struct marks *marks;
	struct unit *units;
	size_t n_units;
	int at; /* the number of the message that is read */
};

static void units_free(struct gathering *g)
{
	for (size_t i = 0; i < g->n_units; i++)
		free(g->units[i].code);
	free(g->units);
}

static bool add_person(
	struct gathering *g, const uint8_t person[16], int32_t year, uint32_t periods, int by)
{
	struct mark x = {.year = year, .periods = periods, .by = by};
	memcpy(x.person, person, sizeof x.person);
	return marks_add(g->marks, &x);
}

static bool add_unit(struct gathering *g, const char *code, int32_t year, uint32_t periods)
{
	for (size_t i = 0; i < g->n_units; i++)
		if (g->units[i].year == year && strcmp(g->units[i].code, code) == 0) {
			g->units[i].periods |= periods;
			return true;
		}
	struct unit *units = realloc(g->units, (g->n_units + 1) * sizeof *units);
	if (!units)
		return false;
	g->units = units;
	units[g->n_units] = (struct unit){strdup(code), year, periods, g->at};
	return units[g->n_units++].code != NULL;
}

static bool mark_people(struct gathering *g, const struct unit *u, struct err *e)
{
	DB_RESULT_AUTO *people = NULL;
	if (!scoring_people_of_unit(g->w->db, u->code, u->year, &people, e))
		return false;
	for (int i = 0; i < db_rows(people); i++)
		if (!add_person(g, db_uuid(people, i, 0), u->year, u->periods, u->by))
			return err_set(e, ERR_FATAL, "out of memory");
	return true;
}

static bool mark_units(struct gathering *g, struct err *e)
{
	bool ok = true;
	for (size_t i = 0; ok && i < g->n_units; i++) {
		ok = mark_people(g, &g->units[i], e);
		worker_progress(g->w);
	}
	return ok;
}

/* What a message asks for; *readable is false when it does not say. */

static bool add_evidence(struct gathering *g, const struct bus_message *message, bool *readable)
{
	struct evidence_accepted m;
	*readable = evidence_accepted_read(message->data, message->len, &m);
	if (!*readable)
		return true;
	int32_t year = m.month / 12;
	return *m.unit ? add_unit(g, m.unit, year, marks_of_month(m.month))
		       : add_person(g, m.person, year, marks_of_month(m.month), g->at);
}

/* REGISTRY_RECOMPUTE asks intake first, whose marks come when it has made the totals anew. But a
 * score may have no totals. */
static bool add_registry(struct gathering *g, const struct bus_message *message, bool *readable)
{
	struct registry_changed m;
	*readable = registry_changed_read(message->data, message->len, &m);
	if (!*readable)
		return true;
	uint32_t periods = m.kind == REGISTRY_PERSON ? marks_of_year() : 0;
	for (int32_t i = 0; m.kind == REGISTRY_RECOMPUTE && i < m.period.months; i++)
		periods |= marks_of_month(m.period.first_month + i);
	return add_person(g, m.person, period_year(m.period), periods, g->at);
}

static bool gather_one(struct gathering *g, const struct bus_message *m, struct err *e)
{
	bool readable;
	bool memory = topic_is(m, TOPIC_REGISTRY_CHANGED) ? add_registry(g, m, &readable)
							  : add_evidence(g, m, &readable);
	if (!readable)
		worker_pass_over(g->w, m, "it does not say what is to be scored");
	return memory || err_set(e, ERR_FATAL, "out of memory");
}

bool gather(struct worker *w, const struct bus_message *messages, int n, struct marks *marks,
	struct err *e)
{
	struct gathering g = {.w = w, .marks = marks};
	bool ok = true;
	for (g.at = 0; ok && g.at < n; g.at++)
		ok = gather_one(&g, &messages[g.at], e);
	ok = ok && mark_units(&g, e);
	units_free(&g);
	marks_sort(marks);
	return ok;
}
