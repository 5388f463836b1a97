/* Versions of plans: a row makes one unless it says again what was said last of that day. */
#include <string.h>

#include "registry_relate.h"
#include "registry_rows.h"

static bool is_binding(const char *status)
{
	return strcmp(status, "AGREED") == 0 || strcmp(status, "WITHDRAWN") == 0;
}

/* What a row says, whole: a plan begins with its year and has the position's items unless it says
 * otherwise. */
static json_t *plan_of(const struct check *c, const json_t *row, size_t i)
{
	char first[16];
	const char *from = row_text(row, "from");
	json_t *items = json_object_get(row, "items");
	snprintf(first, sizeof first, "%04lld-01-01",
		(long long)json_integer_value(json_object_get(row, "year")) % 10000);
	return json_pack("{s:s, s:O, s:s, s:O, s:O?, s:I}", "nip",
		number_now(c, row_text(row, "nip")), "year", json_object_get(row, "year"), "from",
		from ? from : first, "status", json_object_get(row, "status"), "items", items,
		"place", (json_int_t)i);
}

static bool same_plan(const json_t *a, const json_t *b)
{
	const json_t *x = json_object_get(a, "items"), *y = json_object_get(b, "items");
	if (strcmp(row_text(a, "status"), row_text(b, "status")) != 0)
		return false;
	return json_is_null(x) || json_is_null(y) ? json_is_null(x) && json_is_null(y)
						  : same_json(x, y);
}

/* What binds and what does not are said of a day in two voices: a draft between them does not make
 * the agreed plan a new one. */
static const char *voice_of(const json_t *plan, char out[64])
{
	snprintf(out, 64, "%s %lld %s %d", row_text(plan, "nip"),
		(long long)json_integer_value(json_object_get(plan, "year")),
		row_text(plan, "from"), is_binding(row_text(plan, "status")));
	return out;
}

static const json_t *stored_of(const struct check *c, const json_t *plan)
{
	char year[24];
	snprintf(year, sizeof year, "%lld",
		(long long)json_integer_value(json_object_get(plan, "year")));
	return json_object_get(known_of(c, "plans", row_text(plan, "nip")), year);
}

/* The stored versions of the voice. */
static json_t *standing(const struct check *c, const json_t *plan)
{
	size_t i;
	json_t *v, *list = json_array();
	json_array_foreach ((json_t *)(uintptr_t)stored_of(c, plan), i, v) {
		if (strcmp(row_text(v, "from"), row_text(plan, "from")) == 0 &&
			is_binding(row_text(v, "status")) == is_binding(row_text(plan, "status")))
			json_array_append(list, v);
	}
	return list;
}

/* How many of the file's, from the first, are the last ones that stand. */
static size_t said_before(const struct check *c, const json_t *plans)
{
	json_auto_t *stand = standing(c, json_array_get(plans, 0));
	size_t most = json_array_size(stand), n = json_array_size(plans);
	for (n = n < most ? n : most; n > 0; n--) {
		size_t i = 0;
		while (i < n &&
			same_plan(json_array_get(stand, most - n + i), json_array_get(plans, i)))
			i++;
		if (i == n)
			break;
	}
	return n;
}

/* Each voice's plans in order, without those that only repeat the one before. */
static json_t *gather(const struct check *c)
{
	size_t i;
	const json_t *row;
	json_t *voices = json_object();
	json_array_foreach (json_object_get(c->root, "plans"), i, row) {
		char voice[64];
		json_auto_t *plan = plan_of(c, row, i);
		json_t *said = json_object_get(voices, voice_of(plan, voice));
		if (!said) {
			said = json_array();
			json_object_set_new(voices, voice, said);
		}
		size_t n = json_array_size(said);
		if (n == 0 || !same_plan(json_array_get(said, n - 1), plan))
			json_array_append(said, plan);
	}
	return voices;
}

/* Items of one's own outlive a transfer. */

/* The plan in force on a day: `best`, or one of these. */
static const json_t *plan_on(const json_t *plans, const char *day, const json_t *best)
{
	size_t i;
	const json_t *v;
	json_array_foreach ((json_t *)(uintptr_t)plans, i, v) {
		if (is_binding(row_text(v, "status")) && strcmp(row_text(v, "from"), day) <= 0 &&
			(!best || strcmp(row_text(v, "from"), row_text(best, "from")) >= 0))
			best = v;
	}
	return best;
}

static bool is_new(const struct span *s)
{
	return s->row && (!s->stored || strcmp(row_text(s->row, "position"),
						row_text(s->stored, "position")) != 0);
}

static void outlives(struct check *c, const struct span *s, const json_t *plan)
{
	char row[PLACE_TEXT];
	bool comes = json_object_get(plan, "place");
	if (!plan || strcmp(row_text(plan, "status"), "AGREED") != 0 ||
		json_is_null(json_object_get(plan, "items")) ||
		strcmp(row_text(plan, "from"), s->from) >= 0 || !(comes || is_new(s)))
		return;
	if (is_new(s))
		place_row(c, "people", s->i, row);
	else
		place_row(c, "plans", (size_t)json_integer_value(json_object_get(plan, "place")),
			row);
	findings_warn(c->found, row,
		"the plan from %s has items of its own, which outlive the transfer to %s on %s; if "
		"the new position's are meant, load a plan from that day without items",
		row_text(plan, "from"), span_text(s, "position"), s->from);
}

static void transfers_check(struct check *c, const struct person *p, const json_t *coming)
{
	for (size_t i = 1; i < p->n; i++) {
		const struct span *s = &p->spans[i];
		char year[8];
		if (strcmp(span_text(s, "position"), span_text(s - 1, "position")) == 0)
			continue;
		snprintf(year, sizeof year, "%.4s", s->from);
		const json_t *stored = json_object_get(known_of(c, "plans", p->nip), year);
		outlives(c, s,
			plan_on(json_object_get(json_object_get(coming, p->nip), year), s->from,
				plan_on(stored, s->from, NULL)));
	}
}

static json_t *list_in(json_t *of, const char *nip, const json_t *plan)
{
	char year[8];
	snprintf(year, sizeof year, "%04lld",
		(long long)json_integer_value(json_object_get(plan, "year")) % 10000);
	if (!json_object_get(of, nip))
		json_object_set_new(of, nip, json_object());
	json_t *years = json_object_get(of, nip);
	if (!json_object_get(years, year))
		json_object_set_new(years, year, json_array());
	return json_object_get(years, year);
}

void plans_relate(struct check *c, const struct people *p, json_t *result)
{
	const char *voice;
	json_t *said, *plans = json_array();
	json_auto_t *voices = gather(c);
	json_auto_t *coming = json_object(); /* nip → year → plans */
	json_object_foreach (voices, voice, said) {
		for (size_t i = said_before(c, said); i < json_array_size(said); i++) {
			json_t *plan = json_array_get(said, i);
			json_array_append(plans, plan);
			json_array_append(list_in(coming, row_text(plan, "nip"), plan), plan);
		}
	}
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].in_file || json_object_get(coming, p->list[i].nip))
			transfers_check(c, &p->list[i], coming);
	json_object_set_new(result, "plans", plans);
}
