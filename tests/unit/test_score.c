/* If these fail, somebody's score cannot be checked with a pocket calculator any more. Whole scores
 * are in tests/golden; here are the steps, their edges, and what no golden case can show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "appraisal/score.h"
#include "base/array.h"
#include "calendar.h"

static const struct score_ruleset rules = {.version = "2026.1",
	.cap = 12000,
	.below_under = 9000,
	.above_from = 11000,
	.most = 5000,
	.brief = 1000};

static void test_achievement(void **state)
{
	static const struct {
		enum direction direction;
		int64_t low, high, realized, want;
	} cases[] = {
		{DIRECTION_MORE, 4000, 4000, 3800, 9500},
		{DIRECTION_MORE, 4000, 4000, 4000, 10000},
		{DIRECTION_MORE, 4000, 4000, 0, 0},
		{DIRECTION_MORE, 4000, 4000, 8000, 20000},
		{DIRECTION_MORE, 4000, 4000, -200, -500},
		{DIRECTION_MORE, 300, 300, 100, 3333},
		{DIRECTION_MORE, 300, 300, 200, 6667},
		{DIRECTION_MORE, 20000, 20000, 17999, 9000}, /* 89.995 */
		{DIRECTION_MORE, 20000, 20000, 17998, 8999},
		{DIRECTION_LESS, 3000, 3000, 2450, 11833},
		{DIRECTION_LESS, 3000, 3000, 3000, 10000},
		{DIRECTION_LESS, 3000, 3000, 3300, 9000},
		{DIRECTION_LESS, 3000, 3000, 6000, 0},
		{DIRECTION_LESS, 3000, 3000, 6001, 0},
		{DIRECTION_LESS, 3000, 3000, 900000, 0},
		{DIRECTION_LESS, 3000, 3000, 0, 20000},
		{DIRECTION_LESS, 3000, 3000, -3000, 30000},
		{DIRECTION_LESS, 0, 0, 0, 10000},
		{DIRECTION_LESS, 0, 0, 1, 0},
		{DIRECTION_LESS, 0, 0, -1, 0},
		{DIRECTION_MORE, 0, 0, 0, 10000},
		{DIRECTION_MORE, 0, 0, 1, 12000},
		{DIRECTION_MORE, 0, 0, 100, 12000},
		{DIRECTION_MORE, 2000, 3000, 2000, 10000},
		{DIRECTION_MORE, 2000, 3000, 2500, 10000},
		{DIRECTION_MORE, 2000, 3000, 3000, 10000},
		{DIRECTION_MORE, 2000, 3000, 1999, 9995},
		{DIRECTION_MORE, 2000, 3000, 3300, 11000},
		{DIRECTION_LESS, 2000, 3000, 1800, 11000},
		{DIRECTION_LESS, 2000, 3000, 3300, 9000},
		{DIRECTION_LESS, 0, 500, 0, 10000},
		{DIRECTION_LESS, 0, 500, 550, 9000},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct score_target t = {.low = cases[i].low, .high = cases[i].high};

		if (score_achievement(&rules, cases[i].direction, &t, cases[i].realized) !=
			cases[i].want)
			fail_msg("case %zu", i);
	}
}

