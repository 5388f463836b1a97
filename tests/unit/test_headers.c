/* If these fail, an event is verified, or sent again, with other headers than those it was judged
 * by; or a message with huge ones is let in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "messages/event.h"
#include "messages/headers.h"

/* The stored form as text: name=value, and so on; `~` for a null value; "unreadable". */
static const char *told(const char *json, char out[200])
{
	struct stored_headers h;
	*out = '\0';
	if (!headers_read(json, json ? strlen(json) : 0, &h))
		strcpy(out, "unreadable ");
	for (size_t i = 0; i < h.n && strcmp(out, "unreadable ") != 0; i++) {
		strcat(strcat(out, h.list[i].name), "=");
		strncat(out, h.list[i].data ? h.list[i].data : "~",
			h.list[i].data ? h.list[i].len : 1);
		strcat(out, " ");
	}
	headers_done(&h);
	return out;
}

static void test_read(void **state)
{
	static const struct {
		const char *json, *want;
	} cases[] = {
		{NULL, ""},
		{"[]", ""},
		{"[[\"YQ==\",\"MQ==\"],[\"Yg==\",\"Mg==\"],[\"YQ==\",\"Mw==\"]]", "a=1 b=2 a=3 "},
		{"[[\"YQ==\",null],[\"Yg==\",\"\"]]", "a=~ b= "},
		{"[[\"6Q==\",\"MQ==\"]]", "\xe9=1 "},
		/* what is no such form */
		{"", "unreadable "},
		{"7", "unreadable "},
		{"{}", "unreadable "},
		{"[[\"a\",\"MQ==\"]]", "unreadable "},
		{"[[\"YQ==\"]]", "unreadable "},
		{"[[null,\"MQ==\"]]", "unreadable "},
		{"[[\"YQ==\",\"?\"]]", "unreadable "},
		{"[\"YQ==\",\"MQ==\"]", "unreadable "},
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(told(cases[i].json, text), cases[i].want);
}

static void test_too_many_to_read(void **state)
{
	BUF_AUTO json;
	struct stored_headers h;

	(void)state;
	buf_init(&json, 100000);
	buf_adds(&json, "[[\"YQ==\",\"MQ==\"]");
	for (int i = 1; i < HEADERS_MOST; i++)
		buf_adds(&json, ",[\"YQ==\",\"MQ==\"]");
	buf_adds(&json, "]");
	assert_true(headers_read(json.data, json.len, &h));
	assert_int_equal(h.n, HEADERS_MOST);
	headers_done(&h);
	json.data[json.len - 1] = ',';
	buf_adds(&json, "[\"YQ==\",\"MQ==\"]]");
	assert_false(headers_read(json.data, json.len, &h));
	headers_done(&h);
}

static void test_shown(void **state)
{
	static const struct {
		const char *json;
		size_t most;
		const char *want;
	} cases[] = {
		{NULL, SIZE_MAX, "[]"},
		{"[[\"YQ==\",\"MQ==\"],[\"Yg==\",null],[\"YQ==\",\"Mw==\"]]", SIZE_MAX,
			"[[\"a\",\"MQ==\"],[\"b\",null],[\"a\",\"Mw==\"]]"},
		{"[[\"6Q==\",\"MQ==\"],[\"Yg==\",\"Mg==\"]]", SIZE_MAX,
			"[[{\"base64\":\"6Q==\"},\"MQ==\"],[\"b\",\"Mg==\"]]"}, /* no text */
		{"[[\"YQ==\",\"MQ==\"],[\"Yg==\",\"MjI=\"],[\"Yw==\",\"\"]]", 4,
			"[[\"a\",\"MQ==\"]]"},
		{"[[\"YQ==\",\"MTExMQ==\"]]", 4, "[]"},
		{"7", SIZE_MAX, "[]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *json = cases[i].json;
		json_t *object = headers_shown(json, json ? strlen(json) : 0, cases[i].most);
		char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
		assert_string_equal(text, cases[i].want);
		free(text);
		json_decref(object);
	}
}

static void test_fits(void **state)
{
	enum { MOST = EVENT_MAX_HEADER_BYTES };
	static const struct {
		size_t n, each, key; /* headers, bytes of a value, bytes of the key */
		bool fits;
	} cases[] = {
		{0, 0, 0, true},
		{EVENT_MAX_HEADERS, 0, 0, true},
		{EVENT_MAX_HEADERS + 1, 0, 0, false},
		{1, MOST - 1, 0, true},
		{1, MOST, 0, false},
		{1, 0, MOST - 1, true},
		{1, 0, MOST, false},
		{0, 0, MOST, true},
		{0, 0, MOST + 1, false},
		{2, MOST / 2 - 1, 0, true},
		{2, MOST / 2, 0, false},
	};
	static char value[MOST];
	struct event_header headers[HEADERS_MOST];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct event_fault fault = {0};
		const struct event_input in = {.headers = headers, .n_headers = cases[i].n};
		for (size_t k = 0; k < cases[i].n; k++)
			headers[k] = (struct event_header){"x", value, cases[i].each};
		assert_int_equal(event_fits(&in, cases[i].key, &fault), cases[i].fits);
		assert_int_equal(fault.reason, cases[i].fits ? REASON_NONE : REASON_TOO_LARGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_too_many_to_read),
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_fits),
	};
	return digest_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
