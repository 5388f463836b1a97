#include "registry_rows.h"

#include <string.h>

#include "appraisal/survey.h"
#include "base/array.h"

/* What the fields of a row show together. */

static void dates_check(struct check *c, const char *place, const json_t *row)
{
	char at[PLACE_TEXT];
	const char *from = row_text(row, "from"), *until = row_text(row, "until");
	if (from && until && strlen(until) == strlen(from) && strcmp(until, from) < 0)
		findings_add(c->found, place_field(c, place, "until", at), "is before from");
}

static void people_check(struct check *c, const char *place, const json_t *row)
{
	char at[PLACE_TEXT];
	const char *nip = row_text(row, "nip"), *superior = row_text(row, "superior");
	dates_check(c, place, row);
	if (nip && superior && strcmp(nip, superior) == 0)
		findings_add(c->found, place_field(c, place, "superior", at),
			"nobody is their own superior");
}

static bool has_zero(const json_t *items, const char *indicator)
{
	size_t i;
	json_t *item;
	json_array_foreach ((json_t *)(uintptr_t)items, i, item) {
		if (strcmp(row_text(item, "indicator"), indicator) == 0 &&
			target_is_zero(json_object_get(item, "target")))
			return true;
	}
	return false;
}

static bool version_has_zero(const json_t *versions, const char *indicator)
{
	const char *from;
	json_t *items;
	json_object_foreach ((json_t *)(uintptr_t)versions, from, items) {
		if (has_zero(items, indicator))
			return true;
	}
	return false;
}

static bool plan_has_zero(const json_t *years, const char *indicator)
{
	const char *year;
	json_t *plans, *plan;
	size_t i;
	json_object_foreach ((json_t *)(uintptr_t)years, year, plans) {
		json_array_foreach (plans, i, plan) {
			if (has_zero(json_object_get(plan, "items"), indicator))
				return true;
		}
	}
	return false;
}

/* A stored position that the file does not state anew may have a target of 0 for the indicator. */
static void zero_targets_check(struct check *c, const char *place, const char *indicator)
{
	char at[PLACE_TEXT];
	const char *code;
	json_t *v;
	bool planned = false;
	place_field(c, place, "direction", at);
	json_object_foreach (json_object_get(c->known, "positions"), code, v) {
		if (version_has_zero(v, indicator) &&
			!json_object_get(json_object_get(c->in_file, "positions"), code))
			findings_add(c->found, at,
				"the position %s has a target of 0 for it, which is for less alone",
				code);
	}
	json_object_foreach (json_object_get(c->known, "plans"), code, v) {
		planned = planned || plan_has_zero(v, indicator);
	}
	if (planned)
		findings_add(
			c->found, at, "a plan has a target of 0 for it, which is for less alone");
}

static bool is_otherwise(const json_t *row, const char *field, double wanted)
{
	const json_t *v = json_object_get(row, field);
	return json_is_number(v) && json_number_value(v) != wanted;
}

/* A survey says what of the answers, and has the survey's bounds; others have no such thing. */
static void survey_check(struct check *c, const char *place, const json_t *row)
{
	static const struct {
		const char *field;
		double wanted;
	} bounds[] = {{"min", SURVEY_WORST}, {"max", SURVEY_BEST}, {"result_max", SURVEY_BEST}};
	char at[PLACE_TEXT];
	const char *measure = row_text(row, "measure");
	bool survey = measure && strcmp(measure, "survey") == 0;
	if (survey && !json_object_get(row, "element"))
		findings_add(c->found, place_field(c, place, "element", at),
			"is missing: a survey's element, or \"overall\"");
	for (size_t i = 0; survey && i < COUNT(bounds); i++)
		if (is_otherwise(row, bounds[i].field, bounds[i].wanted))
			findings_add(c->found, place_field(c, place, bounds[i].field, at),
				"of a survey is %g", bounds[i].wanted);
	if (measure && !survey && json_object_get(row, "element"))
		findings_add(c->found, place_field(c, place, "element", at),
			"goes with the measure \"survey\" alone");
	if (measure && !survey && json_object_get(row, "scope"))
		findings_add(c->found, place_field(c, place, "scope", at),
			"goes with the measure \"survey\" alone");
}

static void indicator_check(struct check *c, const char *place, const json_t *row)
{
	char at[PLACE_TEXT];
	const json_t *min = json_object_get(row, "min"), *max = json_object_get(row, "max");
	if (json_is_number(min) && json_is_number(max) &&
		json_number_value(min) > json_number_value(max))
		findings_add(c->found, place_field(c, place, "max", at), "is below min");
	survey_check(c, place, row);
	if (row_text(row, "code") && row_text(row, "direction") &&
		strcmp(row_text(row, "direction"), "more") == 0)
		zero_targets_check(c, place, row_text(row, "code"));
}

static void plan_check(struct check *c, const char *place, const json_t *row)
{
	char at[PLACE_TEXT], year[24];
	const char *from = row_text(row, "from");
	if (!from || !json_is_integer(json_object_get(row, "year")))
		return;
	snprintf(year, sizeof year, "%04lld-",
		(long long)json_integer_value(json_object_get(row, "year")));
	if (strncmp(from, year, strlen(year)) != 0)
		findings_add(
			c->found, place_field(c, place, "from", at), "is not in the plan's year");
}

static bool same_members(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *v;
	if (json_object_size(a) != json_object_size(b))
		return false;
	json_object_foreach ((json_t *)(uintptr_t)a, key, v) {
		if (!same_json(v, json_object_get(b, key)))
			return false;
	}
	return true;
}