static void test_rating_has_lower_bounds_only(void **state)
{
	static const struct {
		int64_t achievement;
		enum rating want;
	} cases[] = {
		{-100, RATING_BELOW},
		{0, RATING_BELOW},
		{7661, RATING_BELOW},
		{8999, RATING_BELOW},
		{9000, RATING_MEETS},
		{9950, RATING_MEETS},
		{10999, RATING_MEETS},
		{11000, RATING_ABOVE},
		{20000, RATING_ABOVE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(score_rating(&rules, cases[i].achievement), cases[i].want);
}

/* March 2026, one item, one row of totals. */
struct single {
	struct score_plan_item item;
	struct score_plan plan;
	struct stretches stretches;
	struct score_total total;
	struct score_input in;
};

static void single_agree(
	struct single *s, const char *period, const struct score_plan *plans, size_t n)
{
	static const struct score_assignment open = {.from = 0, .until = INT32_MAX, .position = -1};

	stretches_make(
		&(struct score_facts){
			.assignments = &open, .n_assignments = 1, .plans = plans, .n_plans = n},
		period_of_text(period), &s->stretches);
}

static void single_of(
	struct single *s, const char *period, const struct score_plan_item *items, size_t n)
{
	static const char *const units[] = {"pkm"};

	s->plan = (struct score_plan){.year = period_year(period_of_text(period)),
		.version = 1,
		.status = PLAN_AGREED,
		.has_items = true,
		.items = {(struct score_plan_item *)(uintptr_t)items, n}};
	single_agree(s, period, &s->plan, 1);
	s->in = (struct score_input){.person = "7c9e6679-7425-40de-944b-e07fc1f90ae7",
		.stretches = &s->stretches,
		.units = units,
		.ruleset = &rules,
		.totals = &s->total,
		.n_totals = 1};
}

static void single_init(struct single *s, enum measure measure, int64_t target)
{
	memset(s, 0, sizeof *s);
	s->item = (struct score_plan_item){.indicator = 7,
		.code = "home_visit",
		.aspect = "productivity",
		.measure = measure,
		.target = {.low = target, .high = target},
		.weight = 4000};
	single_of(s, "2026-03", &s->item, 1);
	s->total = (struct score_total){
		.month = s->in.stretches->period.first_month, .indicator = 7, .n = 1};
}

static void test_measures(void **state)
{
	static const struct {
		enum measure measure;
		int64_t n, sum, sum_of, latest, want;
	} cases[] = {
		{MEASURE_COUNT, 38, 0, 0, 0, 3800},
		{MEASURE_COUNT, 3, 999999, 5, 7, 300}, /* its value is ignored */
		{MEASURE_SUM, 2, 123449, 0, 0, 1234},
		{MEASURE_SUM, 2, 123450, 0, 0, 1235},
		{MEASURE_SUM, 2, -123450, 0, 0, -1235},
		{MEASURE_MEAN, 3, 100000, 0, 0, 333},
		{MEASURE_MEAN, 3, 200000, 0, 0, 667},
		{MEASURE_MEAN, 8, 36100, 0, 0, 45}, /* 0.45125 */
		{MEASURE_RATIO, 4, 1900000, 2000000, 0, 9500},
		{MEASURE_RATIO, 4, 10000, 30000, 0, 3333},
		{MEASURE_RATIO, 1, 0, 10000, 0, 0},
		{MEASURE_LATEST, 9, 5, 5, 804950, 8050},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct single s;
		struct score score;
		struct err e = {0};

		single_init(&s, cases[i].measure, 1000000);
		s.total.n = cases[i].n;
		s.total.sum = cases[i].sum;
		s.total.sum_of = cases[i].sum_of;
		s.total.latest = cases[i].latest;
		assert_true(score_compute(&s.in, &score, &e));
		assert_int_equal(score.n_items, 1);
		assert_int_equal((int64_t)score.items[0].realized, cases[i].want);
		assert_int_equal(score.items[0].events, cases[i].n);
		score_done(&score);
	}
}

/* An indicator that was a count when its events came has no `of`: it must not stop a person's
 * score. */
static void test_a_ratio_of_nothing_is_missing(void **state)
{
	struct single s;
	struct score score;
	struct err e = {0};

	(void)state;
	single_init(&s, MEASURE_RATIO, 900000);
	s.total.n = 5;
	s.total.sum = 50000;
	assert_true(score_compute(&s.in, &score, &e));
	assert_int_equal(score.n_items, 0);
	assert_string_equal(score.missing[0], "home_visit");
	assert_false(score.has_results);
	score_done(&score);
}

static void test_results_rating(void **state)
{
	enum { A = RATING_ABOVE, M = RATING_MEETS, B = RATING_BELOW, N = 5 };
	static const struct {
		int32_t most;
		int ratings[N]; /* the first is MAIN, the others ADDITIONAL; -1 ends */
		enum rating want;
	} cases[] = {
		{5000, {A, -1}, RATING_ABOVE},
		{5000, {B, -1}, RATING_BELOW},
		{5000, {M, -1}, RATING_MEETS},
		{5000, {A, M, -1}, RATING_MEETS}, /* a half is not most */
		{5000, {A, B, -1}, RATING_MEETS},
		{5000, {A, A, M, -1}, RATING_ABOVE},
		{5000, {A, A, B, -1}, RATING_ABOVE},
		{5000, {B, A, A, -1}, RATING_MEETS}, /* a MAIN result is below */
		{5000, {B, B, A, -1}, RATING_BELOW},
		{5000, {A, B, B, -1}, RATING_BELOW},
		{5000, {B, B, A, A, -1}, RATING_MEETS},
		{7500, {A, A, A, M, -1}, RATING_MEETS},
		{7500, {A, A, A, A, M}, RATING_ABOVE},
		{3333, {A, M, M, -1}, RATING_ABOVE},
		{3334, {A, M, M, -1}, RATING_MEETS},
		{0, {M, M, M, M, A}, RATING_ABOVE},
		{0, {M, M, M, M, B}, RATING_BELOW},
		{0, {A, B, B, B, B},
			RATING_ABOVE}, /* both are "most": the better one comes first */
		{10000, {A, A, A, A, A}, RATING_MEETS},
	};
	static const int64_t events[] = {
		[RATING_BELOW] = 1, [RATING_MEETS] = 10, [RATING_ABOVE] = 12};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct score_ruleset ruleset = rules;
		struct score_plan_item items[N];
		struct score_total totals[N];
		struct single s;
		struct score score;
		struct err e = {0};
		size_t n = 0;

		single_init(&s, MEASURE_COUNT, 100000);
		for (; n < N && cases[i].ratings[n] >= 0; n++) {
			items[n] = s.item;
			items[n].indicator = (int32_t)n;
			items[n].kind = n == 0 ? RESULT_MAIN : RESULT_ADDITIONAL;
			totals[n] = s.total;
			totals[n].indicator = (int32_t)n;
			totals[n].n = events[cases[i].ratings[n]];
		}
		ruleset.most = cases[i].most;
		single_of(&s, "2026-03", items, n);
		s.in.ruleset = &ruleset;
		s.in.totals = totals;
		s.in.n_totals = n;
		assert_true(score_compute(&s.in, &score, &e));
		if (score.results_rating != cases[i].want)
			fail_msg("case %zu", i);
		score_done(&score);
	}
}

static void test_what_does_not_belong_changes_nothing(void **state)
{
	struct single s;
	struct score score;
	struct err e = {0};

	(void)state;
	single_init(&s, MEASURE_LATEST, 800000);
	struct score_total totals[] = {s.total, s.total, s.total, s.total};

	totals[0].latest = 700000;
	totals[0].latest_at = 5;
	totals[1].latest_at = 9, totals[1].n = 0; /* revoked */
	totals[2].latest_at = 9, totals[2].month++; /* of another month */
	totals[3].latest_at = 9, totals[3].indicator = 8; /* of another indicator */
	s.in.totals = totals;
	s.in.n_totals = COUNT(totals);
	assert_true(score_compute(&s.in, &score, &e));
	assert_int_equal((int64_t)score.items[0].realized, 7000);
	assert_int_equal(score.items[0].events, 1);
	score_done(&score);
}

/* A month is scored by its totals, or by its evidence when something changed in it that changes
 * nothing: the score is the same. */
static void test_totals_and_evidence_say_the_same(void **state)
{
	enum { EVENTS = 40 };
	struct score_evidence events[EVENTS];
	struct err e = {0};
	unsigned seed = 3;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct single s;
		struct score_plan twice[2];
		struct score scores[2];
		char *texts[2];

		single_init(&s, (enum measure)(round % MEASURES), 4000000);
		s.total.n = 1 + rand_r(&seed) % EVENTS;
		for (int64_t i = 0; i < s.total.n; i++) {
			struct score_evidence *x = &events[i];

			*x = (struct score_evidence){.day = day("2026-03-01") + rand_r(&seed) % 31,
				.indicator = 7,
				.value = rand_r(&seed) % 10000000,
				.of = 1 + rand_r(&seed) % 10000000,
				.moment = {.at = i * 31 % EVENTS, .source = "s", .id = "i"}};
			s.total.sum += x->value;
			s.total.sum_of += x->of;
			if (i == 0 || x->moment.at > s.total.latest_at) {
				s.total.latest_at = x->moment.at;
				s.total.latest = x->value;
			}
		}
		s.in.evidence = events;
		s.in.n_evidence = (size_t)s.total.n;
		twice[0] = twice[1] = s.plan;
		twice[1].from = day("2026-03-14");
		for (int i = 0; i < 2; i++) {
			json_t *json;

			if (i == 1)
				single_agree(&s, "2026-03", twice, 2);
			assert_true(
				stretches_need_evidence(&s.stretches, s.total.month) == (i == 1));
			assert_true(score_compute(&s.in, &scores[i], &e));
			json = score_to_json(&scores[i], 1);
			texts[i] = json_dumps(json, JSON_COMPACT);
			json_decref(json);
			score_done(&scores[i]);
		}
		assert_string_equal(texts[0], texts[1]);
		free(texts[0]);
		free(texts[1]);
	}
}

