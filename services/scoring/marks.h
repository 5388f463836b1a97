/* marks: which periods of which people are to be scored, gathered from a batch of messages. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/period.h"

/* A person's year, with a bit for each of its periods in the order of period_all. */
struct mark {
	uint8_t person[16];
	int32_t year;
	uint32_t periods;
};

struct marks {
	struct mark *list;
	size_t n, room;
};

void marks_done(struct marks *m);
/* The month's own score, its quarter's and its year's. False without memory. */
bool marks_add_month(struct marks *m, const uint8_t person[16], int32_t month);
/* Every period of the year. */
bool marks_add_year(struct marks *m, const uint8_t person[16], int32_t year);
/* Sorts by person and year, and makes one of equal ones. */
void marks_merge(struct marks *m);
