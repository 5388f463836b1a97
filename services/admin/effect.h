/* effect: what one registry makes other than another of people's days. Pure. */
#pragma once

#include <stdint.h>

#include "appraisal/roster.h"

struct effect {
	struct db_array persons, years; /* whose scores can move, a row for each year */
	int64_t n; /* of those */
	int64_t targets, otherwise; /* people: whose targets change, or what else their scores are
				       made by, in months that have not ended */
	int32_t targets_from, otherwise_from; /* the first of those months */
	int64_t ended; /* months that have ended, and change … */
	int64_t ended_people; /* … for so many */
};

void effect_init(struct effect *e);
void effect_done(struct effect *e);

/* Adds what is between the two. `today` divides the months; people whom `before` does not know
 * change nothing for anybody, and only stand in the list. False: out of memory. */
bool effect_find(
	struct effect *e, const struct roster *before, const struct roster *after, int32_t today);
