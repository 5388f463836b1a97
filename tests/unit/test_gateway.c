/* If these fail, an event reaches Kafka as other bytes than the client's, a page runs what somebody
 * typed into a name, or a list skips what it was to show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/array.h"
#include "base/digest.h"
#include "gateway/batch.h"
#include "gateway/cursor.h"

static void test_batch(void **state)
{
	static const struct {
		const char *text;
		int n;
		const char *pieces[3];
	} cases[] = {
		{"[]", 0, {NULL}},
		{" [ \n ] ", 0, {NULL}},
		{"[{}]", 1, {"{}"}},
		{" [ {\"a\":[1,2]} , {} ] ", 2, {"{\"a\":[1,2]}", "{}"}},
		{"[\"a,]\\\"b\",3]", 2, {"\"a,]\\\"b\"", "3"}},
		{"[1,]", 2, {"1", ""}},
		{"[,]", 2, {"", ""}},
		{"[{\"a\":\"\\\\\"},{}]", 2, {"{\"a\":\"\\\\\"}", "{}"}},
		{"[{,}]", 1, {"{,}"}},
		{"[\"open]", 1, {"\"open"}},
		{"[\"open\\]", 1, {"\"open\\"}},
		{"[1,2,3]", 3, {"1", "2", "3"}},
		{"[1,2,3,4]", 4, {NULL}}, /* one more than the most */
		{"", -1, {NULL}},
		{"[", -1, {NULL}},
		{"{}", -1, {NULL}},
		{"[1]]", -1, {NULL}},
		{"[1", -1, {NULL}},
		{"x[1]", -1, {NULL}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct batch_piece pieces[3];
		int n = batch_cut(cases[i].text, strlen(cases[i].text), pieces, 3);
		if (n != cases[i].n)
			fail_msg("%s: %d", cases[i].text, n);
		for (int k = 0; k < n && cases[i].pieces[0]; k++) {
			assert_int_equal(pieces[k].len, strlen(cases[i].pieces[k]));
			assert_memory_equal(pieces[k].data, cases[i].pieces[k], pieces[k].len);
		}
	}
}

static void test_cursor(void **state)
{
	struct cursor c = {.number = -5, .key = {1, 2, 3, [15] = 255}}, back = {0};
	char text[CURSOR_TEXT];

	(void)state;
	assert_true(digest_init());
	assert_int_equal(strlen(cursor_format(&c, "inbox a", text)), CURSOR_TEXT - 1);
	assert_true(cursor_parse(text, "inbox a", &back));
	assert_memory_equal(&back, &c, sizeof c);
	assert_false(cursor_parse(text, "inbox b", &back));
	text[0] = text[0] == '0' ? '1' : '0';
	assert_false(cursor_parse(text, "inbox a", &back));
	for (const char *const *p = (const char *const[]){"", "0", "zz", NULL}; *p; p++)
		assert_false(cursor_parse(*p, "inbox a", &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
