/* If these fail, somebody's items come in another order, weigh another share, or are held against
 * them though a unit was silent. A quarter of 31, 28 and 31 days, in a few letters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appraisal/score.h"
#include "base/array.h"
#include "calendar.h"

enum { MONTHS = 3, ITEMS = 8 };

/* A month: its unit, then its items in their order, MAIN ones great; "." behind one without an
 * event. */
struct quarter {
	struct score_assignment assignments[MONTHS];
	struct score_plan plans[MONTHS];
	struct score_plan_item items[MONTHS][ITEMS];
	struct score_total totals[MONTHS * ITEMS];
	struct score_complete complete[MONTHS * ITEMS];
	struct stretches stretches;
	struct score_ruleset rules;
	struct score_input in;
};

static const char *const codes[] = {"a", "b", "c", "d", "e"};
static const char *const units[] = {"0", "1", "2", "3"};

static int32_t indicator_of(char letter)
{
	return (letter | 0x20) - 'a';
}

static void add_item(struct quarter *q, int month, const char *at)
{
	struct score_plan *plan = &q->plans[month];
	int32_t indicator = indicator_of(*at);

	q->items[month][plan->items.n++] = (struct score_plan_item){.indicator = indicator,
		.code = codes[indicator],
		.aspect = "productivity",
		.measure = MEASURE_COUNT,
		.kind = *at < 'a' ? RESULT_MAIN : RESULT_ADDITIONAL,
		.target = {100000, 100000, false},
		.weight = 100};
	if (at[1] != '.')
		q->totals[q->in.n_totals++] = (struct score_total){
			.month = 12 * 2026 + month, .indicator = indicator, .n = 10};
}

static void read_month(struct quarter *q, int month, const char *text)
{
	struct score_plan *plan = &q->plans[month];
	int32_t first = clock_month_first(12 * 2026 + month);

	q->assignments[month] = (struct score_assignment){
		first, clock_month_first(12 * 2026 + month + 1) - 1, *text - '0', -1};
	*plan = (struct score_plan){.year = 2026,
		.version = month + 1,
		.from = first,
		.status = PLAN_AGREED,
		.has_items = true,
		.items = {q->items[month], 0}};
	for (const char *at = text + 1; *at; at++) {
		if (*at != '.')
			add_item(q, month, at);
	}
}

/* "21a": unit 2 declared a's second month. */
static void read_declared(struct quarter *q, const char *text)
{
	for (; *text; text += 3)
		q->complete[q->in.n_complete++] = (struct score_complete){
			text[0] - '0', 12 * 2026 + text[1] - '0', indicator_of(text[2])};
	qsort(q->complete, q->in.n_complete, sizeof *q->complete, score_complete_order);
}

static void quarter_init(
	struct quarter *q, const char *const *months, const char *declared, int32_t brief)
{
	memset(q, 0, sizeof *q);
	q->rules = (struct score_ruleset){.version = "2026.1",
		.cap = 12000,
		.below_under = 9000,
		.above_from = 11000,
		.most = 5000,
		.brief = brief};
	for (int i = 0; i < MONTHS; i++)
		read_month(q, i, months[i]);
	read_declared(q, declared);
	q->in.person = "p";
	q->in.stretches = &q->stretches;
	q->in.units = units;
	q->in.ruleset = &q->rules;
	q->in.totals = q->totals;
	q->in.complete = q->complete;
}

static void quarter_score(struct quarter *q, struct score *out)
{
	const struct score_facts facts = {.assignments = q->assignments,
		.n_assignments = MONTHS,
		.plans = q->plans,
		.n_plans = MONTHS};
	struct err e = {0};

	stretches_make(&facts, period_of_text("2026-Q1"), &q->stretches);
	assert_true(score_compute(&q->in, out, &e));
}