static bool same_list(const json_t *a, const json_t *b)
{
	size_t i;
	json_t *v;
	if (json_array_size(a) != json_array_size(b))
		return false;
	json_array_foreach ((json_t *)(uintptr_t)a, i, v) {
		if (!same_json(v, json_array_get(b, i)))
			return false;
	}
	return true;
}

bool same_json(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	if (json_is_object(a) && json_is_object(b))
		return same_members(a, b);
	if (json_is_array(a) && json_is_array(b))
		return same_list(a, b);
	return json_equal(a, b);
}

static void ruleset_check(struct check *c, const char *place, const json_t *row)
{
	char at[PLACE_TEXT];
	const char *version = row_text(row, "version"), *from = row_text(row, "from"), *other;
	json_t *stored, *rulesets = json_object_get(c->known, "rulesets");
	if (json_number_value(json_object_get(row, "below_under")) >
		json_number_value(json_object_get(row, "above_from")))
		findings_add(
			c->found, place_field(c, place, "above_from", at), "is below below_under");
	if (!version || !from)
		return;
	stored = json_object_get(rulesets, version);
	if (stored && !same_json(stored, row))
		findings_add(c->found, place_field(c, place, "version", at),
			"is in the registry with other rules; scores stand on them, so give "
			"these a version of their own");
	json_object_foreach (rulesets, other, stored) {
		if (strcmp(other, version) != 0 && row_text(stored, "from") &&
			strcmp(row_text(stored, "from"), from) == 0)
			findings_add(c->found, place_field(c, place, "from", at),
				"in the registry rule set %s begins on this day", other);
	}
}

/* Kafka takes '.' and '_' in a topic's name for the same. */
static bool same_topic(const char *a, const char *b)
{
	for (; *a && (*a == *b || (strchr("._", *a) && *b && strchr("._", *b))); a++, b++)
		;
	return !*a && !*b;
}

/* The first of these sources whose topic could not be beside the code's; those from the code itself
 * on do not count. NULL: none. */
static const char *topic_clash(const json_t *sources, const char *code)
{
	const char *other;
	json_t *v;
	json_object_foreach ((json_t *)(uintptr_t)sources, other, v) {
		if (strcmp(other, code) == 0)
			break;
		if (same_topic(other, code))
			return other;
	}
	return NULL;
}

/* A source that is stored already stays, whatever it clashes with: no file could take it back. */
static void topic_check(struct check *c, const char *place, const char *code)
{
	char at[PLACE_TEXT];
	const json_t *known = json_object_get(c->known, "sources");
	if (json_object_get(known, code))
		return;
	const char *other = topic_clash(known, code);
	if (!other)
		other = topic_clash(json_object_get(c->in_file, "sources"), code);
	if (other)
		findings_add(c->found, place_field(c, place, "code", at),
			"Kafka cannot have its topic beside that of the source %s: it takes . and "
			"_ for the same",
			other);
}

static bool has_text(const json_t *list, const char *text)
{
	size_t i;
	json_t *v;
	json_array_foreach ((json_t *)(uintptr_t)list, i, v) {
		if (json_is_string(v) && strcmp(json_string_value(v), text) == 0)
			return true;
	}
	return false;
}

/* Whose name it is besides this source's: of those in the file, as they are there; NULL: nobody's.
 */
static const char *name_taken(const struct check *c, const char *code, const char *name)
{
	const char *other;
	json_t *uris;
	const json_t *in_file = json_object_get(c->in_file, "uris");
	json_object_foreach ((json_t *)(uintptr_t)in_file, other, uris) {
		if (strcmp(other, code) != 0 && (strcmp(other, name) == 0 || has_text(uris, name)))
			return other;
	}
	json_object_foreach (json_object_get(c->known, "sources"), other, uris) {
		if (strcmp(other, code) != 0 &&
			(strcmp(other, name) == 0 ||
				(!json_object_get(in_file, other) && has_text(uris, name))))
			return other;
	}
	return NULL;
}

static void source_check(struct check *c, const char *place, const json_t *row)
{
	char at[PLACE_TEXT], field[40];
	const char *code = row_text(row, "code"), *other;
	size_t i;
	json_t *uri;
	if (!code)
		return;
	topic_check(c, place, code);
	other = name_taken(c, code, code);
	if (other)
		findings_add(c->found, place_field(c, place, "code", at),
			"is one of the uris of the source %s; take it from that one first", other);
	json_array_foreach (json_object_get(row, "uris"), i, uri) {
		other = json_is_string(uri) ? name_taken(c, code, json_string_value(uri)) : NULL;
		snprintf(field, sizeof field, "uris[%zu]", i);
		if (other)
			findings_add(c->found, place_field(c, place, field, at),
				"names the source %s already; a name leads to one source, so take "
				"it from either",
				other);
	}
}

static const struct {
	const char *part;
	void (*check)(struct check *c, const char *place, const json_t *row);
} together[] = {
	{"indicators", indicator_check},
	{"sources", source_check},
	{"people", people_check},
	{"absences", dates_check},
	{"plans", plan_check},
	{"rulesets", ruleset_check},
};

void row_check_together(
	struct check *c, const char *place, const json_t *row, const struct part *part)
{
	for (size_t t = 0; t < COUNT(together); t++)
		if (strcmp(together[t].part, part->name) == 0)
			together[t].check(c, place, row);
}