static void test_what_cannot_be_exact_is_refused(void **state)
{
	const dec_wide most = (dec_wide)((unsigned __int128)-1 >> 1);
	struct single s;
	struct score score = {.person = "untouched"};
	struct err e = {0};

	(void)state;
	single_init(&s, MEASURE_SUM, 1);
	s.total.sum = most;
	assert_false(score_compute(&s.in, &score, &e));
	assert_int_equal(e.code, ERR_INVALID);

	err_clear(&e);
	single_init(&s, MEASURE_RATIO, 1);
	s.total.sum = most / 1000000;
	s.total.sum_of = 1;
	assert_false(score_compute(&s.in, &score, &e));
	assert_int_equal(e.code, ERR_INVALID);

	err_clear(&e);
	single_init(&s, MEASURE_SUM, 1000000);
	s.total.sum = -most / 1000000;
	s.item.weight = most;
	single_of(&s, "2026-03", &s.item, 1);
	assert_false(score_compute(&s.in, &score, &e));
	assert_int_equal(e.code, ERR_INVALID);

	/* a ratio whose target changes is weighed by its `of` */
	err_clear(&e);
	single_init(&s, MEASURE_RATIO, 1000000);
	struct score_plan_item other = s.item;
	struct score_plan plans[2] = {s.plan, s.plan};
	struct score_evidence events[] = {
		{.day = day("2026-03-02"), .indicator = 7, .of = most / 1000000},
		{.day = day("2026-03-20"), .indicator = 7, .of = 1}};

	events[0].moment = events[1].moment = (struct score_moment){1, "s", "i"};
	other.target.low = other.target.high = 2000000;
	plans[1].from = day("2026-03-15");
	plans[1].items.items = &other;
	single_agree(&s, "2026-03", plans, 2);
	s.in.evidence = events;
	s.in.n_evidence = 2;
	assert_false(score_compute(&s.in, &score, &e));
	assert_int_equal(e.code, ERR_INVALID);
	assert_string_equal(score.person, "untouched");
	events[0].of /= 1000000;
	assert_true(score_compute(&s.in, &score, &e));
	score_done(&score);
}

