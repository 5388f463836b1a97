#include "gather.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/digest.h"
#include "store.h"

enum { FIRST_YEAR = 1900, LAST_YEAR = 9999 };

/* A unit's year. */
struct unit {
	char *code;
	int32_t year;
	uint32_t periods;
};

struct gathering {
	struct worker *w;
	struct marks *marks;
	struct unit *units;
	size_t n_units;
};

static void units_free(struct gathering *g)
{
	for (size_t i = 0; i < g->n_units; i++)
		free(g->units[i].code);
	free(g->units);
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
	units[g->n_units] = (struct unit){strdup(code), year, periods};
	return units[g->n_units++].code != NULL;
}

static bool mark_people(struct gathering *g, const struct unit *u, struct err *e)
{
	DB_RESULT_AUTO *people = NULL;
	if (!scoring_people_of_unit(g->w->db, u->code, u->year, &people, e))
		return false;
	for (int i = 0; i < db_rows(people); i++)
		if (!marks_add(g->marks, db_uuid(people, i, 0), u->year, u->periods))
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

/* What a message asks for: true when it could be read; *memory is false when there is none left. */

static bool read_evidence(struct gathering *g, const json_t *data, bool *memory)
{
	const char *person = json_string_value(json_object_get(data, "person"));
	const char *unit = json_string_value(json_object_get(data, "unit"));
	const char *text = json_string_value(json_object_get(data, "month"));
	uint8_t id[DIGEST_KEY];
	int32_t month;
	if (!text || !clock_month_parse(text, &month))
		return false;
	if (unit) {
		*memory = add_unit(g, unit, month / 12, marks_of_month(month));
		return true;
	}
	if (!person || !digest_uuid_parse(person, id))
		return false;
	*memory = marks_add(g->marks, id, month / 12, marks_of_month(month));
	return true;
}

static bool read_year(const json_t *data, int32_t *year, uint32_t *periods)
{
	json_int_t y = json_integer_value(json_object_get(data, "year"));
	*year = (int32_t)y;
	*periods = marks_of_year();
	return y >= FIRST_YEAR && y <= LAST_YEAR;
}

static bool read_period(const json_t *data, int32_t *year, uint32_t *periods)
{
	const char *text = json_string_value(json_object_get(data, "period"));
	struct period p;
	if (!text || !period_parse(text, &p))
		return false;
	*year = period_year(p);
	*periods = 0;
	for (int32_t i = 0; i < p.months; i++)
		*periods |= marks_of_month(p.first_month + i);
	return true;
}

/* "recompute" asks intake first, whose marks come when it has made the totals anew. But a score may
 * have no totals. */
static bool read_registry(struct gathering *g, const json_t *data, bool *memory)
{
	const char *kind = json_string_value(json_object_get(data, "kind"));
	const char *person = json_string_value(json_object_get(data, "person"));
	uint8_t id[DIGEST_KEY];
	int32_t year;
	uint32_t periods;
	if (!kind || !person || !digest_uuid_parse(person, id))
		return false;
	bool of_period = strcmp(kind, "recompute") == 0;
	if (!of_period && strcmp(kind, "person") != 0)
		return true; /* of what is to come */
	if (!(of_period ? read_period : read_year)(data, &year, &periods))
		return false;
	*memory = marks_add(g->marks, id, year, periods);
	return true;
}

static bool gather_one(struct gathering *g, const struct bus_message *m, struct err *e)
{
	bool memory = true;
	json_auto_t *data = json_loadb(m->data ? m->data : "", m->len, 0, NULL);
	bool registry = strcmp(m->topic, "terukur.registry.changed") == 0;
	if (!(registry ? read_registry : read_evidence)(g, data, &memory))
		worker_pass_over(g->w, m, "it does not say what is to be scored");
	return memory || err_set(e, ERR_FATAL, "out of memory");
}

bool gather(struct worker *w, const struct bus_message *messages, int n, struct marks *marks,
	struct err *e)
{
	struct gathering g = {.w = w, .marks = marks};
	bool ok = true;
	for (int i = 0; ok && i < n; i++)
		ok = gather_one(&g, &messages[i], e);
	ok = ok && mark_units(&g, e);
	units_free(&g);
	marks_sort(marks);
	return ok;
}
