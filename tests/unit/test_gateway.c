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
#include "gateway/html.h"
#include "gateway/words.h"

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

static void test_html_escapes(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	html_open(&b, "a", "href", "\"><script>", "title", NULL, "hidden", "", NULL);
	html_text(&b, "<b>&'\"");
	html_close(&b, "a");
	html_fill(&b, "%s dari %s & %s", HTML_VALUES("<1>", "2%s"));
	assert_string_equal(b.data,
		"<a href=\"&quot;&gt;&lt;script&gt;\" hidden>&lt;b&gt;&amp;&#39;&quot;</a>"
		"&lt;1&gt; dari 2%s &amp; ");
	buf_reset(&b);
	html_name(&b, "\u202eSiti <b>");
	html_fill(&b, ", di %n: %s 100% %", HTML_VALUES("Dinas \u05d0", "3"));
	assert_string_equal(
		b.data, "<bdi>\u202eSiti &lt;b&gt;</bdi>, di <bdi>Dinas \u05d0</bdi>: 3 100% %");
	buf_reset(&b);
	html_both(&b, (struct words){"Kunjungan <x>", "Visits"});
	assert_string_equal(b.data, "Kunjungan &lt;x&gt;<span lang=\"en\"> / Visits</span>");
	buf_reset(&b);
	html_both(&b, (struct words){"2026", "2026"});
	assert_string_equal(b.data, "2026");
	buf_reset(&b);
	html_url_encode(&b, "a/b?c=d&e f\xc3\xa9");
	assert_string_equal(b.data, "a%2Fb%3Fc%3Dd%26e%20f%C3%A9");
	buf_done(&b);
}

static void test_words(void **state)
{
	static const struct {
		const char *period, *id, *en;
	} cases[] = {
		{"2026-03", "Maret 2026", "March 2026"},
		{"2026-Q4", "Triwulan IV 2026", "quarter 4 of 2026"},
		{"2026", "2026", "2026"},
	};
	char id[WORDS_PERIOD], en[WORDS_PERIOD];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct period p;
		assert_true(period_parse(cases[i].period, &p));
		struct words w = words_period(p, id, en);
		assert_string_equal(w.id, cases[i].id);
		assert_string_equal(w.en, cases[i].en);
	}
	assert_string_equal(words_rating("BELOW").id, "di bawah ekspektasi");
	assert_string_equal(words_grade("NEEDS_IMPROVEMENT").en, "needs improvement");
	assert_string_equal(words_kind("NEW").id, "NEW");
	assert_string_equal(words_aspect("innovation").id, "inovasi");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_html_escapes),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
