/* Superiors: from anybody up, on any day, the way ends. */
#include <string.h>

#include "registry_relate.h"

static const struct span *span_on(const struct person *p, const char *day)
{
	for (const struct span *s = p->spans; s < p->spans + p->n; s++)
		if (strcmp(s->from, day) <= 0 && (!*s->end || strcmp(day, s->end) <= 0))
			return s;
	return NULL;
}

static struct person *superior_on(
	const struct check *c, const struct people *p, const struct person *person, const char *day)
{
	const struct span *s = span_on(person, day);
	const char *superior = s ? span_text(s, "superior") : NULL;
	return superior ? people_person(p, number_now(c, superior)) : NULL;
}

/* Whether the way up from somebody comes back to them. */
static bool comes_back(
	const struct check *c, struct people *p, struct person *start, const char *day)
{
	struct person *at = start;
	p->walks++;
	do {
		at->walk = p->walks;
		at = superior_on(c, p, at, day);
	} while (at && at->walk != p->walks);
	return at == start;
}

/* "1986…, 1990… and 2 more"; and the first row of the file that is a part of it, NULL: none is. */
static const struct span *circle_names(const struct check *c, const struct people *p,
	const struct person *start, const char *day, char *out, size_t size)
{
	enum { NAMED = 12 };
	size_t n = 0, len = 0;
	const struct span *row = NULL;
	const struct person *at = start;
	do {
		const struct span *s = span_on(at, day);
		if (s->row && (!row || s->i < row->i))
			row = s;
		if (n++ < NAMED)
			len += (size_t)snprintf(
				out + len, size - len, "%s%s", n > 1 ? ", " : "", at->nip);
		at = superior_on(c, p, at, day);
	} while (at != start);
	if (n > NAMED)
		snprintf(out + len, size - len, " and %zu more", n - NAMED);
	return row;
}

void circles_check(struct check *c, struct people *p)
{
	json_auto_t *told = json_object();
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->list[i].n; k++) {
			char row[PLACE_TEXT], at[PLACE_TEXT], names[320];
			const char *day = p->list[i].spans[k].from;
			const struct span *s =
				comes_back(c, p, &p->list[i], day)
					? circle_names(c, p, &p->list[i], day, names, sizeof names)
					: NULL;
			if (!s)
				continue;
			place_field(c, place_row(c, "people", s->i, row), "superior", at);
			if (!json_object_get(told, at))
				findings_add(c->found, at,
					"from %s on these would be each other's superiors: %s; "
					"give one of them another, or null",
					day, names);
			json_object_set_new(told, at, json_true());
		}
}