/* The greatest that dec.h admits, a thousand million times a month for a year. */
static void test_the_greatest_figures_are_exact(void **state)
{
	static const dec_wide greatest = (dec_wide)999999999999999 * 10000;
	struct single s;
	struct score_total totals[12];
	struct score score;
	struct err e = {0};
	char text[DEC_TEXT];

	(void)state;
	single_init(&s, MEASURE_SUM, 1);
	single_of(&s, "2026", &s.item, 1);
	s.item.target = (struct score_target){.low = 100, .high = 100};
	for (int i = 0; i < 12; i++) {
		totals[i] = s.total;
		totals[i].month = s.stretches.period.first_month + i;
		totals[i].n = 999999999;
		totals[i].sum = -greatest * 999999999;
	}
	s.in.totals = totals;
	s.in.n_totals = 12;
	assert_true(score_compute(&s.in, &score, &e));
	assert_string_equal(
		dec_format_shown(score.items[0].realized, text), "-11999999987999988000000012.00");
	assert_true(score.results == score.items[0].achievement);
	score_done(&score);
}

static void test_json_is_the_contract(void **state)
{
	static const char want[] =
		"{\"person\":\"7c9e6679-7425-40de-944b-e07fc1f90ae7\",\"period\":\"2026-03\",\"ruleset\":\"2026.1\",\"plan\":1,\"revision\":7,\"items\":[{\"indicator\":\"home_visit\",\"aspect\":\"productivity\",\"kind\":\"MAIN\",\"target\":[\"40.00\",\"42.00\"],\"realized\":\"38.00\",\"achievement\":\"95.00\",\"capped\":\"95.00\",\"rating\":\"MEETS\",\"weight\":\"100.00\",\"contribution\":\"95.00\",\"events\":38}],\"missing\":[],\"results\":{\"score\":\"95.00\",\"rating\":\"MEETS\",\"above\":0,\"meets\":1,\"below\":0},\"behaviour\":null,\"proposed\":null,\"grade\":null,\"hints\":[]}";
	struct single s;
	struct score score;
	struct err e = {0};
	json_t *json;
	char *text;

	(void)state;
	single_init(&s, MEASURE_COUNT, 400000);
	s.item.target = (struct score_target){.low = 400000, .high = 420000, .range = true};
	s.total.n = 38;
	assert_true(score_compute(&s.in, &score, &e));
	json = score_to_json(&score, 7);
	text = json_dumps(json, JSON_COMPACT);
	assert_string_equal(text, want);
	free(text);
	json_decref(json);
	score_done(&score);
}

