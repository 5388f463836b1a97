#include "registry_check.h"

#include <string.h>

#include "base/array.h"
#include "registry_fields.h"
#include "registry_people.h"

static const char *text_of(const json_t *row, const char *field)
{
	return json_string_value(json_object_get(row, field));
}

/* A plan begins with its year unless it says otherwise. */
static const char *plan_from(const json_t *row, char out[16])
{
	const json_t *year = json_object_get(row, "year");
	const json_t *from = json_object_get(row, "from");
	if (from)
		return json_string_value(from);
	snprintf(out, 16, "%04lld-01-01", (long long)json_integer_value(year) % 10000);
	return json_is_integer(year) ? out : NULL;
}

/* What tells a row from the others of its part; false when a field of it is not even well-formed.
 */
static bool row_key(const struct part *part, const json_t *row, char *out, size_t size)
{
	size_t len = 0;
	for (const char *const *key = part->keys; key < part->keys + 3 && *key; key++) {
		char day[16], number[24];
		const json_t *v = json_object_get(row, *key);
		const char *text = json_string_value(v);
		if (json_is_integer(v)) {
			snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v));
			text = number;
		} else if (strcmp(part->name, "plans") == 0 && strcmp(*key, "from") == 0) {
			text = plan_from(row, day);
		}
		if (!text || len >= size)
			return false;
		len += (size_t)snprintf(out + len, size - len, "%s%s", len ? " " : "", text);
	}
	return len < size;
}

static void row_repeated(struct check *c, const struct part *part, size_t i, size_t first)
{
	char at[PLACE_TEXT], other[PLACE_TEXT], names[80] = "";
	for (const char *const *key = part->keys; key < part->keys + 3 && *key; key++) {
		size_t len = strlen(names);
		snprintf(names + len, sizeof names - len, "%s%s", len ? " and " : "", *key);
	}
	findings_add(c->found, place_row(c, part->name, i, at), "the same %s as %s", names,
		place_row(c, part->name, first, other));
}

/* Notes every row of a part by its key, so that references find it, and finds those that are there
 * twice. */
static void part_index(struct check *c, const struct part *part, const json_t *rows)
{
	size_t i;
	const json_t *row;
	json_auto_t *seen = json_object();
	json_t *codes = json_object();
	json_object_set_new(c->in_file, part->name, codes);
	json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
		char key[512];
		if (text_of(row, part->keys[0]))
			json_object_set(codes, text_of(row, part->keys[0]), json_true());
		if (!row_key(part, row, key, sizeof key))
			continue;
		const json_t *first = json_object_get(seen, key);
		if (first)
			row_repeated(c, part, i, (size_t)json_integer_value(first));
		else
			json_object_set_new(seen, key, json_integer((json_int_t)i));
	}
}

static void directions_index(struct check *c, const json_t *rows)
{
	size_t i;
	const json_t *row;
	json_t *directions = json_object();
	json_object_set_new(c->in_file, "directions", directions);
	json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
		if (text_of(row, "code") && text_of(row, "direction"))
			json_object_set(directions, text_of(row, "code"),
				json_object_get(row, "direction"));
	}
}

/* What the fields of a row show together. */

static void dates_check(struct check *c, const char *place, const json_t *row)
{
	char at[PLACE_TEXT];
	const char *from = text_of(row, "from"), *until = text_of(row, "until");
	if (from && until && strlen(until) == strlen(from) && strcmp(until, from) < 0)
		findings_add(c->found, place_field(c, place, "until", at), "is before from");
}

static void people_check(struct check *c, const char *place, const json_t *row)
{
	char at[PLACE_TEXT];
	const char *nip = text_of(row, "nip"), *superior = text_of(row, "superior");
	dates_check(c, place, row);
	if (nip && superior && strcmp(nip, superior) == 0)
		findings_add(c->found, place_field(c, place, "superior", at),
			"nobody is their own superior");
}

/* A stored position that the file does not state anew may have a target of 0 for the indicator. */
static void zero_targets_check(struct check *c, const char *place, const char *indicator)
{
	char at[PLACE_TEXT];
	const char *position;
	json_t *zeros, *one;
	size_t i;
	place_field(c, place, "direction", at);
	json_object_foreach (json_object_get(c->known, "positions"), position, zeros) {
		json_array_foreach (zeros, i, one) {
			if (strcmp(json_string_value(one), indicator) == 0 &&
				!json_object_get(
					json_object_get(c->in_file, "positions"), position))
				findings_add(c->found, at,
					"the position %s has a target of 0 for it, which is for "
					"less alone",
					position);
		}
	}
	if (json_object_get(json_object_get(c->known, "plans"), indicator))
		findings_add(
			c->found, at, "a plan has a target of 0 for it, which is for less alone");
}

