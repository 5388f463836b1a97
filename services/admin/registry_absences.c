/* Nobody is absent twice on one day. */
#include <stdlib.h>
#include <string.h>

#include "registry_relate.h"

struct absence {
	const char *from, *until, *kind;
	const json_t *row; /* NULL: stored */
	size_t i;
};

static int by_from(const void *a, const void *b)
{
	const struct absence *x = a, *y = b;
	int c = strcmp(x->from, y->from);
	return c ? c : strcmp(x->until, y->until);
}

/* What is stored of somebody, but for what the file takes back or states anew. */
static size_t keep_stored(const json_t *stored, const json_t *gone, struct absence *out)
{
	size_t n = 0;
	const char *from;
	json_t *v;
	json_object_foreach ((json_t *)(uintptr_t)stored, from, v) {
		const json_t *instead = json_object_get(gone, from);
		const char *kind = json_string_value(instead);
		if (!instead || (kind && strcmp(kind, row_text(v, "kind")) != 0))
			out[n++] = (struct absence){.from = from,
				.until = row_text(v, "until"),
				.kind = row_text(v, "kind")};
	}
	return n;
}

static void overlap(struct check *c, const struct absence *one, const struct absence *two)
{
	char at[PLACE_TEXT], other[PLACE_TEXT] = "one in the registry";
	if (!one->row || (two->row && two->i > one->i)) {
		const struct absence *swap = one;
		one = two;
		two = swap;
	}
	if (two->row)
		place_row(c, "absences", two->i, other);
	findings_add(c->found, place_row(c, "absences", one->i, at),
		"absent from %s until %s (%.60s) overlaps %s, from %s until %s (%.60s); change "
		"one, or take it back with \"removed\"",
		one->from, one->until, one->kind, other, two->from, two->until, two->kind);
}

/* `rows` has the places of somebody's rows, `gone` the days that they take back (true) or state
 * anew (the kind). */
static void person_check(struct check *c, const char *nip, const json_t *rows, const json_t *gone)
{
	size_t i, n, last = 0;
	const json_t *stored = known_of(c, "absences", nip);
	json_t *place;
	struct absence *list =
		calloc(json_object_size(stored) + json_array_size(rows) + 1, sizeof *list);
	if (!list) {
		findings_add(c->found, "absences", "out of memory");
		return;
	}
	n = keep_stored(stored, gone, list);
	json_array_foreach ((json_t *)(uintptr_t)rows, i, place) {
		size_t at = (size_t)json_integer_value(place);
		const json_t *row = json_array_get(json_object_get(c->root, "absences"), at);
		list[n++] = (struct absence){row_text(row, "from"), row_text(row, "until"),
			row_text(row, "kind"), row, at};
	}
	qsort(list, n, sizeof *list, by_from);
	for (i = 1; i < n; i++) {
		if (strcmp(list[last].until, list[i].from) >= 0 && (list[last].row || list[i].row))
			overlap(c, &list[last], &list[i]);
		if (strcmp(list[i].until, list[last].until) > 0)
			last = i;
	}
	free(list);
}

static json_t *object_of(json_t *in, const char *key, json_t *(*make)(void))
{
	if (!json_object_get(in, key))
		json_object_set_new(in, key, make());
	return json_object_get(in, key);
}

static void take_back(struct check *c, const char *nip, size_t i, const json_t *row, json_t *list)
{
	char at[PLACE_TEXT];
	const char *from = row_text(row, "from");
	if (json_object_get(known_of(c, "absences", nip), from))
		json_array_append_new(list, json_pack("{s:s, s:s}", "nip", nip, "from", from));
	else if (!check_has(c, "people", row_text(row, "nip")))
		findings_warn(c->found, place_row(c, "absences", i, at), NOBODY_TO_REMOVE);
	else
		findings_warn(c->found, place_row(c, "absences", i, at),
			"no absence from %s is in the registry, so none is taken back", from);
}

static void put(
	const char *nip, size_t i, const json_t *row, json_t *rows, json_t *gone, json_t *list)
{
	json_t *said = json_copy((json_t *)(uintptr_t)row);
	json_object_set_new(said, "nip", json_string(nip));
	json_array_append_new(list, said);
	json_array_append_new(object_of(rows, nip, json_array), json_integer((json_int_t)i));
	json_t *days = object_of(gone, nip, json_object);
	if (!json_object_get(days, row_text(row, "from")))
		json_object_set(days, row_text(row, "from"), json_object_get(row, "kind"));
}

void absences_relate(struct check *c, json_t *result)
{
	size_t i;
	const char *nip;
	json_t *row, *removals = json_array(), *absences = json_array();
	json_auto_t *rows = json_object();
	json_auto_t *gone = json_object();
	json_array_foreach (json_object_get(c->root, "absences"), i, row) {
		nip = number_now(c, row_text(row, "nip"));
		if (!row_removed(row))
			continue;
		take_back(c, nip, i, row, removals);
		json_object_set_new(
			object_of(gone, nip, json_object), row_text(row, "from"), json_true());
	}
	json_array_foreach (json_object_get(c->root, "absences"), i, row) {
		if (!row_removed(row))
			put(number_now(c, row_text(row, "nip")), i, row, rows, gone, absences);
	}
	json_object_foreach (rows, nip, row) {
		person_check(c, nip, row, json_object_get(gone, nip));
	}
	json_object_set_new(result, "absence_removals", removals);
	json_object_set_new(result, "absences", absences);
}
