/* If these fail, somebody is asked on a day for what was not theirs to do on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appraisal/stretch.h"
#include "base/array.h"
#include "calendar.h"

static int32_t days_in(const struct stretches *s, int32_t month)
{
	int32_t days = 0;

	for (int32_t i = 0; i < s->n; i++)
		days += s->list[i].month == month ? s->list[i].days : 0;
	return days;
}

static void test_service_days(void **state)
{
	struct span {
		const char *from, *until;
	};
	static const struct {
		const char *period;
		struct span assignments[3], absences[3];
		int32_t days[3]; /* in its months */
		int32_t last; /* the assignment of the last of them */
	} cases[] = {
		/* the whole month */
		{"2026-03", {{"2026-01-01", NULL}}, {{0}}, {31}, 0},
		/* one day */
		{"2026-03", {{"2026-03-31", NULL}}, {{0}}, {1}, 0},
		{"2026-03", {{"2025-01-01", "2026-03-01"}}, {{0}}, {1}, 0},
		/* before and after */
		{"2026-03", {{"2026-04-01", NULL}}, {{0}}, {0}, -1},
		{"2026-03", {{"2025-01-01", "2026-02-28"}}, {{0}}, {0}, -1},
		/* nobody yet */
		{"2026-03", {{0}}, {{0}}, {0}, -1},
		/* a leap day */
		{"2024-02", {{"2024-01-01", NULL}}, {{0}}, {29}, 0},
		/* overlapping absences, over the end; the last service day comes before them */
		{"2026-03", {{"2026-01-01", NULL}},
			{{"2026-03-20", "2026-03-25"}, {"2026-03-22", "2026-04-30"},
				{"2026-03-01", "2026-03-01"}},
			{18}, 0},
		/* absent all along */
		{"2026-03", {{"2026-01-01", NULL}}, {{"2026-01-01", "2026-12-31"}}, {0}, -1},
		/* the assignment of the last service day, not of the last day */
		{"2026-Q1",
			{{"2026-01-11", "2026-02-10"}, {"2026-02-15", "2026-03-20"},
				{"2026-03-21", NULL}},
			{{"2026-03-21", "2026-03-31"}}, {21, 24, 20}, 1},
		/* a month without a service day */
		{"2026-Q1", {{"2026-01-01", NULL}}, {{"2026-02-01", "2026-02-28"}}, {31, 0, 31}, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct score_assignment assignments[3];
		struct score_absence absences[3];
		struct score_facts facts = {.assignments = assignments, .absences = absences};
		struct period period = period_of_text(cases[i].period);
		struct stretches s;

		for (size_t k = 0; k < 3 && cases[i].assignments[k].from; k++)
			assignments[facts.n_assignments++] =
				(struct score_assignment){.from = day(cases[i].assignments[k].from),
					.until = day(cases[i].assignments[k].until),
					.unit = (int32_t)k,
					.position = -1};
		for (size_t k = 0; k < 3 && cases[i].absences[k].from; k++)
			absences[facts.n_absences++] =
				(struct score_absence){.from = day(cases[i].absences[k].from),
					.until = day(cases[i].absences[k].until)};
		stretches_make(&facts, period, &s);
		for (int32_t m = 0; m < 3; m++)
			assert_int_equal(days_in(&s, period.first_month + m), cases[i].days[m]);
		assert_int_equal(s.n ? s.list[s.n - 1].unit : -1, cases[i].last);
	}
}

static void test_a_whole_leap_year_of_service(void **state)
{
	const struct score_assignment open = {
		.from = INT32_MIN, .until = INT32_MAX, .position = -1};
	const struct score_facts facts = {.assignments = &open, .n_assignments = 1};
	struct stretches s;

	(void)state;
	stretches_make(&facts, period_of_text("2024"), &s);
	assert_int_equal(s.n, 12);
	assert_int_equal(s.list[1].days, 29);
	assert_int_equal(s.list[11].days, 31);
	assert_non_null(stretches_on(&s, day("2024-12-31")));
}

/* What can be asked: by the positions n and c, by n's later version N, by plans of their own x and
 * y. */
static struct score_plan_item asked[] = {
	{.code = "n"}, {.code = "N"}, {.code = "c"}, {.code = "x"}, {.code = "y"}};
static struct score_position_version nurse[] = {
	{.from = INT32_MIN, .items = {&asked[0], 1}}, {.items = {&asked[1], 1}}};
static struct score_position_version clerk[] = {{.from = INT32_MIN, .items = {&asked[2], 1}}};

