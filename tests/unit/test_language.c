/* What people read: figures, periods and times as each language writes them, and which language a
 * browser asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/language.h"

static void test_figures(void **state)
{
	static const struct {
		int64_t hundredths;
		bool whole;
		const char *id, *en;
	} cases[] = {
		{123450, false, "1.234,50", "1,234.50"},
		{125000, true, "1.250", "1,250"},
		{9500, false, "95,00", "95.00"},
		{99999, true, "999,99", "999.99"},
		{123456789012, false, "1.234.567.890,12", "1,234,567,890.12"},
		{-50, false, "-0,50", "-0.50"},
		{-12300, true, "-123", "-123"},
		{-123400, true, "-1.234", "-1,234"},
		{0, true, "0", "0"},
		{3716, true, "37,16", "37.16"},
	};
	char text[DEC_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_string_equal(
			language_figure(LANGUAGE_ID, cases[i].hundredths, cases[i].whole, text),
			cases[i].id);
		assert_string_equal(
			language_figure(LANGUAGE_EN, cases[i].hundredths, cases[i].whole, text),
			cases[i].en);
	}
	assert_string_equal(language_value(LANGUAGE_ID, 12345000, text), "1.234,5");
	assert_string_equal(language_value(LANGUAGE_EN, 1, text), "0.0001");
}

static void test_periods(void **state)
{
	static const struct {
		const char *period, *id, *en;
	} cases[] = {
		{"2026-03", "Maret 2026", "March 2026"},
		{"2026-12", "Desember 2026", "December 2026"},
		{"2026-Q3", "triwulan III 2026", "the third quarter of 2026"},
		{"2026", "tahun 2026", "the year 2026"},
	};
	char text[LANGUAGE_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct period p;
		assert_true(period_parse(cases[i].period, &p));
		assert_string_equal(language_period(LANGUAGE_ID, p, text), cases[i].id);
		assert_string_equal(language_period(LANGUAGE_EN, p, text), cases[i].en);
	}
}

static void test_times(void **state)
{
	char text[LANGUAGE_TEXT];
	int64_t at;

	(void)state;
	assert_true(clock_parse("2026-10-01T06:24:59Z", 20, &at));
	assert_string_equal(language_time(LANGUAGE_ID, at, text), "1 Oktober 2026 pukul 13.24 WIB");
	assert_string_equal(language_time(LANGUAGE_EN, at, text), "1 October 2026, 13:24 WIB");
	assert_string_equal(language_date(LANGUAGE_ID, clock_date(at), text), "1 Oktober 2026");
	assert_true(clock_parse("2026-12-31T17:00:00Z", 20, &at));
	assert_string_equal(language_time(LANGUAGE_EN, at, text), "1 January 2027, 00:00 WIB");
	assert_string_equal(language_hour(LANGUAGE_ID, at, text), "00.00");
}

static void test_what_a_browser_asks_for(void **state)
{
	static const struct {
		const char *field;
		enum language language;
	} cases[] = {
		{NULL, LANGUAGE_ID},
		{"", LANGUAGE_ID},
		{"en", LANGUAGE_EN},
		{"EN-gb", LANGUAGE_EN},
		{"fr, de;q=0.9", LANGUAGE_ID},
		{"fr, en;q=0.2", LANGUAGE_EN},
		{"en;q=0.8, id;q=0.9", LANGUAGE_ID},
		{"id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7", LANGUAGE_ID},
		{"en-US,en;q=0.9,id;q=0.8", LANGUAGE_EN},
		{"id;q=0, en;q=0.1", LANGUAGE_EN},
		{"en;q=0", LANGUAGE_ID},
		{"english, *", LANGUAGE_ID},
		{",,;q=,en;q=x", LANGUAGE_ID},
	};
	enum language language = LANGUAGE_ID;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (language_accepted(cases[i].field) != cases[i].language)
			fail_msg("%s", cases[i].field);
	assert_true(language_parse("en", &language) && language == LANGUAGE_EN);
	assert_false(language_parse("xx", &language) || language_parse(NULL, &language) ||
		     language_parse("", &language));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_periods),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_what_a_browser_asks_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
