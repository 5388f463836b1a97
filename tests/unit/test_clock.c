/* If these fail, evidence lands in the wrong month, or a good event is refused for its time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"

static int64_t instant_of(const char *text)
{
	int64_t instant = 0;

	if (!clock_parse(text, strlen(text), &instant))
		fail_msg("not parsed: %s", text);
	return instant;
}

static int32_t date_of(const char *text)
{
	int32_t date = 0;

	if (!clock_date_parse(text, &date))
		fail_msg("not parsed: %s", text);
	return date;
}

static void test_instants_are_read_and_written(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
		{"2026-03-04T08:15:00+07:00", "2026-03-04T01:15:00Z"},
		{"2026-03-04T08:15:00-07:30", "2026-03-04T15:45:00Z"},
		{"2026-03-01T00:00:00+23:59", "2026-02-28T00:01:00Z"},
		{"2025-12-31T23:59:59-23:59", "2026-01-01T23:58:59Z"},
		{"2026-01-01T00:00:00-00:00", "2026-01-01T00:00:00Z"},
		{"2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z"},
		{"2000-02-29T12:00:00Z", "2000-02-29T12:00:00Z"},
		{"2026-03-04T08:15:00.5Z", "2026-03-04T08:15:00.500000Z"},
		{"2026-03-04T08:15:00.000001Z", "2026-03-04T08:15:00.000001Z"},
		{"2026-03-04T08:15:59.999999Z", "2026-03-04T08:15:59.999999Z"},
		{"2026-03-04T08:15:00.000Z", "2026-03-04T08:15:00Z"},
		{"2026-03-04T08:15:00.123456789Z", "2026-03-04T08:15:00.123456Z"}, /* Go, Java */
		{"2026-03-04T08:15:00.1234567+07:00", "2026-03-04T01:15:00.123456Z"}, /* .NET */
		{"2026-03-31T23:59:59.999999999+07:00", "2026-03-31T16:59:59.999999Z"},
		{"1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999Z"},
		{"2026-03-04T08:15:00.000000999Z", "2026-03-04T08:15:00Z"},
		{"1900-01-01T00:00:00+07:00", "1899-12-31T17:00:00Z"},
		{"1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.900000Z"},
		{"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
		{"9999-12-31T23:59:59-00:01", "10000-01-01T00:00:59Z"},
	};
	char out[CLOCK_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(clock_format(instant_of(cases[i].text), out), cases[i].want);
	assert_true(instant_of("2026-03-04T08:15:00.25+07:00") == INT64_C(1772586900250000));
}

static void test_what_is_no_instant_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"2026",
		"2026-03-04",
		"2026-03-04T08:15Z",
		"2026-03-04T08:15:00",
		"2026-03-04 08:15:00Z",
		"2026-03-04T08:15:00 Z",
		"2026-03-04T08:15:00ZZ",
		"2026-03-04T08:15:00+7:00",
		"2026-03-04T08:15:00+0700",
		"2026-03-04T08:15:00+07",
		"2026-03-04T08:15:00+24:00",
		"2026-03-04T08:15:00+07:60",
		"2026-03-04T08:15:00.Z",
		"2026-03-04T08:15:00.1234567890Z",
		"2026-03-04T08:15:00,5Z",
		"2026-03-04T08:15:60Z",
		"2026-12-31T23:59:60Z",
		"2026-03-04T08:60:00Z",
		"2026-03-04T24:00:00Z",
		"2026-13-04T08:15:00Z",
		"2026-00-04T08:15:00Z",
		"2026-03-00T08:15:00Z",
		"2026-03-32T08:15:00Z",
		"2026-04-31T08:15:00Z",
		"2026-02-29T08:15:00Z",
		"2100-02-29T08:15:00Z",
		"1899-12-31T08:15:00Z",
		"0000-01-01T00:00:00Z",
		"10000-01-01T00:00:00Z",
		"-026-03-04T08:15:00Z",
		" 2026-03-04T08:15:00Z",
		"26-03-04T08:15:00Z",
		"2026-3-4T08:15:00Z",
		"2026-03-04T8:15:00Z",
		"２026-03-04T08:15:00Z",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t instant = 17;

		if (clock_parse(cases[i], strlen(cases[i]), &instant))
			fail_msg("parsed: %s", cases[i]);
		assert_true(instant == 17);
	}
}

/* Texts come from messages: every shorter length must fail without reading on, and NUL is no
 * terminator. */
static void test_length_counts(void **state)
{
	static const char text[] = "2026-03-04T08:15:00.25+07:00";
	static const char nul[] = "2026-03-04T08:15:00\0Z";
	int64_t instant;

	(void)state;
	for (size_t len = 0; len < strlen(text); len++)
		assert_false(clock_parse(text, len, &instant));
	assert_true(clock_parse("2026-03-04T08:15:00Zjunk", 20, &instant));
	assert_false(clock_parse(nul, sizeof nul - 1, &instant));
}