static struct score_items items_of(char letter)
{
	size_t i = 0;

	while (i < COUNT(asked) && asked[i].code[0] != letter)
		i++;
	return i < COUNT(asked) ? (struct score_items){&asked[i], 1} : (struct score_items){0};
}

static enum plan_status status_of(char letter)
{
	static const char letters[] = {[PLAN_DRAFT] = 'D',
		[PLAN_SUBMITTED] = 'S',
		[PLAN_AGREED] = 'A',
		[PLAN_WITHDRAWN] = 'W'};
	enum plan_status s = 0;

	while (letters[s] != letter)
		s++;
	return s;
}

enum { MOST = 4 };

struct stretch_case {
	const char *period;
	struct {
		const char *from;
		char unit, position;
	} assignments[MOST];
	struct {
		const char *from;
		char status; /* the word's first letter */
		char items; /* 0: the position's */
	} plans[MOST];
	const char *absent[2]; /* first and last day */
	/* For each stretch the days, unit, what is asked ('-': nothing) and plan; "!" behind a
	   month that needs evidence, "." behind one that does not. */
	const char *want;
};

static void make(const struct stretch_case *c, const char *renewed, struct stretches *out)
{
	static struct score_plan plans[MOST];
	static char names[][6] = {"nurse", "clerk"};
	static const struct score_position positions[] = {
		{names[0], nurse, 2}, {names[1], clerk, 1}};
	struct score_assignment assignments[MOST];
	const struct score_absence absence = {
		c->absent[0] ? day(c->absent[0]) : 0, c->absent[1] ? day(c->absent[1]) : -1};
	struct score_facts facts = {.assignments = assignments,
		.absences = &absence,
		.n_absences = 1,
		.plans = plans,
		.positions = positions};

	nurse[1].from = day(renewed);
	for (size_t i = 0; i < MOST && c->assignments[i].from; i++, facts.n_assignments++) {
		assignments[i] = (struct score_assignment){day(c->assignments[i].from), INT32_MAX,
			c->assignments[i].unit, c->assignments[i].position == 'c'};
		if (i > 0)
			assignments[i - 1].until = assignments[i].from - 1;
	}
	for (size_t i = 0; i < MOST && c->plans[i].from; i++, facts.n_plans++)
		plans[i] = (struct score_plan){.year = 2026,
			.version = (int32_t)i + 1,
			.from = day(c->plans[i].from),
			.status = status_of(c->plans[i].status),
			.has_items = c->plans[i].items != 0,
			.items = items_of(c->plans[i].items)};
	stretches_make(&facts, period_of_text(c->period), out);
}

static void say(const struct stretches *s, char *out)
{
	*out = '\0';
	for (int32_t i = 0; i < s->n; i++) {
		const struct stretch *x = &s->list[i];

		out += sprintf(out, "%s%d%c%s", i > 0 && x->month == x[-1].month ? " " : "",
			x->days, (char)x->unit, x->items ? x->items->items[0].code : "-");
		out += x->plan ? sprintf(out, "%d", x->plan) : 0;
		if (i + 1 == s->n || x[1].month != x->month)
			out += sprintf(out, stretches_need_evidence(s, x->month) ? "! " : ". ");
	}
}

