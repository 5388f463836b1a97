#include "registry_people.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct span {
	const char *from, *until; /* dates sort as texts; until NULL: open */
	const json_t *row; /* NULL: stored, and not in the file */
	size_t i; /* of the row */
};

struct person {
	const char *nip;
	const json_t *stored; /* from → until, of all that are stored */
	struct span *spans; /* by from */
	size_t n;
};

static int by_from(const void *a, const void *b)
{
	return strcmp(((const struct span *)a)->from, ((const struct span *)b)->from);
}

static json_t *day_before(const char *date)
{
	char text[CLOCK_TEXT];
	int32_t day = 0;
	clock_date_parse(date, &day);
	return json_string(clock_date_format(day - 1, text));
}

/* A stored assignment that ends the day before the stored one after it was closed by that one, so
 * that a new one in between may close it earlier; one that ends by itself may not be overlapped. */
static bool was_closed(const struct person *p, const struct span *s)
{
	const char *next = NULL, *from;
	json_t *until;
	json_object_foreach ((json_t *)(uintptr_t)p->stored, from, until) {
		if (strcmp(from, s->from) > 0 && (!next || strcmp(from, next) < 0))
			next = from;
	}
	json_auto_t *end = next ? day_before(next) : NULL;
	return end && strcmp(json_string_value(end), s->until) == 0;
}

static void overlaps_stored(struct check *c, const struct span *s, const struct span *next)
{
	char row[PLACE_TEXT], at[PLACE_TEXT];
	place_field(c, place_row(c, "people", next->i, row), "from", at);
	findings_add(c->found, at,
		"in the registry an assignment from %s until %s reaches over this day; load that "
		"one with an earlier until",
		s->from, s->until);
}

static void overlaps_next(struct check *c, const struct span *s, const struct span *next)
{
	char row[PLACE_TEXT], at[PLACE_TEXT], other[PLACE_TEXT] = "in the registry";
	if (next->row)
		place_row(c, "people", next->i, other);
	place_field(c, place_row(c, "people", s->i, row), "until", at);
	findings_add(
		c->found, at, "reaches into the next assignment, from %s (%s)", next->from, other);
}

static void arrange_stored(struct check *c, const struct person *p, const struct span *s,
	const struct span *next, json_t *result)
{
	if (!next || (s->until && strcmp(s->until, next->from) < 0))
		return;
	if (s->until && !was_closed(p, s)) {
		overlaps_stored(c, s, next);
		return;
	}
	json_array_append_new(json_object_get(result, "closings"),
		json_pack("{s:s, s:s, s:o}", "nip", p->nip, "from", s->from, "until",
			day_before(next->from)));
}

static void arrange_row(struct check *c, const struct person *p, const struct span *s,
	const struct span *next, json_t *result)
{
	if (s->until && next && strcmp(s->until, next->from) >= 0) {
		overlaps_next(c, s, next);
		return;
	}
	json_t *until = s->until ? json_string(s->until)
			: next   ? day_before(next->from)
				 : json_null();
	json_t *superior = json_object_get(s->row, "superior");
	json_array_append_new(json_object_get(result, "assignments"),
		json_pack("{s:s, s:s, s:o, s:O, s:O, s:O?}", "nip", p->nip, "from", s->from,
			"until", until, "unit", json_object_get(s->row, "unit"), "position",
			json_object_get(s->row, "position"), "superior", superior));
}

/* Name and address are those of the latest assignment in the file; an address that it leaves out
 * stays. */
static void arrange_person(const struct person *p, json_t *result)
{
	const json_t *last = NULL;
	for (size_t i = 0; i < p->n; i++)
		if (p->spans[i].row)
			last = p->spans[i].row;
	json_t *email = json_object_get(last, "email");
	json_array_append_new(json_object_get(result, "persons"),
		json_pack("{s:s, s:O, s:O?, s:b}", "nip", p->nip, "name",
			json_object_get(last, "name"), "email", email, "keep_email",
			email == NULL));
}

/* Gathers a person's assignments: `rows` has the places of those in the file by their first day. */
static bool person_gather(struct person *p, const json_t *people, const json_t *rows)
{
	const char *from;
	json_t *v;
	p->spans = calloc(json_object_size(rows) + json_object_size(p->stored), sizeof *p->spans);
	if (!p->spans)
		return false;
	json_object_foreach ((json_t *)(uintptr_t)rows, from, v) {
		size_t i = (size_t)json_integer_value(v);
		const json_t *row = json_array_get(people, i);
		p->spans[p->n++] = (struct span){
			from, json_string_value(json_object_get(row, "until")), row, i};
	}
	json_object_foreach ((json_t *)(uintptr_t)p->stored, from, v) {
		if (!json_object_get(rows, from))
			p->spans[p->n++] =
				(struct span){.from = from, .until = json_string_value(v)};
	}
	qsort(p->spans, p->n, sizeof *p->spans, by_from);
	return true;
}

static void person_arrange(
	struct check *c, const char *nip, const json_t *people, const json_t *rows, json_t *result)
{
	struct person p = {
		.nip = nip, .stored = json_object_get(json_object_get(c->known, "people"), nip)};
	if (!person_gather(&p, people, rows)) {
		findings_add(c->found, "people", "out of memory");
		return;
	}
	for (size_t i = 0; i < p.n; i++) {
		const struct span *next = i + 1 < p.n ? &p.spans[i + 1] : NULL;
		if (p.spans[i].row)
			arrange_row(c, &p, &p.spans[i], next, result);
		else
			arrange_stored(c, &p, &p.spans[i], next, result);
	}
	arrange_person(&p, result);
	free(p.spans);
}

void people_arrange(struct check *c, const json_t *rows, json_t *result)
{
	size_t i;
	const json_t *row;
	const char *nip;
	json_t *places;
	json_auto_t *by_nip = json_object();
	json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
		nip = json_string_value(json_object_get(row, "nip"));
		if (!json_object_get(by_nip, nip))
			json_object_set_new(by_nip, nip, json_object());
		json_object_set_new(json_object_get(by_nip, nip),
			json_string_value(json_object_get(row, "from")),
			json_integer((json_int_t)i));
	}
	json_object_set_new(result, "persons", json_array());
	json_object_set_new(result, "assignments", json_array());
	json_object_set_new(result, "closings", json_array());
	json_object_foreach (by_nip, nip, places) {
		person_arrange(c, nip, rows, places, result);
	}
}
