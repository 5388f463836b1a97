#include "registry_check.h"

#include <string.h>

#include "base/array.h"
#include "registry_fields.h"
#include "registry_relate.h"
#include "registry_rows.h"

/* The text of a row's key field: a `from` may be missing or null, which are two things. False when
 * it is not even well-formed. */
static bool key_text(const json_t *row, const char *key, char *out, size_t size)
{
	const json_t *v = json_object_get(row, key);
	bool is_from = strcmp(key, "from") == 0;
	if (!v)
		return snprintf(out, size, "-") > 0 && is_from;
	if (json_is_null(v))
		return snprintf(out, size, "null") > 0 && is_from;
	return json_is_string(v) && (size_t)snprintf(out, size, "%s", json_string_value(v)) < size;
}

/* What tells a row from the others of its part. */
static bool row_key(const struct part *part, const json_t *row, char *out, size_t size)
{
	size_t len = 0;
	for (const char *const *key = part->keys; key < part->keys + 3 && *key; key++) {
		char text[256];
		if (!key_text(row, *key, text, sizeof text) || len >= size)
			return false;
		len += (size_t)snprintf(out + len, size - len, "%s%s", len ? " " : "", text);
	}
	if (len < size && part->removed && row_removed(row))
		len += (size_t)snprintf(out + len, size - len, " removed");
	return len < size;
}

static void row_repeated(struct check *c, const struct part *part, size_t i, size_t first)
{
	char at[PLACE_TEXT], other[PLACE_TEXT], names[80] = "";
	const json_t *row = json_array_get(json_object_get(c->root, part->name), i);
	for (const char *const *key = part->keys; key < part->keys + 3 && *key; key++) {
		size_t len = strlen(names);
		if (json_object_get(row, *key))
			snprintf(names + len, sizeof names - len, "%s%s", len ? " and " : "", *key);
	}
	findings_add(c->found, place_row(c, part->name, i, at),
		"the same %s as %s; take one of them out", names,
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
		if (row_text(row, part->keys[0]) && !row_removed(row))
			json_object_set(codes, row_text(row, part->keys[0]), json_true());
		if (row_text(row, "was") && strcmp(part->name, "people") == 0)
			json_object_set(codes, row_text(row, "was"), json_true());
		if (part->repeats || (part->corrects && row_corrects(row)) ||
			!row_key(part, row, key, sizeof key))
			continue;
		const json_t *first = json_object_get(seen, key);
		if (first)
			row_repeated(c, part, i, (size_t)json_integer_value(first));
		else
			json_object_set_new(seen, key, json_integer((json_int_t)i));
	}
}

/* What the rows of a part say in a field, by their codes. */
static void values_index(struct check *c, const char *part, const char *field, const char *name)
{
	size_t i;
	const json_t *row;
	json_t *values = json_object();
	json_object_set_new(c->in_file, name, values);
	json_array_foreach (json_object_get(c->root, part), i, row) {
		json_t *v = json_object_get(row, field);
		if (row_text(row, "code"))
			json_object_set(values, row_text(row, "code"), v ? v : json_null());
	}
}

static void part_check(struct check *c, const struct part *part, const json_t *rows)
{
	size_t i;
	const json_t *row;
	json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
		char place[PLACE_TEXT];
		place_row(c, part->name, i, place);
		row_check(c, place, row, part);
		if (row_is_whole(part, row))
			row_check_together(c, place, row, part);
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

static void parts_check(struct check *c)
{
	for (int i = 0; i < PARTS; i++)
		part_index(c, &registry_parts[i], json_object_get(c->root, registry_parts[i].name));
	values_index(c, "indicators", "direction", "directions");
	values_index(c, "sources", "uris", "uris");
	rulesets_index(c, json_object_get(c->root, "rulesets"));
	for (int i = 0; i < PARTS; i++)
		part_check(c, &registry_parts[i], json_object_get(c->root, registry_parts[i].name));
}

json_t *registry_check(const struct registry_file *file, const json_t *known, int32_t today,
	struct findings *found)
{
	json_auto_t *in_file = json_object();
	json_auto_t *result = json_copy(file->root);
	struct check c = {
		.known = known,
		.root = file->root,
		.in_file = in_file,
		.lines = file->lines,
		.today = today,
		.found = found,
	};
	shape_check(&c, file->root);
	parts_check(&c);
	if (found->count == 0)
		registry_relate(&c, result);
	return found->count == 0 ? json_incref(result) : NULL;
}
