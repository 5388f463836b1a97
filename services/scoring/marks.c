#include "marks.h"

#include <stdlib.h>
#include <string.h>

enum { YEAR_BIT = 0, QUARTER_BIT = 1, MONTH_BIT = 5, ROOM_FIRST = 256 };

void marks_done(struct marks *m)
{
	free(m->list);
	*m = (struct marks){0};
}

uint32_t marks_of_month(int32_t month)
{
	int of_year = month % 12;
	return 1u << YEAR_BIT | 1u << (QUARTER_BIT + of_year / 3) | 1u << (MONTH_BIT + of_year);
}

uint32_t marks_of_year(void)
{
	return (1u << PERIODS_OF_YEAR) - 1;
}

static int by_person_year(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	int c = memcmp(x->person, y->person, sizeof x->person);
	return c ? c : x->year - y->year;
}

/* Where the mark is, or the free place where it belongs. Ids are random: any of their bits will do.
 */
static struct mark *place_of(const struct mark *list, size_t room, const struct mark *x)
{
	uint64_t hash;
	memcpy(&hash, x->person, sizeof hash);
	for (size_t i = (hash + (uint64_t)x->year) & (room - 1);; i = (i + 1) & (room - 1))
		if (!list[i].periods || by_person_year(&list[i], x) == 0)
			return (struct mark *)(uintptr_t)&list[i];
}

static bool marks_grow(struct marks *m)
{
	size_t room = m->room ? 2 * m->room : ROOM_FIRST;
	struct mark *list = calloc(room, sizeof *list);
	if (!list)
		return false;
	for (size_t i = 0; i < m->room; i++)
		if (m->list[i].periods)
			*place_of(list, room, &m->list[i]) = m->list[i];
	free(m->list);
	m->list = list;
	m->room = room;
	return true;
}

bool marks_add(struct marks *m, const struct mark *x)
{
	if (2 * m->n >= m->room && !marks_grow(m))
		return false;
	struct mark *at = place_of(m->list, m->room, x);
	if (at->periods) {
		at->periods |= x->periods;
	} else {
		*at = *x;
		m->n++;
	}
	return true;
}

void marks_sort(struct marks *m)
{
	size_t n = 0;
	for (size_t i = 0; i < m->room; i++)
		if (m->list[i].periods)
			m->list[n++] = m->list[i];
	m->n = n;
	if (n)
		qsort(m->list, n, sizeof *m->list, by_person_year);
}
