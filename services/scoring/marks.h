/* marks: which periods of which people are to be scored, gathered from a batch of messages. A mark
 * that comes again is merged at once, so that there are never more than there are people's years.
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/period.h"

/* A person's year, with a bit for each of its periods in the order of period_all. */
struct mark {
	uint8_t person[16];
	int32_t year;
	uint32_t periods; /* never 0 in a list */
	int by; /* the number of the message that asked for it first */
};

struct marks {
	struct mark *list; /* after marks_sort by person and year; before it a hash table */
	size_t n, room;
};

void marks_done(struct marks *m);

/* Bits: the month's own score, its quarter's and its year's; all of a year. */
uint32_t marks_of_month(int32_t month);
uint32_t marks_of_year(void);

/* False without memory. Not after marks_sort. */
bool marks_add(struct marks *m, const struct mark *x);
void marks_sort(struct marks *m);
