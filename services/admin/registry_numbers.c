/* One person, whichever of their numbers a row bears: `was` corrects a NIP, before all else. */
#include <string.h>

#include "registry_relate.h"

const char *number_now(const struct check *c, const char *nip)
{
	const char *now = json_string_value(json_object_get(c->numbers, nip));
	return now ? now : nip;
}

const json_t *known_of(const struct check *c, const char *part, const char *nip_now)
{
	const char *stored = json_string_value(json_object_get(c->holders, nip_now));
	return stored && *stored ? json_object_get(json_object_get(c->known, part), stored) : NULL;
}

/* The person of a number; NULL when it is nobody's yet. */
static const char *person_of(const struct check *c, const char *nip)
{
	const char *now = number_now(c, nip);
	return json_object_get(c->holders, now) ? now : NULL;
}

static void becomes(struct check *c, const char *old, const char *now)
{
	json_t *stored = json_incref(json_object_get(c->holders, old));
	const char *nip;
	json_t *v;
	json_object_foreach (c->numbers, nip, v) {
		if (strcmp(json_string_value(v), old) == 0)
			json_string_set(v, now);
	}
	json_object_set_new(c->numbers, old, json_string(now));
	json_object_set_new(c->holders, now, stored);
	json_object_del(c->holders, old);
}

/* A number, and whose it is when it is only one of before. */
static const char *number_told(const char *nip, const char *now, char out[80])
{
	if (strcmp(nip, now) == 0)
		snprintf(out, 80, "%s", nip);
	else
		snprintf(out, 80, "%s (a former number of %s)", nip, now);
	return out;
}

static void two_people(struct check *c, size_t i, const json_t *said)
{
	char row[PLACE_TEXT], at[PLACE_TEXT], old[80], new[80];
	const char *was = row_text(said, "was"), *nip = row_text(said, "nip");
	findings_add(c->found, place_field(c, place_row(c, "people", i, row), "was", at),
		"%s and %s are two people already; a number can be corrected to one that nobody "
		"has",
		number_told(was, person_of(c, was), old), number_told(nip, person_of(c, nip), new));
}

static void correct(struct check *c, size_t i, const json_t *said)
{
	char held_text[32] = "";
	const char *was = row_text(said, "was"), *nip = row_text(said, "nip");
	const char *old = person_of(c, was), *other = person_of(c, nip);
	const char *held = old ? old : other;
	if (old && other && strcmp(old, other) != 0) {
		two_people(c, i, said);
		return;
	}
	snprintf(held_text, sizeof held_text, "%s", held ? held : "");
	if (!held)
		json_object_set_new(c->holders, nip, json_string(""));
	else if (strcmp(held, nip) != 0)
		becomes(c, held_text, nip);
	json_object_del(c->numbers, nip);
	if (strcmp(was, nip) != 0)
		json_object_set_new(c->numbers, was, json_string(nip));
}

static void add_renames(const struct check *c, json_t *result)
{
	const char *now;
	json_t *stored;
	json_t *renames = json_array();
	json_object_foreach (c->holders, now, stored) {
		const char *nip = json_string_value(stored);
		if (*nip && strcmp(nip, now) != 0)
			json_array_append_new(
				renames, json_pack("{s:s, s:s}", "nip", nip, "now", now));
	}
	json_object_set_new(result, "renames", renames);
}

/* Numbers of before that are not stored so. */
static void add_former(const struct check *c, json_t *result)
{
	const char *nip;
	json_t *v, *former = json_array(), *unformer = json_array();
	json_t *known = json_object_get(c->known, "former");
	json_object_foreach (c->numbers, nip, v) {
		const char *now = json_string_value(v);
		if (!json_object_get(known, nip))
			json_array_append_new(
				former, json_pack("{s:s, s:s}", "nip", nip, "now", now));
	}
	json_object_foreach (known, nip, v) {
		if (!json_object_get(c->numbers, nip))
			json_array_append_new(unformer, json_pack("{s:s}", "nip", nip));
	}
	json_object_set_new(result, "former", former);
	json_object_set_new(result, "unformer", unformer);
}

/* Corrections of corrections, whatever the order of the rows */

/* How many rows still have to say how a number came to be: those that correct it further wait for
 * them. */
static json_int_t waits_count(json_t *waits, const char *nip, int more)
{
	json_int_t n = json_integer_value(json_object_get(waits, nip)) + more;
	json_object_set_new(waits, nip, json_integer(n));
	return n;
}

static json_t *corrections_gather(const struct check *c, json_t *waits)
{
	size_t i;
	json_t *row, *todo = json_array();
	json_array_foreach (json_object_get(c->root, "people"), i, row) {
		const char *was = row_text(row, "was"), *nip = row_text(row, "nip");
		if (!was)
			continue;
		json_array_append_new(todo, json_integer((json_int_t)i));
		if (strcmp(was, nip) != 0)
			waits_count(waits, nip, 1);
	}
	return todo;
}

/* Those that wait for none, in the order of the rows; where all wait, in a circle, the first.
 * Returns those that are left. */
static json_t *corrections_pass(struct check *c, json_t *waits, const json_t *todo, bool first)
{
	size_t k;
	json_t *place, *left = json_array();
	json_array_foreach ((json_t *)(uintptr_t)todo, k, place) {
		size_t i = (size_t)json_integer_value(place);
		const json_t *row = json_array_get(json_object_get(c->root, "people"), i);
		const char *was = row_text(row, "was"), *nip = row_text(row, "nip");
		bool same = strcmp(was, nip) == 0;
		if (!same && !first && waits_count(waits, was, 0) > 0) {
			json_array_append(left, place);
			continue;
		}
		first = false;
		correct(c, i, row);
		if (!same)
			waits_count(waits, nip, -1);
	}
	return left;
}

static void corrections(struct check *c)
{
	json_auto_t *waits = json_object();
	json_t *todo = corrections_gather(c, waits);
	bool stuck = false;
	while (json_array_size(todo) > 0) {
		json_t *left = corrections_pass(c, waits, todo, stuck);
		stuck = json_array_size(left) == json_array_size(todo);
		json_decref(todo);
		todo = left;
	}
	json_decref(todo);
}

/* Whose number a row alone corrects must be there: in the registry, or with an assignment here. */
static void lone_check(struct check *c)
{
	char at[PLACE_TEXT];
	size_t i;
	json_t *row;
	const json_t *rows = json_object_get(c->root, "people");
	json_auto_t *there = json_object();
	json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
		if (!row_removed(row) && !row_corrects(row))
			json_object_set(there, number_now(c, row_text(row, "nip")), json_true());
	}
	json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
		const char *now = number_now(c, row_text(row, "nip"));
		const char *stored = json_string_value(json_object_get(c->holders, now));
		if (row_corrects(row) && !(stored && *stored) && !json_object_get(there, now))
			findings_add(c->found, place_row(c, "people", i, at),
				"nobody has either number, neither in the file nor in the "
				"registry; a row that only corrects a number needs its person "
				"there");
	}
}

void numbers_relate(struct check *c, json_t *result)
{
	const char *nip;
	json_t *v;
	c->numbers = json_deep_copy(json_object_get(c->known, "former"));
	c->holders = json_object();
	if (!c->numbers)
		c->numbers = json_object();
	json_object_foreach (json_object_get(c->known, "people"), nip, v) {
		json_object_set_new(c->holders, nip, json_string(nip));
	}
	corrections(c);
	lone_check(c);
	add_renames(c, result);
	add_former(c, result);
}