/* Items as in a month; "*": brief, "-2": unit 2 left; then what is missing behind "!". */
static void say(const struct score *s, char *out)
{
	*out = '\0';
	for (size_t i = 0; i < s->n_items; i++) {
		const struct score_item *x = &s->items[i];

		out += sprintf(out, "%s%c%s%s", i ? " " : "",
			x->kind == RESULT_MAIN ? *x->plan->code & ~0x20 : *x->plan->code,
			x->brief ? "*" : "", x->n_left ? "-" : "");
		for (size_t k = 0; k < x->n_left; k++)
			out += sprintf(out, "%s", x->left[k]);
	}
	for (size_t i = 0; i < s->n_missing; i++)
		out += sprintf(out, "%s%s", i ? "" : "!", s->missing[i]);
}

static void test_items(void **state)
{
	static const struct {
		const char *months[MONTHS], *declared;
		int32_t brief; /* units of 0.0001 */
		const char *want;
	} cases[] = {
		/* the last stretch's order, then the earlier ones', the later first */
		{{"1ab", "1ab", "1ab"}, "", 1000, "a b"},
		{{"1abc", "1dac", "1ba"}, "", 1000, "b a d c"},
		{{"1cab", "1", "1"}, "", 1000, "c a b"},
		{{"1e", "1d", "1c"}, "", 1000, "c d e"},
		{{"1a", "1b", "1a"}, "", 1000, "a b"},
		{{"1a.b", "1c.a.", "1b.d."}, "", 1000, "b!dca"},
		/* the kind of most days; at a tie the last */
		{{"1A", "1A", "1a"}, "", 1000, "A"},
		{{"1a", "1A", "1A"}, "", 1000, "A"},
		{{"1A", "1a", "1"}, "", 1000, "A"},
		{{"1a", "1A", "1"}, "", 1000, "a"},
		{{"1A", "1", "1a"}, "", 1000, "a"},
		{{"1a", "1", "1A"}, "", 1000, "A"},
		/* a silent unit leaves; one event measures all that is in its unit */
		{{"1a", "2a.", "1a"}, "", 1000, "a-2"},
		{{"1a", "2a", "1a."}, "", 1000, "a"},
		{{"1a.", "2a", "1a."}, "", 1000, "a-1"},
		{{"3a.", "2a.", "1a"}, "", 1000, "a-32"},
		{{"1a.", "2a.", "1a."}, "", 1000, "!a"},
		{{"1a.b", "2ab.", "2ab."}, "", 1000, "a-1 b-2"},
		/* unless each of the item's months in it was declared, of that item */
		{{"1a", "2a.", "2a."}, "21a22a", 1000, "a"},
		{{"1a", "2a.", "2a."}, "22a", 1000, "a-2"},
		{{"1a", "2a.", "2a."}, "11a12a21b22b", 1000, "a-2"},
		{{"1a", "2a.", "2"}, "21a", 1000, "a"},
		{{"1a.", "2a.", "1a."}, "10a12a", 1000, "a-2"},
		{{"1a.", "2a.", "1a."}, "10a21a12a", 1000, "a"},
		{{"1a.", "2a.", "1a."}, "10a", 1000, "!a"},
		/* what left has no say in the kind */
		{{"1A.", "1A.", "2a"}, "", 1000, "a-1"},
		{{"1A.", "1A.", "2a"}, "10a11a", 1000, "A"},
		/* brief, by days that have items, of days that have any; what left is none */
		{{"1a", "1b", "1b"}, "", 3445, "b a*"},
		{{"1a", "1b", "1b"}, "", 3444, "b a"}, /* 31/90 is 0.34444 */
		{{"1b", "1a", "1b"}, "", 3444, "b a*"},
		{{"1a", "1b", "1"}, "", 4746, "b* a"}, /* 28/59 is 0.47458 */
		{{"1a", "1b", "1"}, "", 4745, "b a"},
		{{"1a.", "2a", "1b"}, "", 3400, "b a*-1"},
		{{"1a.", "2a", "1b"}, "10a", 3400, "b a"},
		{{"1a", "1b", "1c"}, "", 3445, "c b a"}, /* all are: none is */
		{{"1a", "1b", "1c."}, "", 3445, "b a!c"},
		{{"1a", "1b", "1b."}, "", 0, "b a"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct quarter q;
		struct score s;
		char got[100];

		quarter_init(&q, cases[i].months, cases[i].declared, cases[i].brief);
		quarter_score(&q, &s);
		say(&s, got);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: %s", i, got);
		score_done(&s);
	}
}

/* What is brief is rated by nobody, and weighs all the same. */
static void test_brief_items_weigh_and_are_not_rated(void **state)
{
	static const char *const months[] = {"1A", "1B", "1A"};
	struct quarter q;
	struct score s;

	(void)state;
	quarter_init(&q, months, "", 3444);
	q.totals[1].n = 1;
	quarter_score(&q, &s);
	assert_int_equal(s.rated[RATING_MEETS], 1);
	assert_int_equal(s.rated[RATING_BELOW], 0);
	assert_int_equal(s.results_rating, RATING_MEETS);
	assert_int_equal(s.items[1].rating, RATING_BELOW);
	assert_int_equal((int64_t)s.results, 7200); /* (68.89·100 + 31.11·10)/100 */
	score_done(&s);
}

static void test_weights(void **state)
{
	static const struct {
		int64_t a[MONTHS], b[MONTHS], want_a,
			want_b; /* hundredths; a negative one: no item */
	} cases[] = {
		{{4000, 4000, 4000}, {6000, 6000, 6000}, 4000, 6000},
		{{4000, 4000, 4000}, {8000, 8000, 8000}, 3333, 6667},
		/* per cent of each stretch's own sum, rounded once: (33.3333·62 + 16.6667·28)/90 */
		{{100, 100, 100}, {200, 500, 200}, 2815, 7185},
		/* for the days it was held */
		{{100, -1, -1}, {-1, 100, 100}, 3444, 6556},
		{{100, 100, -1}, {-1, -1, -1}, 10000, 0},
		{{100, -1, -1}, {100, 100, -1}, 2627, 7373}, /* of 59 days with items */
		/* tiny ones */
		{{75, 75, 75}, {9925, 9925, 9925}, 75, 9925},
		{{1, 1, 1}, {9999, 9999, 9999}, 1, 9999},
		{{1, 1, 1}, {19999, 19999, 19999}, 1, 10000}, /* 0.005 and 99.995: both up */
		{{1, 1, 1}, {20001, 20001, 20001}, 0, 10000},
		{{1, 1, 1}, {79900, 79900, 79900}, 0, 10000},
		{{1, 1, 1}, {799, 799, 799}, 13, 9988}, /* 0.125 and 99.875 */
		/* a stretch that weighs nothing gives nothing, and has its days */
		{{0, 100, 100}, {0, 100, 100}, 3278, 3278},
		{{0, 0, 0}, {0, 0, 0}, 0, 0},
		/* sums without a common measure */
		{{99999999999999999, 99999999999999989, 99999999999999971}, {1, 7, 3}, 10000, 0},
		{{33333333333333333, 1, 14285714285714285},
			{66666666666666667, 99999999999999997, 85714285714285715}, 1640, 8360},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		static const char *const months[] = {"1ab", "1ab", "1ab"};
		struct quarter q;
		struct score s;
		dec_wide a = 0, b = 0;

		quarter_init(&q, months, "", 0);
		for (int m = 0; m < MONTHS; m++) {
			q.items[m][0].weight = cases[i].a[m];
			q.items[m][1].weight = cases[i].b[m];
			q.plans[m].items.n =
				(size_t)(cases[i].a[m] >= 0) + (size_t)(cases[i].b[m] >= 0);
			if (cases[i].a[m] < 0)
				q.items[m][0] = q.items[m][1];
		}
		quarter_score(&q, &s);
		for (size_t k = 0; k < s.n_items; k++)
			*(*s.items[k].plan->code == 'a' ? &a : &b) = s.items[k].weight;
		if (a != cases[i].want_a || b != cases[i].want_b)
			fail_msg("case %zu: %ld %ld", i, (long)a, (long)b);
		score_done(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_brief_items_weigh_and_are_not_rated),
		cmocka_unit_test(test_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
