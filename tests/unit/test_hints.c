/* If these fail, somebody is told to do what nobody can, or more than would be enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "appraisal/score.h"
#include "base/array.h"

static const struct score_ruleset rules = {
	.version = "2026.1", .cap = 12000, .below_under = 9000, .above_from = 11000, .most = 5000};

static struct score_target target_of(int64_t low, int64_t high)
{
	return (struct score_target){.low = low, .high = high, .range = low != high};
}

static bool hint_of(const struct score_plan_item *plan, int64_t low, int64_t high, int64_t realized,
	struct score_hint *out)
{
	struct score_item item = {
		.plan = plan, .target = target_of(low, high), .realized = realized};

	item.achievement = score_achievement(&rules, plan->direction, &item.target, realized);
	item.rating = score_rating(&rules, item.achievement);
	return score_hint(&rules, &item, out);
}

static void test_hints(void **state)
{
	static const struct {
		enum measure measure;
		enum direction direction;
		int64_t low, high, realized, need; /* 0: none */
		enum rating to;
	} cases[] = {
		{MEASURE_COUNT, DIRECTION_MORE, 4000, 4000, 3800, 600, RATING_ABOVE},
		{MEASURE_COUNT, DIRECTION_MORE, 4000, 4000, 3500, 100, RATING_MEETS},
		{MEASURE_COUNT, DIRECTION_MORE, 4000, 4000, 4400, 0, 0},
		{MEASURE_COUNT, DIRECTION_MORE, 2286, 2286, 0, 2100, RATING_MEETS},
		/* one more visit makes it ABOVE at once; the next class is still the one it reaches
		   first */
		{MEASURE_COUNT, DIRECTION_MORE, 50, 50, 0, 100, RATING_MEETS},
		{MEASURE_SUM, DIRECTION_MORE, 20000, 20000, 17950, 49,
			RATING_MEETS}, /* 89.995 will do */
		{MEASURE_RATIO, DIRECTION_MORE, 9000, 9000, 8100, 1800, RATING_ABOVE},
		{MEASURE_SUM, DIRECTION_MORE, 10000, 10000, -500, 9500, RATING_MEETS},
		/* nobody is told to leave a range, from within, from before, or further */
		{MEASURE_COUNT, DIRECTION_MORE, 2000, 3000, 2500, 0, 0},
		{MEASURE_COUNT, DIRECTION_MORE, 2000, 3000, 1900, 0, 0},
		{MEASURE_COUNT, DIRECTION_MORE, 2000, 3000, 3100, 0, 0},
		{MEASURE_COUNT, DIRECTION_MORE, 30, 60, 0, 0, 0},
		{MEASURE_SUM, DIRECTION_MORE, 30, 60, 0, 27, RATING_MEETS},
		{MEASURE_MEAN, DIRECTION_LESS, 2000, 3000, 2500, 0, 0},
		{MEASURE_MEAN, DIRECTION_LESS, 2000, 3000, 3200, 0, 0},
		{MEASURE_MEAN, DIRECTION_LESS, 2000, 3000, 1900, 0, 0},
		{MEASURE_COUNT, DIRECTION_LESS, 210, 260, 300, 0, 0},
		{MEASURE_COUNT, DIRECTION_LESS, 200, 260, 300, -100, RATING_MEETS},
		{MEASURE_COUNT, DIRECTION_MORE, 2000, 3000, 1700, 100, RATING_MEETS},
		/* against 0 anything counts for the cap */
		{MEASURE_COUNT, DIRECTION_MORE, 0, 0, 100, 0, 0},
		{MEASURE_COUNT, DIRECTION_MORE, 0, 0, 0, 100, RATING_ABOVE},
		{MEASURE_SUM, DIRECTION_MORE, 0, 0, 0, 1, RATING_ABOVE},
		{MEASURE_COUNT, DIRECTION_LESS, 500, 500, 700, -200, RATING_MEETS},
		{MEASURE_COUNT, DIRECTION_LESS, 500, 500, 500, -100, RATING_ABOVE},
		{MEASURE_COUNT, DIRECTION_LESS, 100, 100, 100, -100, RATING_ABOVE},
		{MEASURE_MEAN, DIRECTION_LESS, 3000, 3000, 3350, -50, RATING_MEETS},
		{MEASURE_MEAN, DIRECTION_LESS, 3000, 3000, 99900, -96600, RATING_MEETS},
		{MEASURE_COUNT, DIRECTION_LESS, 0, 0, 300, -300, RATING_MEETS},
		{MEASURE_COUNT, DIRECTION_LESS, 0, 0, 0, 0,
			0}, /* MEETS, and nothing is better than none */
		{MEASURE_COUNT, DIRECTION_LESS, 0, 200, 0, 0, 0},
		{MEASURE_COUNT, DIRECTION_LESS, 0, 200, 100, 0, 0},
		{MEASURE_COUNT, DIRECTION_LESS, 0, 200, 300, -100, RATING_MEETS},
		{MEASURE_MEAN, DIRECTION_LESS, 0, 0, -5, 0, 0}, /* less is never below 0 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct score_plan_item plan = {
			.measure = cases[i].measure, .direction = cases[i].direction};
		struct score_hint hint;
		bool any = hint_of(&plan, cases[i].low, cases[i].high, cases[i].realized, &hint);

		if (any != (cases[i].need != 0) ||
			(any && (hint.need != cases[i].need || hint.to != cases[i].to)))
			fail_msg("case %zu", i);
	}
}

static void test_hints_in_steps_up_to_the_greatest(void **state)
{
	static const struct {
		enum measure measure;
		enum direction direction;
		int64_t target, realized, need; /* 0: none */
		enum rating to;
		int64_t step, result_max; /* 0: none given */
	} cases[] = {
		/* presence: 106.7 % of the time is nobody there */
		{MEASURE_RATIO, DIRECTION_MORE, 9700, 9800, 0, 0, 0, 10000},
		{MEASURE_RATIO, DIRECTION_MORE, 9700, 8000, 730, RATING_MEETS, 0, 10000},
		{MEASURE_RATIO, DIRECTION_MORE, 9090, 9500, 499, RATING_ABOVE, 0, 9999},
		{MEASURE_RATIO, DIRECTION_MORE, 9090, 9500, 0, 0, 0, 9998},
		/* what moves in whole things */
		{MEASURE_SUM, DIRECTION_MORE, 11111, 10000, 2300, RATING_ABOVE, 100, 0},
		{MEASURE_SUM, DIRECTION_MORE, 9900, 8000, 1200, RATING_MEETS, 1200, 0},
		{MEASURE_SUM, DIRECTION_MORE, 9900, 8000, 950, RATING_MEETS, 50, 0},
		{MEASURE_SUM, DIRECTION_MORE, 9900, 8050, 900, RATING_MEETS, 100, 0},
		{MEASURE_COUNT, DIRECTION_MORE, 4000, 3500, 500, RATING_MEETS, 500, 0},
		{MEASURE_COUNT, DIRECTION_MORE, 4000, 3500, 0, 0, 500, 3999},
		{MEASURE_MEAN, DIRECTION_LESS, 3000, 3350, -100, RATING_MEETS, 100, 0},
		/* in whole steps from 3.50 there is no way to 0 */
		{MEASURE_SUM, DIRECTION_LESS, 0, 350, 0, 0, 100, 0},
		{MEASURE_SUM, DIRECTION_LESS, 0, 350, -350, RATING_MEETS, 50, 0},
		{MEASURE_SUM, DIRECTION_MORE, 0, 0, 0, 0, 100, 99},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct score_plan_item plan = {.measure = cases[i].measure,
			.direction = cases[i].direction,
			.step = cases[i].step,
			.has_result_max = cases[i].result_max > 0,
			.result_max = cases[i].result_max};
		struct score_hint hint = {.need = 0};
		bool any =
			hint_of(&plan, cases[i].target, cases[i].target, cases[i].realized, &hint);

		if (any != (cases[i].need != 0) || hint.need != cases[i].need ||
			(any && hint.to != cases[i].to))
			fail_msg("case %zu: %ld", i, (long)hint.need);
	}
}

