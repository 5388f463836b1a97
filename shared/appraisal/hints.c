/* What would change an item's rating. */
#include "appraisal/score.h"

static dec_wide step_of(const struct score_item *item)
{
	return item->plan->measure == MEASURE_COUNT ? DEC_SHOWN : 1;
}

static dec_wide change(const struct score_item *item, dec_wide steps)
{
	return item->plan->direction == DIRECTION_LESS ? -steps * step_of(item)
						       : steps * step_of(item);
}

static bool reaches(const struct score_item *item, dec_wide steps, dec_wide wanted)
{
	return score_achievement(item->plan->direction, &item->target,
		       item->realized + change(item, steps)) >= wanted;
}

/* As far as it makes sense to go: for less down to 0, for more to that share of the target's upper
 * bound. */
static dec_wide most_steps(const struct score_item *item, dec_wide wanted)
{
	const dec_wide full = 100 * DEC_SHOWN;
	dec_wide far;

	if (item->plan->direction == DIRECTION_LESS)
		return item->realized / step_of(item);
	far = (wanted * item->target.high + full - 1) / full - item->realized;
	return (far + step_of(item) - 1) / step_of(item);
}

/* Bisection on the achievement itself, so that its rounding decides: it never falls on the way,
 * whatever the direction and target, once `realized` is not negative for less. */
static dec_wide fewest_steps(const struct score_item *item, dec_wide wanted, dec_wide most)
{
	dec_wide too_few = 0;

	while (most - too_few > 1) {
		dec_wide middle = too_few + (most - too_few) / 2;

		if (reaches(item, middle, wanted))
			most = middle;
		else
			too_few = middle;
	}
	return most;
}

bool score_hint(
	const struct score_ruleset *ruleset, const struct score_item *item, struct score_hint *out)
{
	dec_wide wanted = item->rating == RATING_BELOW ? ruleset->below_under : ruleset->above_from;
	dec_wide most;

	if (item->rating == RATING_ABOVE)
		return false;
	most = most_steps(item, wanted);
	if (most <= 0 || !reaches(item, most, wanted))
		return false;
	out->plan = item->plan;
	out->need = change(item, fewest_steps(item, wanted, most));
	out->to = item->rating + 1;
	return true;
}
