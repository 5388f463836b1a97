/* If these fail, an agency's published index or grade is not the law's, or a small sample is taken
 * for more than it is. The numbers are domain.md's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "appraisal/survey.h"
#include "base/array.h"

static void add(struct survey_sums *to, const int answer[SURVEY_ELEMENTS])
{
	struct survey_sums one = {.n = 1};
	for (int i = 0; i < SURVEY_ELEMENTS; i++)
		one.sums[i] = answer[i];
	one.squares = survey_sums_all(&one) * survey_sums_all(&one);
	survey_sums_add(to, &one);
}

static void add_straight(struct survey_sums *to, int times, int value)
{
	int answer[SURVEY_ELEMENTS];
	for (int i = 0; i < SURVEY_ELEMENTS; i++)
		answer[i] = value;
	for (int i = 0; i < times; i++)
		add(to, answer);
}

/* Twenty-nine answers, as how many gave each element a 4 and a 3; the others gave a 2. */
static struct survey_sums twenty_nine(void)
{
	static const int fours[] = {18, 14, 15, 29, 15, 18, 19, 18, 28},
			 threes[] = {11, 15, 12, 0, 14, 11, 10, 11, 1};
	struct survey_sums s = {0};
	for (int n = 0; n < 29; n++) {
		int answer[SURVEY_ELEMENTS];
		for (int i = 0; i < SURVEY_ELEMENTS; i++)
			answer[i] = n < fours[i] ? 4 : n < fours[i] + threes[i] ? 3 : 2;
		add(&s, answer);
	}
	return s;
}

static void test_the_law_s_example(void **state)
{
	static const int64_t sums[] = {105, 101, 100, 116, 102, 105, 106, 105, 115};
	struct survey_sums s = twenty_nine();
	(void)state;
	assert_memory_equal(s.sums, sums, sizeof sums);
	assert_int_equal((int64_t)survey_index(&s), 9148);
	assert_int_equal(survey_grade(survey_index(&s)), 'A');
	assert_int_equal((int64_t)survey_element_mean(&s, SURVEY_REQUIREMENTS), 362);
	assert_int_equal((int64_t)survey_element_index(&s, SURVEY_REQUIREMENTS), 9052);
}

static void test_one_answer(void **state)
{
	static const int answer[] = {4, 4, 3, 4, 4, 4, 4, 3, 3};
	struct survey_sums s = {0};
	dec_wide low, high;
	(void)state;
	add(&s, answer);
	assert_int_equal((int64_t)survey_index(&s), 9167);
	assert_false(survey_interval(&s, &low, &high));
}

static void test_a_perfect_service_has_a_hundred_and_straight_threes_a_c(void **state)
{
	static const struct {
		int value, index;
		char grade;
	} straight[] = {{4, 10000, 'A'}, {3, 7500, 'C'}, {2, 5000, 'D'}, {1, 2500, 'D'}};
	(void)state;
	for (size_t i = 0; i < COUNT(straight); i++) {
		struct survey_sums s = {0};
		dec_wide low, high;
		add_straight(&s, 7, straight[i].value);
		assert_int_equal((int64_t)survey_index(&s), straight[i].index);
		assert_int_equal(survey_grade(survey_index(&s)), straight[i].grade);
		assert_true(survey_interval(&s, &low, &high));
		assert_int_equal((int64_t)low, straight[i].index); /* nobody said otherwise */
		assert_int_equal((int64_t)high, straight[i].index);
	}
}

static void test_bands_begin_where_the_law_says(void **state)
{
	static const struct {
		int index;
		char grade;
	} bands[] = {{10000, 'A'}, {8831, 'A'}, {8830, 'B'}, {7661, 'B'}, {7660, 'C'}, {6500, 'C'},
		{6499, 'D'}, {2500, 'D'}};
	(void)state;
	for (size_t i = 0; i < COUNT(bands); i++)
		assert_int_equal(survey_grade(bands[i].index), bands[i].grade);
}

/* 100 and 25 from one each: the mean is 62.50, s is 53.03, and 1.96·s/√2 is 73.50. */
static void test_an_interval_stays_within_what_can_be(void **state)
{
	struct survey_sums s = {0};
	dec_wide low, high;
	(void)state;
	add_straight(&s, 1, 4);
	add_straight(&s, 1, 1);
	assert_true(survey_interval(&s, &low, &high));
	assert_int_equal((int64_t)low, 2500);
	assert_int_equal((int64_t)high, 10000);
	add_straight(&s, 98, 3); /* 74.75 ± 1.96·5.5902/10 = 1.0957 */
	assert_true(survey_interval(&s, &low, &high));
	assert_int_equal((int64_t)low, 7365);
	assert_int_equal((int64_t)high, 7585);
}

static void test_samples(void **state)
{
	static const int64_t needed[][2] = {
		{0, 0}, {1, 1}, {10, 10}, {100, 80}, {1000, 278}, {1200, 291}, {10000, 370}};
	(void)state;
	for (size_t i = 0; i < COUNT(needed); i++)
		assert_int_equal(survey_sample(needed[i][0]), needed[i][1]);
}

static void test_few_answers_are_drawn_to_the_prior(void **state)
{
	const struct survey_prior known = {42000, 40}, ours = {300, 10}, none = {300, 0};
	(void)state;
	assert_int_equal((int64_t)survey_shrunk(&known, 100, 450, 1, DEC_VALUE), 44143);
	assert_int_equal((int64_t)survey_shrunk(&known, 1, 5, 1, DEC_VALUE), 42195);
	assert_int_equal((int64_t)survey_shrunk(&ours, 0, 0, 1, DEC_SHOWN), 300);
	/* 29 answers of 955 in all nine: (30 + 955/9) / 39 = 3.4900… */
	assert_int_equal((int64_t)survey_shrunk(&ours, 29, 955, 9, DEC_SHOWN), 349);
	assert_int_equal((int64_t)survey_shrunk(&none, 2, 5, 1, DEC_SHOWN), 250);
}

static void test_wilson(void **state)
{
	static const int64_t bounds[][3] = {{1, 1, 2065}, {10, 10, 7225}, {100, 101, 9460},
		{600, 1000, 5693}, {0, 1, 0}, {0, 1000, 0}};
	(void)state;
	for (size_t i = 0; i < COUNT(bounds); i++)
		assert_int_equal((int64_t)survey_wilson(bounds[i][0], bounds[i][1]), bounds[i][2]);
}

static void test_elements_have_their_names(void **state)
{
	enum survey_element element;
	(void)state;
	for (int i = 0; i < SURVEY_MEASURED; i++) {
		assert_true(survey_element_parse(survey_element_names[i], &element));
		assert_int_equal(element, i);
	}
	assert_null(survey_element_names[SURVEY_MEASURED]);
	assert_false(survey_element_parse("speed", &element));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_law_s_example),
		cmocka_unit_test(test_one_answer),
		cmocka_unit_test(test_a_perfect_service_has_a_hundred_and_straight_threes_a_c),
		cmocka_unit_test(test_bands_begin_where_the_law_says),
		cmocka_unit_test(test_an_interval_stays_within_what_can_be),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_few_answers_are_drawn_to_the_prior),
		cmocka_unit_test(test_wilson),
		cmocka_unit_test(test_elements_have_their_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
