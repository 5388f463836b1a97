/* If these fail, somebody is counted in a unit that they have left, pages and messages speak of
 * days that were not served, or a change of either is told to nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "appraisal/compute.h"
#include "appraisal/pace.h"
#include "base/array.h"
#include "base/clock.h"

/* A person who was asked for no complaint, in units that declared that there was none: every score
 * says the same but for its facts. */
struct life {
	struct span {
		const char *from, *until;
	} assignments[3], absences[3]; /* the units are "a", "b", "c" */
};

static int32_t day(const char *text)
{
	int32_t date = INT32_MAX;

	assert_true(text == NULL || clock_date_parse(text, &date));
	return date;
}

static struct computed_score computed(const struct life *life, const char *text)
{
	char *units[] = {"a", "b", "c"};
	struct score_assignment assignments[3];
	struct score_absence absences[3];
	struct roster_ruleset rules = {.version = "x", .from = INT32_MIN, .rules.version = "x"};
	struct score_plan_item item = {.indicator = 1,
		.code = "complaints",
		.aspect = "service_quality",
		.direction = DIRECTION_LESS,
		.weight = 10000};
	struct score_complete complete[COUNT(units) * STRETCH_MONTHS] = {0};
	struct score_plan plan = {.version = 1,
		.from = INT32_MIN,
		.status = PLAN_AGREED,
		.has_items = true,
		.items = {&item, 1}};
	struct roster_person person = {
		.assignments = assignments, .absences = absences, .plans = &plan, .n_plans = 1};
	const struct roster roster = {.units = units,
		.rulesets = &rules,
		.people = &person,
		.n_units = COUNT(units),
		.n_rulesets = 1,
		.n_people = 1};
	const struct compute_data declared = {.complete = complete, .n_complete = COUNT(complete)};
	struct computed_score out;
	struct period period;
	struct err e = {0};

	for (int i = 0; i < 3 && life->assignments[i].from; i++)
		assignments[person.n_assignments++] = (struct score_assignment){
			day(life->assignments[i].from), day(life->assignments[i].until), i, -1};
	for (int i = 0; i < 3 && life->absences[i].from; i++)
		absences[person.n_absences++] = (struct score_absence){
			day(life->absences[i].from), day(life->absences[i].until)};
	assert_true(period_parse(text, &period));
	plan.year = period_year(period);
	for (int i = 0; i < (int)COUNT(complete); i++)
		complete[i] = (struct score_complete){
			i / STRETCH_MONTHS, plan.year * 12 + i % STRETCH_MONTHS, item.indicator};
	qsort(complete, COUNT(complete), sizeof *complete, score_complete_order);
	assert_true(compute_score(&roster, &declared, person.id, period, NULL, 1, &out, &e));
	return out;
}

static void test_facts(void **state)
{
	static const struct {
		struct life life;
		const char *period, *unit, *days;
	} cases[] = {
		{{{{"2025-01-01", NULL}}, {{0}}}, "2026-03", "a", "{[2026-03-01,2026-03-31]}"},
		{{{{"2025-01-01", NULL}}, {{0}}}, "9999", "a", "{[9999-01-01,9999-12-31]}"},
		{{{{"2024-02-29", NULL}}, {{"2024-02-29", "2024-12-30"}}}, "2024", "a",
			"{[2024-12-31,2024-12-31]}"},
		/* two posts, one after the other, and one after a gap */
		{{{{"2025-01-01", "2026-03-15"}, {"2026-03-16", NULL}}, {{0}}}, "2026-03", "b",
			"{[2026-03-01,2026-03-31]}"},
		{{{{"2025-01-01", "2026-03-15"}, {"2026-03-18", NULL}}, {{0}}}, "2026-03", "b",
			"{[2026-03-01,2026-03-15],[2026-03-18,2026-03-31]}"},
		/* away since before a transfer, and on single days */
		{{{{"2025-01-01", "2026-03-15"}, {"2026-03-16", NULL}},
			 {{"2026-03-10", "2026-04-02"}}},
			"2026-03", "a", "{[2026-03-01,2026-03-09]}"},
		{{{{"2025-01-01", NULL}},
			 {{"2026-03-01", "2026-03-01"}, {"2026-03-03", "2026-03-03"},
				 {"2026-03-31", "2026-03-31"}}},
			"2026-03", "a", "{[2026-03-02,2026-03-02],[2026-03-04,2026-03-30]}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct computed_score s = computed(&cases[i].life, cases[i].period);
		assert_string_equal(s.unit, cases[i].unit);
		assert_string_equal(s.service_days, cases[i].days);
		computed_score_done(&s);
	}
}

static void test_no_service_day_has_no_facts(void **state)
{
	const struct life away = {{{"2025-01-01", NULL}}, {{"2026-03-01", "2026-03-31"}}};
	struct computed_score s = computed(&away, "2026-03");

	(void)state;
	assert_int_equal(s.state, COMPUTED_NONE);
	assert_null(s.unit);
	assert_null(s.service_days);
	computed_score_done(&s);
}

/* Two scores that say the same in the same text. */
static void test_facts_are_content(void **state)
{
	static const struct {
		struct life a, b;
		bool same;
	} cases[] = {
		{{{{"2025-01-01", NULL}}, {{0}}}, {{{"2026-03-01", NULL}}, {{0}}}, true},
		{{{{"2025-01-01", NULL}}, {{0}}},
			{{{"2025-01-01", NULL}}, {{"2026-03-31", "2026-03-31"}}}, false},
		{{{{"2025-01-01", NULL}}, {{0}}},
			{{{"2025-01-01", "2026-03-15"}, {"2026-03-16", NULL}}, {{0}}}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct computed_score a = computed(&cases[i].a, "2026-03");
		struct computed_score b = computed(&cases[i].b, "2026-03");
		assert_string_equal(a.text, b.text);
		assert_int_equal(compute_stands(&a, b.content), cases[i].same);
		computed_score_done(&a);
		computed_score_done(&b);
	}
}

static void test_pace(void **state)
{
	static const struct {
		dec_wide target, realized;
		int elapsed, all;
		bool less;
		dec_wide expected, gap;
		bool behind;
	} cases[] = {
		{4000, 1800, 19, 25, false, 3040, -1240, true},
		{4000, 3040, 19, 25, false, 3040, 0, false},
		{400, 100, 19, 25, true, 304, -204, false},
		{400, 400, 19, 25, true, 304, 96, true},
		{100, 0, 1, 3, false, 33, -33, true}, /* 33.33… */
		{100, 0, 1, 8, false, 13, -13, true}, /* 12.5 goes up */
		{0, 0, 0, 31, true, 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pace p = pace_of(cases[i].target, cases[i].realized, cases[i].elapsed,
			cases[i].all, cases[i].less);
		if (p.expected != cases[i].expected || p.gap != cases[i].gap ||
			p.behind != cases[i].behind)
			fail_msg("case %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_no_service_day_has_no_facts),
		cmocka_unit_test(test_facts_are_content),
		cmocka_unit_test(test_pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
