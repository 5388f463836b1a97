/* What would change an item's rating. */
#include "appraisal/score.h"

static dec_wide step_of(const struct score_item *item)
{
	if (item->plan->step > 0)
		return item->plan->step;
	return item->plan->measure == MEASURE_COUNT ? DEC_SHOWN : 1;
}

/* What `realized` would be after so many steps. */
static dec_wide after(const struct score_item *item, dec_wide steps)
{
	dec_wide change = steps * step_of(item);

	return item->realized + (item->plan->direction == DIRECTION_LESS ? -change : change);
}

struct wish {
	const struct score_ruleset *ruleset;
	const struct score_item *item;
	dec_wide achievement;
};

static bool reaches(const struct wish *w, dec_wide steps)
{
	return score_achievement(w->ruleset, w->item->plan->direction, &w->item->target,
		       after(w->item, steps)) >= w->achievement;
}

/* As far as it makes sense to go: for less down to 0; for more to that share of the target's upper
 * bound, and against 0 anything will do. */
static dec_wide most_steps(const struct wish *w)
{
	const dec_wide full = 100 * DEC_SHOWN;
	const dec_wide step = step_of(w->item);
	dec_wide far;

	if (w->item->plan->direction == DIRECTION_LESS)
		return w->item->realized / step;
	far = (w->achievement * w->item->target.high + full - 1) / full - w->item->realized;
	return far > 0 ? (far + step - 1) / step : 1;
}

/* Bisection on the achievement itself, so that its rounding decides: it never falls on the way,
 * whatever the direction and target, once `realized` is not negative for less. */
static dec_wide fewest_steps(const struct wish *w, dec_wide most)
{
	dec_wide too_few = 0;

	while (most - too_few > 1) {
		dec_wide middle = too_few + (most - too_few) / 2;

		if (reaches(w, middle))
			most = middle;
		else
			too_few = middle;
	}
	return most;
}

/* No figure is beyond its greatest, and nobody is told to leave a range. */
static bool can_be(const struct score_item *item, dec_wide realized)
{
	if (item->plan->has_result_max && realized > item->plan->result_max)
		return false;
	if (!item->target.range)
		return true;
	return item->plan->direction == DIRECTION_LESS ? realized >= item->target.low
						       : realized <= item->target.high;
}

bool score_hint(
	const struct score_ruleset *ruleset, const struct score_item *item, struct score_hint *out)
{
	const struct wish w = {ruleset, item,
		item->rating == RATING_BELOW ? ruleset->below_under : ruleset->above_from};
	dec_wide most = most_steps(&w);
	dec_wide then;

	if (item->rating == RATING_ABOVE || most <= 0 || !reaches(&w, most))
		return false;
	then = after(item, fewest_steps(&w, most));
	if (!can_be(item, then))
		return false;
	*out = (struct score_hint){item->plan, then - item->realized, item->rating + 1};
	return true;
}