static int allowed; /* allocations until they fail */

static void *failing_malloc(size_t size)
{
	return allowed-- > 0 ? malloc(size) : NULL;
}

/* Without memory there is no JSON, rather than one with a field missing; and nothing leaks. */
static void test_json_without_memory(void **state)
{
	struct single s;
	struct score score;
	struct err e = {0};
	json_t *json = NULL;

	(void)state;
	single_init(&s, MEASURE_COUNT, 400000);
	s.item.target.range = true;
	assert_true(score_compute(&s.in, &score, &e));
	json_set_alloc_funcs(failing_malloc, free);
	for (int n = 0; json == NULL && n < 1000; n++) {
		allowed = n;
		json = score_to_json(&score, 1);
	}
	json_set_alloc_funcs(malloc, free);
	assert_non_null(json);
	assert_int_equal(json_object_size(json), 12);
	json_decref(json);
	score_done(&score);
}

/* Whoever adds a field to the JSON and forgets the hash has scores that go stale: this is to fail
 * then. */
static void test_content_is_what_the_json_says(void **state)
{
	struct score_plan_item plan = {
		.code = "a", .aspect = "b", .measure = MEASURE_SUM, .weight = 4000};
	struct score_item item = {.plan = &plan,
		.target = {100, 200, true},
		.realized = 1,
		.events = 1,
		.weight = 4000};
	const char *left[] = {"u", "v"};
	struct score_hint hint = {.plan = &plan, .need = 300, .to = RATING_MEETS};
	const char *missing[] = {"c"};
	struct score s = {
		.person = "p", .ruleset = "r", .period = period_of_text("2026-03"), .plan = 1};
	uint8_t before[DIGEST_KEY], after[DIGEST_KEY];
	char *json_before = NULL;

	(void)state;
	s.items = &item, s.hints = &hint, s.missing = missing;
	s.n_items = s.n_hints = s.n_missing = 1;
	item.left = left;
	for (size_t i = 0, n = 1; i <= n; i++) {
		/* clang-format off */
		struct field {
			void *at;
			const void *to;
			size_t size;
		};
#define TO(field_, type_, value_) {&(field_), &(type_){value_}, sizeof(field_)}
		/* clang-format on */
		const struct field change[] = {TO(s.person, const char *, "q"),
			TO(s.ruleset, const char *, "q"), TO(s.period.first_month, int32_t, 24300),
			TO(s.plan, int32_t, 2), TO(s.plan, int32_t, 0),
			TO(missing[0], const char *, "d"), TO(s.has_results, bool, true),
			TO(s.results, dec_wide, 5), TO(s.results_rating, enum rating, RATING_ABOVE),
			TO(plan.code, const char *, "z"), TO(plan.aspect, const char *, "z"),
			TO(item.kind, enum result_kind, RESULT_ADDITIONAL),
			TO(item.weight, dec_wide, 1), TO(item.target.low, dec_wide, 7),
			TO(item.target.high, dec_wide, 8), TO(item.target.range, bool, false),
			TO(item.realized, dec_wide, -1), TO(item.achievement, dec_wide, 9),
			TO(item.capped, dec_wide, 9), TO(item.contribution, dec_wide, 9),
			TO(item.rating, enum rating, RATING_ABOVE), TO(item.events, int64_t, 2),
			TO(item.brief, bool, true), TO(item.n_left, size_t, 1),
			TO(item.n_left, size_t, 2), TO(left[0], const char *, "w"),
			TO(s.rated[RATING_ABOVE], int32_t, 3),
			TO(s.rated[RATING_MEETS], int32_t, 4),
			TO(s.rated[RATING_BELOW], int32_t, 5), TO(hint.need, dec_wide, 1100),
			TO(hint.to, enum rating, RATING_ABOVE),
			TO(plan.measure, enum measure, MEASURE_COUNT)};
#undef TO
		json_t *json = score_to_json(&s, 0);
		char *text = json_dumps(json, JSON_COMPACT);

		assert_true(score_content(&s, after));
		if (json_before != NULL) {
			assert_string_not_equal(text, json_before);
			assert_memory_not_equal(after, before, sizeof after);
		}
		free(json_before);
		json_before = text;
		memcpy(before, after, sizeof before);
		json_decref(json);
		n = COUNT(change);
		if (i < n)
			memcpy(change[i].at, change[i].to, change[i].size);
	}
	free(json_before);
}

