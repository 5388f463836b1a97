/* facts: what a score says, read from its JSON. Pure. Figures in hundredths, as they are shown. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "appraisal/score.h"
#include "base/dec.h"

struct facts_item {
	const char *indicator;
	struct score_target target;
	dec_wide realized, achievement;
	enum rating rating;
	int64_t events;
	bool brief; /* held so briefly that it has no part in the rating as a whole */
	bool has_hint; /* there is a change of realized that changes the rating: */
	dec_wide need; /* this one, negative where less is better, */
	enum rating to; /* to this */
};

struct facts {
	json_t *root; /* owned; the texts are borrowed from it */
	int64_t revision;
	bool rated; /* false: nothing was measured, or only what weighs nothing */
	dec_wide results;
	enum rating rating;
	struct facts_item *items;
	size_t n_items;
	const json_t *missing; /* an array of codes */
};

/* Fields that are not named here are passed over: whatever is new in a score is no reason to fall
 * silent about it. False, and nothing to free, when the text is no score or has a figure beyond
 * exact arithmetic. */
bool facts_read(const char *text, size_t len, struct facts *out);
void facts_done(struct facts *f); /* fine on a zeroed struct, which says: there is no score */

/* "BELOW" → the rating; false when it is none. */
bool facts_rating(const json_t *name, enum rating *out);