static void indicator_check(struct check *c, const char *place, const json_t *row)
{
	char at[PLACE_TEXT];
	const json_t *min = json_object_get(row, "min"), *max = json_object_get(row, "max");
	if (json_is_number(min) && json_is_number(max) &&
		json_number_value(min) > json_number_value(max))
		findings_add(c->found, place_field(c, place, "max", at), "is below min");
	if (text_of(row, "code") && text_of(row, "direction") &&
		strcmp(text_of(row, "direction"), "more") == 0)
		zero_targets_check(c, place, text_of(row, "code"));
}

static void plan_check(struct check *c, const char *place, const json_t *row)
{
	char at[PLACE_TEXT], year[24];
	const char *from = text_of(row, "from");
	if (!from || !json_is_integer(json_object_get(row, "year")))
		return;
	snprintf(year, sizeof year, "%04lld-",
		(long long)json_integer_value(json_object_get(row, "year")));
	if (strncmp(from, year, strlen(year)) != 0)
		findings_add(
			c->found, place_field(c, place, "from", at), "is not in the plan's year");
}

/* Equal as JSON, numbers by value. */
static bool same_json(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *v;
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	if (!json_is_object(a) || !json_is_object(b))
		return json_equal(a, b);
	if (json_object_size(a) != json_object_size(b))
		return false;
	json_object_foreach ((json_t *)(uintptr_t)a, key, v) {
		if (!same_json(v, json_object_get(b, key)))
			return false;
	}
	return true;
}

static void ruleset_check(struct check *c, const char *place, const json_t *row)
{
	char at[PLACE_TEXT];
	const char *version = text_of(row, "version"), *from = text_of(row, "from"), *other;
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
		if (strcmp(other, version) != 0 && text_of(stored, "from") &&
			strcmp(text_of(stored, "from"), from) == 0)
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
static void source_check(struct check *c, const char *place, const json_t *row)
{
	char at[PLACE_TEXT];
	const char *code = text_of(row, "code");
	const json_t *known = json_object_get(c->known, "sources");
	if (!code || json_object_get(known, code))
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

static void part_check(struct check *c, const struct part *part, const json_t *rows)
{
	size_t i;
	const json_t *row;
	json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
		char place[PLACE_TEXT];
		place_row(c, part->name, i, place);
		row_check(c, place, row, part);
		for (size_t t = 0; t < COUNT(together); t++)
			if (json_is_object(row) && strcmp(together[t].part, part->name) == 0)
				together[t].check(c, place, row);
	}
}

/* Two new rule sets may not begin on one day. */
static void rulesets_index(struct check *c, const json_t *rows)
{
	static const struct part by_day = {.name = "rulesets", .keys = {"from"}};
	json_t *codes = json_incref(json_object_get(c->in_file, "rulesets"));
	part_index(c, &by_day, rows);
	json_object_set_new(c->in_file, "rulesets", codes);
}

static bool is_part(const char *name)
{
	for (int i = 0; i < PARTS; i++)
		if (strcmp(registry_parts[i].name, name) == 0)
			return true;
	return false;
}

static void shape_check(struct check *c, json_t *root)
{
	const char *name;
	json_t *v;
	if (!json_is_object(root))
		findings_add(c->found, "the file", "must be one JSON object");
	json_object_foreach (root, name, v) {
		if (!is_part(name))
			findings_add(c->found, name,
				"is no part of a registry file; those are agencies, units, "
				"indicators, sources, positions, people, absences, plans, "
				"rulesets");
		else if (!json_is_array(v))
			findings_add(c->found, name, "must be a list");
	}
}

static json_t *plans_complete(const json_t *rows)
{
	size_t i;
	const json_t *row;
	json_t *plans = json_array();
	json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
		char day[16];
		json_t *plan = json_copy((json_t *)(uintptr_t)row);
		json_object_set_new(plan, "from", json_string(plan_from(row, day)));
		json_object_set_new(plan, "place", json_integer((json_int_t)i));
		json_array_append_new(plans, plan);
	}
	return plans;
}

static void parts_check(struct check *c, const json_t *root)
{
	for (int i = 0; i < PARTS; i++)
		part_index(c, &registry_parts[i], json_object_get(root, registry_parts[i].name));
	directions_index(c, json_object_get(root, "indicators"));
	rulesets_index(c, json_object_get(root, "rulesets"));
	for (int i = 0; i < PARTS; i++)
		part_check(c, &registry_parts[i], json_object_get(root, registry_parts[i].name));
}

json_t *registry_check(
	const struct registry_file *file, const json_t *known, struct findings *found)
{
	json_auto_t *in_file = json_object();
	struct check c = {.known = known, .in_file = in_file, .lines = file->lines, .found = found};
	shape_check(&c, file->root);
	parts_check(&c, file->root);
	if (found->count)
		return NULL;
	json_t *result = json_copy(file->root);
	people_arrange(&c, json_object_get(file->root, "people"), result);
	json_object_del(result, "people");
	json_object_set_new(result, "plans", plans_complete(json_object_get(file->root, "plans")));
	if (found->count == 0)
		return result;
	json_decref(result);
	return NULL;
}
