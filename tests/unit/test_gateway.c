/* If these fail, an event reaches Kafka as other bytes than the client's, a page runs what somebody
 * typed into a name, or a list skips what it was to show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/digest.h"
#include "gateway/batch.h"
#include "gateway/cursor.h"
#include "gateway/quota.h"
#include "gateway/tracking.h"

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

/* If it fails, a citizen's code is not known again, or one that somebody made up is. */
static void test_tracking_codes(void **state)
{
	static const uint8_t key[DIGEST_SHA256] = "key", other[DIGEST_SHA256] = "other";
	uint8_t seed[DIGEST_SHA256] = "seed";
	char code[TRACKING_TEXT], again[TRACKING_TEXT], typed[64];
	(void)state;
	tracking_make(key, seed, code);
	assert_int_equal(strspn(code, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), TRACKING_TEXT - 1);
	assert_true(tracking_read(key, code, again));
	assert_string_equal(code, again);
	snprintf(typed, sizeof typed, " %.5s-%.10s %s- ", code, code + 5, code + 15);
	typed[3] = (char)tolower(typed[3]);
	assert_true(tracking_read(key, typed, again));
	assert_string_equal(code, again);
	assert_false(tracking_read(other, code, again));
	assert_false(tracking_read(key, "", again));
	snprintf(typed, sizeof typed, "%s0", code);
	assert_false(tracking_read(key, typed, again));
	for (int i = 0; i < TRACKING_TEXT - 1; i++) {
		memcpy(typed, code, sizeof code);
		typed[i] = typed[i] == '0' ? '1' : '0';
		assert_false(tracking_read(key, typed, again));
	}
	seed[12] ^= 0x10; /* the hundredth bit */
	tracking_make(key, seed, again);
	assert_string_not_equal(code, again);
}

/* If it fails, one telephone floods a unit, or a village behind one address is shut out for good.
 */
static void test_a_quota_comes_back_evenly(void **state)
{
	struct quota *q = quota_new(30), *free_for_all = quota_new(0);
	int64_t wait, now = 1000 * CLOCK_SECOND;
	(void)state;
	for (int i = 0; i < 30; i++)
		assert_true(quota_take(q, 7, now, &wait));
	assert_false(quota_take(q, 7, now, &wait));
	assert_int_equal(wait, 120);
	assert_true(quota_take(q, 8, now, &wait)); /* another */
	assert_false(quota_take(q, 7, now + 119 * CLOCK_SECOND, &wait));
	assert_int_equal(wait, 1);
	assert_true(quota_take(q, 7, now + 120 * CLOCK_SECOND, &wait));
	assert_false(quota_take(q, 7, now + 120 * CLOCK_SECOND, &wait));
	for (int i = 0; i < 30; i++)
		assert_true(quota_take(q, 7, now + 3 * 3600 * CLOCK_SECOND, &wait));
	for (int i = 0; i < 1000; i++)
		assert_true(quota_take(free_for_all, 7, now, &wait));
	quota_free(q);
	quota_free(free_for_all);
	quota_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_tracking_codes),
		cmocka_unit_test(test_a_quota_comes_back_evenly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