static void test_stretches(void **state)
{
	static const struct stretch_case cases[] = {
		/* nothing changes: the totals will do */
		{"2026-04", {{"2026-01-01", 'a', 'n'}}, {{"2026-01-01", 'A', 0}}, {0}, "30an1. "},
		/* from one unit, from one post to another */
		{"2026-04", {{"2026-01-01", 'a', 'n'}, {"2026-04-11", 'b', 'n'}},
			{{"2026-01-01", 'A', 0}}, {0}, "10an1 20bn1! "},
		{"2026-Q2", {{"2026-01-01", 'a', 'n'}, {"2026-05-01", 'b', 'c'}},
			{{"2026-01-01", 'A', 0}}, {0}, "30an1. 31bc1. 30bc1. "},
		/* there and back */
		{"2026-04",
			{{"2026-01-01", 'a', 'n'}, {"2026-04-11", 'b', 'c'},
				{"2026-04-21", 'a', 'n'}},
			{{"2026-01-01", 'A', 0}}, {0}, "10an1 10bc1 10an1! "},
		/* only the superior changed, or the post under items of one's own */
		{"2026-04", {{"2026-01-01", 'a', 'n'}, {"2026-04-11", 'a', 'n'}},
			{{"2026-01-01", 'A', 0}}, {0}, "30an1. "},
		{"2026-04", {{"2026-01-01", 'a', 'n'}, {"2026-04-11", 'a', 'c'}},
			{{"2026-01-01", 'A', 'x'}}, {0}, "30ax1. "},
		/* agreed anew without items: the same is asked, by another version */
		{"2026-04", {{"2026-01-01", 'a', 'n'}},
			{{"2026-01-01", 'A', 0}, {"2026-04-11", 'A', 0}}, {0}, "30an2. "},
		/* absent, employed from, the days after an absence that goes on */
		{"2026-04", {{"2026-01-01", 'a', 'n'}}, {{"2026-01-01", 'A', 0}},
			{"2026-04-30", "2026-05-05"}, "29an1! "},
		{"2026-Q2", {{"2026-01-01", 'a', 'n'}}, {{"2026-01-01", 'A', 0}},
			{"2026-04-30", "2026-06-01"}, "29an1! 29an1! "},
		{"2026-04", {{"2026-04-02", 'a', 'n'}}, {{"2026-01-01", 'A', 0}}, {0}, "29an1! "},
		/* absent over a transfer */
		{"2026-04", {{"2026-01-01", 'a', 'n'}, {"2026-04-16", 'b', 'n'}},
			{{"2026-01-01", 'A', 0}}, {"2026-04-11", "2026-04-20"}, "10an1 10bn1! "},
		{"2026-04", {{"2026-05-01", 'a', 'n'}}, {{"2026-01-01", 'A', 0}}, {0}, ""},
		/* plans: what is agreed holds, drafts change nothing, what is withdrawn ends */
		{"2026-04", {{"2026-01-01", 'a', 'n'}},
			{{"2026-01-01", 'A', 'x'}, {"2026-04-16", 'A', 'y'}}, {0}, "15ax1 15ay2! "},
		{"2026-04", {{"2026-01-01", 'a', 'n'}},
			{{"2026-01-01", 'A', 'x'}, {"2026-01-01", 'D', 'y'},
				{"2026-04-16", 'S', 'y'}},
			{0}, "30ax1. "},
		{"2026-04", {{"2026-01-01", 'a', 'n'}},
			{{"2026-01-01", 'A', 'x'}, {"2026-04-16", 'W', 0}}, {0}, "15ax1 15a-! "},
		{"2026-04", {{"2026-01-01", 'a', 'n'}},
			{{"2026-01-01", 'A', 'x'}, {"2026-04-16", 'W', 0},
				{"2026-04-16", 'A', 'y'}},
			{0}, "15ax1 15ay3! "},
		{"2026-04", {{"2026-01-01", 'a', 'n'}},
			{{"2026-01-01", 'A', 'x'}, {"2026-04-16", 'A', 'y'},
				{"2026-04-16", 'W', 0}},
			{0}, "15ax1 15a-! "},
		{"2026-04", {{"2026-01-01", 'a', 'n'}},
			{{"2026-01-01", 'A', 'x'}, {"2026-04-11", 'W', 0},
				{"2026-04-21", 'A', 'x'}},
			{0}, "10ax1 10a- 10ax3! "},
		{"2026-04", {{"2026-01-01", 'a', 'n'}}, {{"2026-04-30", 'A', 0}}, {0},
			"29a- 1an1! "},
		{"2026-04", {{"2026-01-01", 'a', 'n'}}, {{"2026-01-01", 'D', 0}}, {0}, "30a-. "},
		{"2026-04", {{"2026-01-01", 'a', 'n'}}, {{"2026-05-01", 'A', 0}}, {0}, "30a-. "},
		/* a month in which nothing is asked needs nothing, whatever changes in it */
		{"2026-04", {{"2026-01-01", 'a', 'n'}, {"2026-04-16", 'b', 'n'}}, {{0}},
			{"2026-04-01", "2026-04-02"}, "13a- 15b-. "},
		/* the position's versions */
		{"2026-08", {{"2026-01-01", 'a', 'n'}}, {{"2026-01-01", 'A', 0}}, {0},
			"15an1 16aN1! "},
		{"2026-08", {{"2026-01-01", 'a', 'n'}}, {{"2026-01-01", 'A', 'x'}}, {0}, "31ax1. "},
		{"2026-Q3", {{"2026-01-01", 'a', 'n'}}, {{"2026-01-01", 'A', 0}}, {0},
			"31an1. 15an1 16aN1! 30aN1. "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stretches s;
		char got[400];

		make(&cases[i], "2026-08-16", &s);
		say(&s, got);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: %s", i, got);
	}
}

static void test_a_day_is_in_its_stretch(void **state)
{
	static const struct stretch_case c = {"2026-Q2",
		{{"2026-04-02", 'a', 'n'}, {"2026-05-16", 'b', 'n'}}, {{"2026-01-01", 'A', 0}},
		{"2026-05-15", "2026-05-20"}, NULL};
	static const struct {
		const char *day;
		char unit; /* 0: none */
	} days[] = {{"2026-04-01", 0}, {"2026-04-02", 'a'}, {"2026-05-14", 'a'}, {"2026-05-15", 0},
		{"2026-05-20", 0}, {"2026-05-21", 'b'}, {"2026-06-30", 'b'}, {"2026-07-01", 0},
		{"2026-03-31", 0}, {"1900-01-01", 0}, {"9999-12-31", 0}};
	struct stretches s;

	(void)state;
	make(&c, NULL, &s);
	for (size_t i = 0; i < COUNT(days); i++) {
		const struct stretch *on = stretches_on(&s, day(days[i].day));

		assert_int_equal(on ? on->unit : 0, days[i].unit);
	}
	assert_null(stretches_whole_month(&s, period_of_text("2026-05").first_month));
	assert_null(stretches_whole_month(&s, period_of_text("2026-07").first_month));
	assert_int_equal(
		stretches_whole_month(&s, period_of_text("2026-06").first_month)->unit, 'b');
}

/* Whoever looks at a piece of evidence is told the truth about it, and why. */
static void test_what_a_day_says_of_an_event(void **state)
{
	enum { VISITS = 7, LETTERS, MARKS };
	static struct score_plan_item visits[] = {{.indicator = VISITS}, {.indicator = MARKS}},
				      letters[] = {{.indicator = LETTERS}};
	static const struct {
		const char *day;
		int32_t indicator;
		enum day_says want;
	} cases[] = {
		{"2026-02-09", VISITS, DAY_NOT_EMPLOYED},
		{"2026-02-10", VISITS, DAY_ASKS_NOTHING},
		{"2026-02-28", VISITS, DAY_ASKS_NOTHING},
		{"2026-03-01", VISITS, DAY_COUNTS},
		{"2026-03-01", MARKS, DAY_COUNTS},
		{"2026-03-01", LETTERS, DAY_ASKS_OTHERWISE},
		{"2026-03-10", VISITS, DAY_ABSENT},
		{"2026-03-10", LETTERS, DAY_ABSENT},
		{"2026-03-11", VISITS, DAY_COUNTS},
		{"2026-03-16", VISITS, DAY_ASKS_OTHERWISE},
		{"2026-03-16", LETTERS, DAY_COUNTS},
		{"2026-04-01", LETTERS, DAY_ASKS_NOTHING},
		{"2026-05-01", LETTERS, DAY_NOT_EMPLOYED},
		{"2025-03-01", VISITS, DAY_NOT_EMPLOYED},
		{"9999-12-31", VISITS, DAY_NOT_EMPLOYED},
	};
	struct score_assignment assignments[] = {{day("2026-02-10"), day("2026-03-15"), 'a', -1},
		{day("2026-03-16"), day("2026-04-30"), 'b', -1}};
	const struct score_absence absence = {day("2026-03-10"), day("2026-03-10")};
	const struct score_plan plans[] = {
		{2026, 1, day("2026-02-01"), PLAN_DRAFT, true, {visits, 2}},
		{2026, 2, day("2026-03-01"), PLAN_AGREED, true, {visits, 2}},
		{2026, 3, day("2026-03-16"), PLAN_AGREED, true, {letters, 1}},
		{2026, 4, day("2026-04-01"), PLAN_WITHDRAWN, false, {NULL, 0}}};
	const struct score_facts facts = {assignments, COUNT(assignments), &absence, 1, plans,
					 COUNT(plans), NULL},
				 nobody = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (day_says(&facts, day(cases[i].day), cases[i].indicator) != cases[i].want)
			fail_msg("%s: %d", cases[i].day,
				day_says(&facts, day(cases[i].day), cases[i].indicator));
	assert_int_equal(day_says(&nobody, day("2026-03-01"), VISITS), DAY_NOT_EMPLOYED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_days),
		cmocka_unit_test(test_a_whole_leap_year_of_service),
		cmocka_unit_test(test_stretches),
		cmocka_unit_test(test_a_day_is_in_its_stretch),
		cmocka_unit_test(test_what_a_day_says_of_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
