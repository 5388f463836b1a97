/* If these fail, somebody's score is off by a hundredth, or an event with a good number is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/dec.h"

static void test_division_rounds_half_away_from_zero(void **state)
{
	static const struct {
		int64_t a, b, want;
	} cases[] = {
		{0, 7, 0},
		{1, 2, 1},
		{-1, 2, -1},
		{1, -2, -1},
		{-1, -2, 1},
		{1, 3, 0},
		{2, 3, 1},
		{-2, 3, -1},
		{5, 10, 1},
		{4, 10, 0},
		{-4, 10, 0},
		{-5, 10, -1},
		{15, 10, 2},
		{25, 10, 3},
		{-25, 10, -3},
		{7, 1, 7},
		{7, -1, -7},
		{3, 7, 0},
		{4, 7, 1},
		{-4, 7, -1},
		{24, 10, 2},
		{26, 10, 3},
		{-26, -10, 3},
		{100, 3, 33},
		{9995, 10, 1000},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal((int64_t)dec_div(cases[i].a, cases[i].b), cases[i].want);
}

/* Beside one division over the common denominator, where that fits. */
static void test_fractions_are_added_before_they_are_rounded(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct dec_fraction parts[5];
		size_t n = (size_t)i % 6;
		dec_wide over = 0, under = 1;

		for (size_t k = 0; k < n; k++) {
			parts[k].under = 1 + rand_r(&seed) % (i % 2 ? 12 : 99999);
			parts[k].over = rand_r(&seed) % (3 * (int)parts[k].under);
			over = over * parts[k].under + parts[k].over * under;
			under *= parts[k].under;
		}
		assert_true(dec_div_sum(parts, n) == dec_div(over, under));
	}
}

static void test_fractions_without_a_common_measure(void **state)
{
	static const dec_wide p = 1000000000000000003, q = 999999999999999989;
	struct dec_fraction parts[40];

	(void)state;
	/* 3/10 and 1/5, whatever they are multiplied by, are exactly a half, and one less is not */
	for (int less = 0; less < 2; less++) {
		parts[0] = (struct dec_fraction){3 * p - less, 10 * p};
		parts[1] = (struct dec_fraction){q, 5 * q};
		assert_int_equal((int64_t)dec_div_sum(parts, 2), !less);
	}
	/* 40 thirds, of 40 denominators: 13.33; and a 41st of 1/6 would make it 13.5 */
	for (int sixth = 0; sixth < 2; sixth++) {
		for (int i = 0; i < 40; i++)
			parts[i] = (struct dec_fraction){p + i, 3 * (p + i)};
		if (sixth)
			parts[39] = (struct dec_fraction){3 * (q + 2), 6 * (q + 2)};
		assert_int_equal((int64_t)dec_div_sum(parts, 40), sixth ? 14 : 13);
	}
}

static void test_division_keeps_the_whole_width(void **state)
{
	const dec_wide most = (dec_wide)((unsigned __int128)-1 >> 1);

	(void)state;
	assert_true(dec_div(most, 1) == most);
	assert_true(dec_div(most, most) == 1);
	assert_true(dec_div(most / 2 + 1, most) == 1);
	assert_true(dec_div(most / 2, most) == 0);
	assert_true(dec_div(-most, most) == -1);
}

static void test_shown_has_two_places(void **state)
{
	(void)state;
	assert_int_equal((int64_t)dec_shown(995000), 9950);
	assert_int_equal((int64_t)dec_shown(766050), 7661);
	assert_int_equal((int64_t)dec_shown(766049), 7660);
	assert_int_equal((int64_t)dec_shown(-50), -1);
	assert_int_equal((int64_t)dec_shown(-49), 0);
}

static void test_integers(void **state)
{
	dec_wide v = 42;

	(void)state;
	assert_true(dec_from_int(-7, &v) && v == -70000);
	assert_true(dec_from_int(0, &v) && v == 0);
	assert_true(dec_from_int(999999999999999, &v) && v == (dec_wide)999999999999999 * 10000);
	assert_false(dec_from_int(1000000000000000, &v));
	assert_false(dec_from_int(-1000000000000000, &v));
	assert_false(dec_from_int(INT64_MIN, &v));
	assert_true(v == (dec_wide)999999999999999 * 10000); /* untouched by failures */
}

