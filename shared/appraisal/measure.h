/* measure: an item's evidence and target out of the stretches that have it. Pure; a part of
 * score.c, not for others. */
#pragma once

#include "appraisal/score.h"

/* What there is of an indicator on some days. */
struct tally {
	int64_t n;
	dec_wide sum, sum_of;
	struct score_moment latest; /* when n > 0 */
	dec_wide latest_value;
};

/* An item in one stretch, with the evidence that lies there. */
struct holding {
	const struct stretch *stretch;
	const struct score_plan_item *plan;
	struct tally tally;
};

/* False when a sum is beyond exact arithmetic. */
bool tally_total(struct tally *t, const struct score_total *row) MUST_CHECK;
bool tally_event(struct tally *t, const struct score_evidence *event) MUST_CHECK;
/* `sum` is that of what the item takes of the answers: whole numbers. */
bool tally_answers(struct tally *t, const struct score_plan_item *plan,
	const struct survey_sums *answers) MUST_CHECK;

/* The stretches of one item, in the order of their days. */
struct held {
	const struct holding *list[STRETCH_DAYS];
	size_t n;
};

enum measured { MEASURED, MEASURED_NOT, MEASURED_INEXACTLY };

/* Takes the units out of which nothing came out of `held` and notes their codes in `left`, which
 * has room for each; then target, realized, events and left of the item. */
enum measured measure(
	const struct score_input *in, struct held *held, const char **left, struct score_item *out);