static void test_words(void **state)
{
	enum measure measure = MEASURE_LATEST;
	enum direction direction;
	enum result_kind kind;

	(void)state;
	assert_false(score_measure_parse("median", &measure));
	assert_false(score_measure_parse("", &measure));
	assert_int_equal(measure, MEASURE_LATEST);
	assert_true(score_measure_parse("ratio", &measure) && measure == MEASURE_RATIO);
	assert_true(score_direction_parse("less", &direction) && direction == DIRECTION_LESS);
	assert_false(score_direction_parse("LESS", &direction));
	assert_true(score_kind_parse("ADDITIONAL", &kind) && kind == RESULT_ADDITIONAL);
	assert_false(score_kind_parse("main", &kind));
	assert_string_equal(score_kind_name(kind), "ADDITIONAL");
	assert_string_equal(score_rating_name(RATING_ABOVE), "ABOVE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_achievement),
		cmocka_unit_test(test_rating_has_lower_bounds_only),
		cmocka_unit_test(test_measures),
		cmocka_unit_test(test_a_ratio_of_nothing_is_missing),
		cmocka_unit_test(test_results_rating),
		cmocka_unit_test(test_what_does_not_belong_changes_nothing),
		cmocka_unit_test(test_totals_and_evidence_say_the_same),
		cmocka_unit_test(test_what_cannot_be_exact_is_refused),
		cmocka_unit_test(test_the_greatest_figures_are_exact),
		cmocka_unit_test(test_json_is_the_contract),
		cmocka_unit_test(test_json_without_memory),
		cmocka_unit_test(test_content_is_what_the_json_says),
		cmocka_unit_test(test_words),
	};

	return digest_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
