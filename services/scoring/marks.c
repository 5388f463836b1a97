#include "marks.h"

#include <stdlib.h>
#include <string.h>

enum { YEAR_BIT = 0, QUARTER_BIT = 1, MONTH_BIT = 5 };

void marks_done(struct marks *m)
{
	free(m->list);
	*m = (struct marks){0};
}

static bool add(struct marks *m, const uint8_t person[16], int32_t year, uint32_t periods)
{
	if (m->n == m->room) {
		size_t room = m->room ? 2 * m->room : 256;
		struct mark *list = realloc(m->list, room * sizeof *list);
		if (!list)
			return false;
		m->list = list;
		m->room = room;
	}
	struct mark *x = &m->list[m->n++];
	memcpy(x->person, person, sizeof x->person);
	x->year = year;
	x->periods = periods;
	return true;
}

bool marks_add_month(struct marks *m, const uint8_t person[16], int32_t month)
{
	int of_year = month % 12;
	return add(m, person, month / 12,
		1u << YEAR_BIT | 1u << (QUARTER_BIT + of_year / 3) | 1u << (MONTH_BIT + of_year));
}

bool marks_add_year(struct marks *m, const uint8_t person[16], int32_t year)
{
	return add(m, person, year, (1u << PERIODS_OF_YEAR) - 1);
}

static int by_person_year(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	int c = memcmp(x->person, y->person, sizeof x->person);
	return c ? c : x->year - y->year;
}

void marks_merge(struct marks *m)
{
	if (m->n == 0)
		return;
	qsort(m->list, m->n, sizeof *m->list, by_person_year);
	size_t kept = 0;
	for (size_t i = 1; i < m->n; i++)
		if (by_person_year(&m->list[kept], &m->list[i]) == 0)
			m->list[kept].periods |= m->list[i].periods;
		else
			m->list[++kept] = m->list[i];
	m->n = kept + 1;
}