/* The first step that reaches the next class, found by trying them all; 0 when none does. */
static int64_t tried(
	const struct score_plan_item *plan, int64_t low, int64_t high, int64_t realized)
{
	struct score_target t = target_of(low, high);
	enum rating now =
		score_rating(&rules, score_achievement(&rules, plan->direction, &t, realized));
	int64_t step = (plan->measure == MEASURE_COUNT ? 100 : 1) *
		       (plan->direction == DIRECTION_LESS ? -1 : 1);

	for (int64_t r = realized + step; now != RATING_ABOVE && r >= 0 && r <= 1000; r += step) {
		if (score_rating(&rules, score_achievement(&rules, plan->direction, &t, r)) <= now)
			continue;
		return t.range && (step > 0 ? r > high : r < low) ? 0 : r - realized;
	}
	return 0;
}

static void test_hints_are_the_smallest_change(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 4; kind++) {
		const struct score_plan_item plan = {
			.measure = kind & 1 ? MEASURE_SUM : MEASURE_COUNT,
			.direction = kind & 2 ? DIRECTION_LESS : DIRECTION_MORE};

		for (int64_t low = 0; low <= 330; low += 11) {
			for (int64_t high = low; high <= 330; high += 55) {
				for (int64_t realized = 0; realized <= 700;
					realized += plan.measure == MEASURE_COUNT ? 100 : 7) {
					struct score_hint hint;
					int64_t need = 0;

					if (hint_of(&plan, low, high, realized, &hint))
						need = (int64_t)hint.need;
					assert_int_equal(need, tried(&plan, low, high, realized));
				}
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_hints_in_steps_up_to_the_greatest),
		cmocka_unit_test(test_hints_are_the_smallest_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