static void test_reals(void **state)
{
	static const struct {
		double number;
		bool ok;
		int64_t want;
	} cases[] = {
		{0.0, true, 0},
		{-0.0, true, 0},
		{0.1, true, 1000},
		{-0.5, true, -5000},
		{3.1416, true, 31416},
		{0.0001, true, 1},
		{-0.0001, true, -1},
		{1e3, true, 10000000},
		{1.005, true, 10050},
		{76.605, true, 766050},
		{99999999999.9999, true, 999999999999999},
		{-99999999999.9999, true, -999999999999999},
		{9999999999999.99, true, 99999999999999900},
		{12345678901.2345, true, 123456789012345},
		{99999999999999.9, true, 999999999999999000},
		{0.12345, false, 0},
		{0.00001, false, 0},
		{1e-300, false, 0},
		{5e-324, false, 0},
		{3.14159, false, 0},
		{1e15, false, 0},
		{999999999999999.5, false, 0},
		{100000000000.0001, false, 0},
		{12345678901.12345678, false, 0},
		{1.0 / 3, false, 0},
		{1e300, false, 0},
		{-1e300, false, 0},
		{INFINITY, false, 0},
		{-INFINITY, false, 0},
		{NAN, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		dec_wide v = -1;

		assert_int_equal(dec_from_real(cases[i].number, &v), cases[i].ok);
		assert_true(v == (cases[i].ok ? cases[i].want : -1));
	}
}

/* Text and the double a JSON parser makes of it must agree, for any figure that can be written. */
static void test_reals_and_text_agree(void **state)
{
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char text[DEC_TEXT];
		dec_wide want, got;
		int64_t k;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		k = (int64_t)(seed % 999999999999999u) >> (i % 50);
		want = i % 2 == 0 ? k : -k;
		dec_format_value(want, text);
		assert_true(dec_parse(text, &got) && got == want);
		assert_true(dec_from_real(strtod(text, NULL), &got) && got == want);
	}
}

static void test_text(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t want;
	} cases[] = {
		{"12", true, 120000},
		{"-0.5", true, -5000},
		{"3.1416", true, 31416},
		{"0", true, 0},
		{"-0", true, 0},
		{"0.0001", true, 1},
		{"1.50000000", true, 15000},
		{"99999999999.9999", true, 999999999999999},
		{"99999999999.90000", true, 999999999999000},
		{"99999999999999.9", true, 999999999999999000},
		{"100000000000.0001", false, 0},
		{"999999999999999.5", false, 0},
		{"1000000000000000", false, 0},
		{"99999999999999999999999999999999999999999999999999999999999999", false, 0},
		{"0.12345", false, 0},
		{"", false, 0},
		{"-", false, 0},
		{".5", false, 0},
		{"5.", false, 0},
		{"-.5", false, 0},
		{"+1", false, 0},
		{"01", false, 0},
		{"-00.5", false, 0},
		{"1,5", false, 0},
		{"1.5.5", false, 0},
		{"1e3", false, 0},
		{" 1", false, 0},
		{"1 ", false, 0},
		{"nan", false, 0},
		{"0x10", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		dec_wide v = -1;

		assert_int_equal(dec_parse(cases[i].text, &v), cases[i].ok);
		assert_true(v == (cases[i].ok ? cases[i].want : -1));
	}
	assert_true(dec_parse("999999999999999", &(dec_wide){0}));
}

static void test_formats(void **state)
{
	char out[DEC_TEXT];
	const dec_wide least = -(dec_wide)((unsigned __int128)-1 >> 1);

	(void)state;
	assert_string_equal(dec_format_shown(9500, out), "95.00");
	assert_string_equal(dec_format_shown(0, out), "0.00");
	assert_string_equal(dec_format_shown(5, out), "0.05");
	assert_string_equal(dec_format_shown(-5, out), "-0.05");
	assert_string_equal(dec_format_shown(-12345, out), "-123.45");
	assert_string_equal(
		dec_format_shown(least, out), "-1701411834604692317316873037158841057.27");
	assert_string_equal(dec_format_value(120345, out), "12.0345");
	assert_string_equal(dec_format_value(120000, out), "12");
	assert_string_equal(dec_format_value(-5000, out), "-0.5");
	assert_string_equal(dec_format_value(0, out), "0");
	assert_string_equal(dec_format_value(1, out), "0.0001");
	assert_string_equal(dec_format_value(1000000, out), "100");
	assert_string_equal(
		dec_format_value(least, out), "-17014118346046923173168730371588410.5727");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_division_rounds_half_away_from_zero),
		cmocka_unit_test(test_fractions_are_added_before_they_are_rounded),
		cmocka_unit_test(test_fractions_without_a_common_measure),
		cmocka_unit_test(test_division_keeps_the_whole_width),
		cmocka_unit_test(test_shown_has_two_places),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_reals),
		cmocka_unit_test(test_reals_and_text_agree),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
