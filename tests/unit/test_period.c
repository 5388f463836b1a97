/* If these fail, a quarter or a year is scored over the wrong months, or cannot be asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/period.h"

static void test_periods_are_read_and_written(void **state)
{
	static const struct {
		const char *text;
		enum period_kind kind;
		int32_t months;
		const char *first, *last;
	} cases[] = {
		{"2026-01", PERIOD_MONTH, 1, "2026-01-01", "2026-01-31"},
		{"2024-02", PERIOD_MONTH, 1, "2024-02-01", "2024-02-29"},
		{"2026-12", PERIOD_MONTH, 1, "2026-12-01", "2026-12-31"},
		{"2026-Q1", PERIOD_QUARTER, 3, "2026-01-01", "2026-03-31"},
		{"2026-Q2", PERIOD_QUARTER, 3, "2026-04-01", "2026-06-30"},
		{"2026-Q3", PERIOD_QUARTER, 3, "2026-07-01", "2026-09-30"},
		{"2026-Q4", PERIOD_QUARTER, 3, "2026-10-01", "2026-12-31"},
		{"2026", PERIOD_YEAR, 12, "2026-01-01", "2026-12-31"},
		{"1900", PERIOD_YEAR, 12, "1900-01-01", "1900-12-31"},
		{"9999-Q4", PERIOD_QUARTER, 3, "9999-10-01", "9999-12-31"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct period p;
		char text[PERIOD_TEXT];
		char day[CLOCK_TEXT];

		assert_true(period_parse(cases[i].text, &p));
		assert_int_equal(p.kind, cases[i].kind);
		assert_int_equal(p.months, cases[i].months);
		assert_string_equal(period_format(p, text), cases[i].text);
		assert_string_equal(clock_date_format(period_first_day(p), day), cases[i].first);
		assert_string_equal(clock_date_format(period_last_day(p), day), cases[i].last);
	}
}

static void test_what_is_no_period_is_refused(void **state)
{
	static const char *const wrong[] = {"", "2", "202", "20260", "1899", "1899-Q4", "2026-",
		"2026-Q", "2026-Q0", "2026-Q5", "2026-q1", "2026-Q11", "2026-13", "2026-00",
		"2026-3", "2026Q1", "2026-03 ", " 2026", "2026-1", "2026 ", "2026-0Q1", "abcd",
		"-026", "2026-03-01"};
	struct period p = {.months = 99};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		if (period_parse(wrong[i], &p))
			fail_msg("parsed: %s", wrong[i]);
	}
	assert_int_equal(p.months, 99);
}

static void test_the_period_of_a_month(void **state)
{
	static const char *const quarters[] = {"2026-Q1", "2026-Q1", "2026-Q1", "2026-Q2",
		"2026-Q2", "2026-Q2", "2026-Q3", "2026-Q3", "2026-Q3", "2026-Q4", "2026-Q4",
		"2026-Q4"};
	char text[PERIOD_TEXT];

	(void)state;
	for (int32_t m = 0; m < 12; m++) {
		int32_t month = 2026 * 12 + m;

		assert_string_equal(
			period_format(period_of(PERIOD_QUARTER, month), text), quarters[m]);
		assert_string_equal(period_format(period_of(PERIOD_YEAR, month), text), "2026");
		assert_int_equal(period_of(PERIOD_MONTH, month).first_month, month);
		assert_int_equal(period_year(period_of(PERIOD_MONTH, month)), 2026);
	}
}

static void test_all_periods_of_a_year(void **state)
{
	static const char *const want[PERIODS_OF_YEAR] = {
		"2026",
		"2026-Q1",
		"2026-Q2",
		"2026-Q3",
		"2026-Q4",
		"2026-01",
		"2026-02",
		"2026-03",
		"2026-04",
		"2026-05",
		"2026-06",
		"2026-07",
		"2026-08",
		"2026-09",
		"2026-10",
		"2026-11",
		"2026-12",
	};
	struct period all[PERIODS_OF_YEAR];
	char text[PERIOD_TEXT];

	(void)state;
	period_all(2026, all);
	for (int i = 0; i < PERIODS_OF_YEAR; i++)
		assert_string_equal(period_format(all[i], text), want[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_periods_are_read_and_written),
		cmocka_unit_test(test_what_is_no_period_is_refused),
		cmocka_unit_test(test_the_period_of_a_month),
		cmocka_unit_test(test_all_periods_of_a_year),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