static void test_months_end_at_midnight_in_pontianak(void **state)
{
	static const struct {
		const char *instant, *date, *month;
	} cases[] = {
		{"2026-02-28T16:59:59.999999Z", "2026-02-28", "2026-02"},
		{"2026-02-28T17:00:00Z", "2026-03-01", "2026-03"},
		{"2026-03-31T23:59:59+07:00", "2026-03-31", "2026-03"},
		{"2026-04-01T00:00:00+07:00", "2026-04-01", "2026-04"},
		{"2025-12-31T23:59:59+07:00", "2025-12-31", "2025-12"},
		{"2026-01-01T00:00:00+07:00", "2026-01-01", "2026-01"},
		{"2026-01-01T00:00:00+08:00", "2025-12-31", "2025-12"},
		{"2024-02-29T23:00:00+07:00", "2024-02-29", "2024-02"},
		{"1969-12-31T17:00:00Z", "1970-01-01", "1970-01"},
		{"1969-12-31T16:59:59Z", "1969-12-31", "1969-12"},
		{"1900-01-01T00:00:00+07:00", "1900-01-01", "1900-01"},
	};
	char out[CLOCK_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int32_t date = clock_date(instant_of(cases[i].instant));

		assert_string_equal(clock_date_format(date, out), cases[i].date);
		assert_string_equal(clock_month_format(clock_month(date), out), cases[i].month);
	}
	assert_string_equal(
		clock_format(clock_date_start(date_of("2026-03-01")), out), "2026-02-28T17:00:00Z");
	assert_int_equal(clock_date(clock_date_start(-1)), -1);
	assert_int_equal(clock_date(clock_date_start(-1) - 1), -2);
}

static void test_dates(void **state)
{
	static const char *const wrong[] = {"", "2026-03", "2026-03-4", "2026-02-29", "2023-02-29",
		"1900-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "1899-12-31",
		"2026-03-04 ", "2026/03/04", "20260304", "2026-03-04T"};
	int32_t date = 5;

	(void)state;
	assert_int_equal(date_of("1970-01-01"), 0);
	assert_int_equal(date_of("1900-01-01"), -25567);
	assert_int_equal(date_of("2000-03-01"), 11017);
	assert_int_equal(date_of("2024-03-01") - date_of("2024-02-29"), 1);
	assert_int_equal(date_of("9999-12-31"), 2932896);
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(clock_date_parse(wrong[i], &date));
	assert_int_equal(date, 5);
}

static void test_months(void **state)
{
	static const struct {
		const char *month;
		int days;
	} cases[] = {
		{"2026-01", 31},
		{"2026-02", 28},
		{"2024-02", 29},
		{"2000-02", 29},
		{"1900-02", 28},
		{"2100-02", 28},
		{"2026-03", 31},
		{"2026-04", 30},
		{"2026-12", 31},
		{"9999-12", 31},
	};
	static const char *const wrong[] = {"", "2026", "2026-", "2026-0", "2026-00", "2026-13",
		"2026-1", "2026-03-", "2026-Q1", "1899-12", "202603", "2026-03 "};
	int32_t month = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[CLOCK_TEXT];

		assert_true(clock_month_parse(cases[i].month, &month));
		assert_int_equal(clock_month_days(month), cases[i].days);
		assert_string_equal(clock_month_format(month, out), cases[i].month);
	}
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(clock_month_parse(wrong[i], &month));
	assert_int_equal(month, 9999 * 12 + 11);
}

/* Every day of 8,100 years follows the one before, and dates, texts and months agree. */
static void test_no_day_is_lost(void **state)
{
	int32_t last = date_of("9999-12-31");
	int32_t month = clock_month(date_of("1900-01-01"));

	(void)state;
	for (int32_t date = date_of("1900-01-01"); date <= last; date++) {
		char out[CLOCK_TEXT];
		int32_t back;

		month += date == clock_month_first(month + 1);
		assert_int_equal(clock_month(date), month);
		assert_true(clock_date_parse(clock_date_format(date, out), &back));
		assert_int_equal(back, date);
	}
}

static void test_an_open_end_is_a_date(void **state)
{
	(void)state;
	assert_true(clock_month(INT32_MAX) > 9999 * 12);
	assert_true(clock_month(INT32_MIN) < 0);
}

static void test_clocks_run(void **state)
{
	int64_t before = clock_monotonic();

	(void)state;
	assert_true(clock_now() > instant_of("2024-01-01T00:00:00Z"));
	assert_true(clock_monotonic() >= before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instants_are_read_and_written),
		cmocka_unit_test(test_what_is_no_instant_is_refused),
		cmocka_unit_test(test_length_counts),
		cmocka_unit_test(test_months_end_at_midnight_in_pontianak),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_months),
		cmocka_unit_test(test_no_day_is_lost),
		cmocka_unit_test(test_an_open_end_is_a_date),
		cmocka_unit_test(test_clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
