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

static void correct(struct check *c, size_t i, const char *nip, const char *was)
{
	char row[PLACE_TEXT], at[PLACE_TEXT], held_text[32] = "";
	const char *old = person_of(c, was), *new = person_of(c, nip);
	const char *held = old ? old : new;
	if (old && new &&strcmp(old, new) != 0) {
		findings_add(c->found, place_field(c, place_row(c, "people", i, row), "was", at),
			"%s and %s are two people already; a number can be corrected to one that "
			"nobody has",
			was, nip);
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

void numbers_relate(struct check *c, json_t *result)
{
	const char *nip;
	size_t i;
	json_t *v;
	c->numbers = json_deep_copy(json_object_get(c->known, "former"));
	c->holders = json_object();
	if (!c->numbers)
		c->numbers = json_object();
	json_object_foreach (json_object_get(c->known, "people"), nip, v) {
		json_object_set_new(c->holders, nip, json_string(nip));
	}
	json_array_foreach (json_object_get(c->root, "people"), i, v) {
		if (row_text(v, "was"))
			correct(c, i, row_text(v, "nip"), row_text(v, "was"));
	}
	add_renames(c, result);
	add_former(c, result);
}
