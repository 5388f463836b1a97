/* If these fail, one name that is no text keeps a rejection from being stored, and the events
 * behind it from being read; or an error vanishes from the log; or a NIP stands in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

static void test_printable(void **state)
{
	static const struct {
		const char *data;
		size_t size; /* 0: room enough */
		const char *want;
	} cases[] = {
		{"", 0, ""},
		{"data.value", 0, "data.value"},
		{"kafé 患 🏥 \\ \"", 0, "kafé 患 🏥 \\ \""},
		{"ce_\xff", 0, "ce_\\xff"},
		{"a\tb\nc\x7f\x1b[2J", 0, "a\\x09b\\x0ac\\x7f\\x1b[2J"},
		{"\xc2\x85|\xc2\xa0", 0,
			"\\xc2\\x85|\xc2\xa0"}, /* a control character of two bytes */
		/* the edges of well-formed UTF-8 */
		{"\xc0\x80 \xc1\xbf", 0, "\\xc0\\x80 \\xc1\\xbf"},
		{"\xe0\x9f\xbf \xe0\xa0\x80", 0, "\\xe0\\x9f\\xbf \xe0\xa0\x80"},
		{"\xed\x9f\xbf \xed\xa0\x80", 0, "\xed\x9f\xbf \\xed\\xa0\\x80"},
		{"\xf0\x8f\xbf\xbf \xf0\x90\x80\x80", 0, "\\xf0\\x8f\\xbf\\xbf \xf0\x90\x80\x80"},
		{"\xf4\x8f\xbf\xbf \xf4\x90\x80\x80", 0, "\xf4\x8f\xbf\xbf \\xf4\\x90\\x80\\x80"},
		{"\xf5\x80\x80\x80 \x80", 0, "\\xf5\\x80\\x80\\x80 \\x80"},
		{"\xe6\x82 x", 0, "\\xe6\\x82 x"},
		{"x\xe6\x82", 0, "x\\xe6\\x82"},
		/* what does not fit */
		{"abc", 4, "abc"},
		{"abcd", 4, "abc"},
		{"aé", 4, "aé"},
		{"abé", 4, "ab"},
		{"患者", 6, "患"},
		{"患者", 7, "患者"},
		{"🏥", 4, ""},
		{"\xff", 4, ""},
		{"\xff", 5, "\\xff"},
		{"a\xff"
		 "b",
			5, "a"},
		{"abc", 1, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[100];
		size_t size = cases[i].size ? cases[i].size : sizeof out;
		assert_string_equal(text_printable(out, size, cases[i].data, strlen(cases[i].data)),
			cases[i].want);
		memset(out, 'x', sizeof out);
		assert_string_equal(text_format(out, size, "%s", cases[i].data), cases[i].want);
	}
}

static void test_nul(void **state)
{
	char out[20];
	(void)state;
	assert_string_equal(text_printable(out, sizeof out, "a\0b", 3), "a\\x00b");
	assert_string_equal(text_printable(out, sizeof out, NULL, 0), "");
}

/* Printable text stays as it is: it may go through here twice. */
static void test_every_pair_of_bytes(void **state)
{
	char once[20], twice[20];
	(void)state;
	for (int a = 0; a < 256; a++)
		for (int b = 0; b < 256; b++) {
			const char pair[] = {(char)a, (char)b};
			text_printable(once, sizeof once, pair, sizeof pair);
			text_printable(twice, sizeof twice, once, strlen(once));
			assert_string_equal(twice, once);
		}
}

static void test_length(void **state)
{
	(void)state;
	assert_int_equal(text_length(""), 0);
	assert_int_equal(text_length("aé患🏥"), 4);
}

/* A cut within a character would make an error's text unfit for JSON and for PostgreSQL. */
static void test_error(void **state)
{
	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		struct err e = {0};
		char long_text[600] = "";
		memset(long_text, '.', shift);
		while (strlen(long_text) + 4 < sizeof long_text)
			strcat(long_text, "🏥");
		assert_false(err_set(&e, ERR_RETRY, "%s", long_text));
		assert_int_equal(strlen(e.text), shift + (sizeof e.text - 1 - shift) / 4 * 4);
		assert_memory_equal(e.text, long_text, strlen(e.text));
		assert_false(err_wrap(&e, "%s", long_text));
		assert_int_equal(e.code, ERR_RETRY);
		assert_int_equal(
			text_length(e.text), 2 * shift + 2 + (strlen(e.text) - 2 * shift - 2) / 4);
	}
	struct err e = {0};
	err_set(&e, ERR_INVALID, "topic %s\n", "\xff");
	err_wrap(&e, "reading %s", "\xc3");
	assert_string_equal(e.text, "reading \\xc3: topic \\xff\\x0a");
}

/* The one line that is written. */
static void logged(const char *text, char *out, size_t size)
{
	int ends[2], standard_error = dup(STDERR_FILENO);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_info("told", LOG_S("text", text));
	dup2(standard_error, STDERR_FILENO);
	close(standard_error);
	close(ends[1]);
	ssize_t n = read(ends[0], out, size - 1);
	close(ends[0]);
	out[n > 0 ? n : 0] = '\0';
}

static void test_log(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"kafé", "\"text\":\"kaf\\u00E9\""},
		{"ce_\xff\n", "\"text\":\"ce_\\\\xff\\\\x0a\""},
		/* the shape of a NIP is masked, whatever stands beside it */
		{"198609262015051001", "\"text\":\"******************\""},
		{"x198609262015051001y", "\"text\":\"x******************y\""},
		{"ሰ198609262015051001", "\"text\":\"\\u1230******************\""},
		{"\x80"
		 "198609262015051001",
			"\"text\":\"\\\\x80******************\""},
		{"1986092620150510011", "\"text\":\"1986092620150510011\""},
		{"19860926201505100", "\"text\":\"19860926201505100\""},
	};
	char line[2000];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		logged(cases[i].text, line, sizeof line);
		if (!strstr(line, cases[i].want))
			fail_msg("%s in %s", cases[i].want, line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_every_pair_of_bytes),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_log),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
