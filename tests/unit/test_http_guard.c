/* If these fail, a proxy and the gateway can be made to disagree about where a request ends, or a
 * client behind a proxy can pretend to be another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "http/http_address.h"
#include "http/http_guard.h"
#include "http/http_route.h"

enum { MAX_FIELDS = 8 };

struct parsed {
	char text[512], target[128];
	struct http_field fields[MAX_FIELDS];
	struct http_head head;
};

/* Ends the line at `from` as the library does, at CR LF or a bare LF, and returns where the next
 * one begins. */
static char *end_line(char *from)
{
	char *lf = strchr(from, '\n');

	assert_non_null(lf);
	if (lf > from && lf[-1] == '\r')
		lf[-1] = '\0';
	*lf = '\0';
	return lf + 1;
}

/* A lenient parser in place, like the library's. */
static void parse(const char *raw, struct parsed *p)
{
	char *at = p->text, *next, *space;

	snprintf(p->text, sizeof p->text, "%s", raw);
	p->head = (struct http_head){.method = at, .size = strlen(raw), .fields = p->fields};
	next = end_line(at);
	space = strchr(at, ' ');
	*space++ = '\0';
	while (*space == ' ')
		space++;
	p->head.target_at = space;
	p->head.version = strrchr(space, ' ') + 1;
	*strrchr(space, ' ') = '\0';
	p->head.target = strcpy(p->target, space);
	for (at = next, next = end_line(at); *at; at = next, next = end_line(at)) {
		char *colon = strchr(at, ':'), *value = colon + 1;

		*colon = '\0';
		while (*value == ' ')
			value++;
		p->fields[p->head.n++] = (struct http_field){at, value, strlen(at), strlen(value)};
	}
}

static void test_layout(void **state)
{
	static const struct {
		const char *raw;
		bool fine;
	} cases[] = {
		{"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n", true},
		{"GET /?a=b HTTP/1.1\r\nHost:a\r\nX:\r\n\r\n", true},
		{"GET / HTTP/1.0\r\n\r\n", true}, {"GET / HTTP/1.1\nHost: a\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: a\n\r\n", false},
		{"GET / HTTP/1.1\r\nHost: a\r\n\n", false},
		{"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", false},
		{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", false},
		{"GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
			true}, /* a target that ends in a space: the check refuses it */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parsed p = {0};

		parse(cases[i].raw, &p);
		if ((http_guard_layout(&p.head) == NULL) != cases[i].fine)
			fail_msg("case %zu: %s", i, cases[i].raw);
	}
}

/* A folded line or a NUL leaves bytes that belong to no name and no value. */
static void test_layout_finds_what_was_skipped(void **state)
{
	struct parsed p = {0};

	(void)state;
	parse("GET / HTTP/1.1\r\nHost: a\r\nX: folded\r\nY: z\r\n\r\n", &p);
	p.fields[1].value_len -= 3; /* as if a NUL had cut it short */
	assert_non_null(http_guard_layout(&p.head));
	p.fields[1].value_len += 3;
	assert_null(http_guard_layout(&p.head));
	p.fields[1] = p.fields[2];
	p.head.n = 2;
	assert_non_null(http_guard_layout(&p.head));
}

/* Blanks at a value's end are no part of it, and nothing else may hide there. */
static void test_layout_lets_blanks_end_a_value(void **state)
{
	struct parsed p = {0};
	char *value;

	(void)state;
	parse("GET / HTTP/1.1\r\nHost: a \t\r\nX: y\r\n\r\n", &p);
	assert_null(http_guard_layout(&p.head)); /* kept, as libmicrohttpd 0.9.75 does */
	value = p.text + (p.fields[0].value - p.text);
	memcpy(value, "a\0\t\r\n", 5); /* taken off, as 1.0 does */
	p.fields[0].value_len = 1;
	assert_null(http_guard_layout(&p.head));
	value[2] = 'x';
	assert_non_null(http_guard_layout(&p.head));
	memcpy(value, "a\0\t\0\0", 5); /* a NUL of the client's */
	assert_non_null(http_guard_layout(&p.head));
}

struct check {
	const char *method, *target, *version;
	const char *fields[MAX_FIELDS]; /* name, value, … */
	bool fine;
};

static bool passes(const struct check *c)
{
	struct http_field fields[MAX_FIELDS / 2];
	size_t n = 0;

	for (; n < MAX_FIELDS / 2 && c->fields[2 * n]; n++) {
		const char *name = c->fields[2 * n], *value = c->fields[2 * n + 1];

		fields[n] = (struct http_field){name, value, strlen(name), strlen(value)};
	}
	const struct http_head head = {.method = c->method,
		.target = c->target,
		.version = c->version,
		.fields = fields,
		.n = n};
	return http_guard_check(&head) == NULL;
}

static void test_check(void **state)
{
	static const struct check cases[] = {
		{"GET", "/", "HTTP/1.1", {"Host", "a"}, true},
		{"GET", "/a%20b?c=d&e", "HTTP/1.1", {"host", "a.example:8080"}, true},
		{"GET", "/", "HTTP/1.1", {"Host", "[::1]:8080"}, true},
		{"GET", "/", "HTTP/1.0", {NULL}, true},
		{"POST", "/", "HTTP/1.1", {"Host", "a", "Content-Length", "12"}, true},
		{"POST", "/", "HTTP/1.1", {"Host", "a", "Transfer-Encoding", "Chunked"}, true},
		{"GET", "/", "HTTP/1.1", {"Host", "a", "X", "caf\xc3\xa9\t1"}, true},
		{"GET", "/", "HTTP/1.1", {NULL}, false},
		{"GET", "/", "HTTP/1.1", {"Host", "a", "Host", "a"}, false},
		{"GET", "/", "HTTP/1.0", {"Host", "a", "Host", "b"}, false},
		{"GET", "/", "HTTP/1.1", {"Host", "a b"}, false},
		{"GET", "/", "HTTP/1.1", {"Host", "a/b"}, false},
		{"GET", "/", "HTTP/1.1", {"Host", ""}, false},
		{"GET", "/", "HTTP/1.2", {"Host", "a"}, false},
		{"GET", "a", "HTTP/1.1", {"Host", "a"}, false},
		{"GET", "*", "HTTP/1.1", {"Host", "a"}, false},
		{"GET", "/a b", "HTTP/1.1", {"Host", "a"}, false},
		{"GET", "/a#b", "HTTP/1.1", {"Host", "a"}, false},
		{"GET", "/caf\xc3\xa9", "HTTP/1.1", {"Host", "a"}, false},
		{"G T", "/", "HTTP/1.1", {"Host", "a"}, false},
		{"", "/", "HTTP/1.1", {"Host", "a"}, false},
		{"GET", "/", "HTTP/1.1", {"Host", "a", "X ", "y"}, false},
		{"GET", "/", "HTTP/1.1", {"Host", "a", "", "y"}, false},
		{"GET", "/", "HTTP/1.1", {"Host", "a", "X", "y\rz"}, false},
		{"GET", "/", "HTTP/1.1", {"Host", "a", "X", "y\x7f"}, false},
		{"POST", "/", "HTTP/1.1",
			{"Host", "a", "Content-Length", "1", "content-length", "1"}, false},
		{"POST", "/", "HTTP/1.1", {"Host", "a", "Content-Length", "1,1"}, false},
		{"POST", "/", "HTTP/1.1", {"Host", "a", "Content-Length", "+1"}, false},
		{"POST", "/", "HTTP/1.1", {"Host", "a", "Content-Length", "1 "}, false},
		{"POST", "/", "HTTP/1.1", {"Host", "a", "Content-Length", ""}, false},
		{"POST", "/", "HTTP/1.1", {"Host", "a", "Content-Length", "9999999999999999"},
			false},
		{"POST", "/", "HTTP/1.1",
			{"Host", "a", "Content-Length", "1", "Transfer-Encoding", "chunked"},
			false},
		{"POST", "/", "HTTP/1.1", {"Host", "a", "Transfer-Encoding", "gzip, chunked"},
			false},
		{"POST", "/", "HTTP/1.1", {"Host", "a", "Transfer-Encoding", "chunked "}, false},
		{"POST", "/", "HTTP/1.1", {"Host", "a", "Transfer-Encoding", ""}, false},
		{"POST", "/", "HTTP/1.1",
			{"Host", "a", "Transfer-Encoding", "x", "Transfer-Encoding", "chunked"},
			false},
		{"POST", "/", "HTTP/1.0", {"Host", "a", "Transfer-Encoding", "chunked"}, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (passes(&cases[i]) != cases[i].fine)
			fail_msg("case %zu", i);
}

static void test_decode(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
		bool form;
	} cases[] = {
		{"a", "a", false}, {"", "", false}, {"a%2Fb%2fc", "a/b/c", false},
		{"a+b", "a+b", false}, {"a+b%2B", "a b+", true},
		{"caf%C3%A9", "caf\xc3\xa9", false}, {"%", NULL, false}, {"%4", NULL, false},
		{"%4g", NULL, false}, {"%g4", NULL, false}, {"%00", NULL, false},
		{"%0a", NULL, false}, {"%7F", NULL, false}, {"%ff", NULL, false},
		{"%c3", NULL, false}, {"%ED%A0%80", NULL, false}, /* half of a surrogate pair */
		{"%c0%af", NULL, false}, /* an overlong slash */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[32];
		bool ok = http_guard_decode(strcpy(text, cases[i].text), cases[i].form);

		if (ok != (cases[i].want != NULL) || (ok && strcmp(text, cases[i].want) != 0))
			fail_msg("case %zu: %s", i, cases[i].text);
	}
}

static struct http_address address(const char *text)
{
	struct http_address a;

	if (!http_address_parse(text, strlen(text), &a))
		fail_msg("%s", text);
	return a;
}

static void test_client(void **state)
{
	static const struct {
		const char *peer, *forwarded, *want;
	} cases[] = {
		{"203.0.113.9", NULL, "203.0.113.9"},
		{"203.0.113.9", "198.51.100.1",
			"203.0.113.9"}, /* nobody trusts it: what it says counts nothing */
		{"10.1.2.3", "198.51.100.1", "198.51.100.1"},
		{"10.1.2.3", "192.0.2.66, 198.51.100.1",
			"198.51.100.1"}, /* the first one is the client's own tale */
		{"10.1.2.3", "198.51.100.1, 10.9.9.9", "198.51.100.1"},
		{"10.1.2.3", "198.51.100.1 ,\t10.9.9.9 ", "198.51.100.1"},
		{"10.1.2.3", "10.4.4.4", "10.4.4.4"},
		{"10.1.2.3", "", "10.1.2.3"},
		{"10.1.2.3", "unknown", "10.1.2.3"},
		{"10.1.2.3", "198.51.100.1, unknown, 10.9.9.9", "10.9.9.9"},
		{"10.1.2.3", "198.51.100.1,", "10.1.2.3"},
		{"2001:db8::1", "[2001:db8:1::7]", "2001:db8:1::7"},
		{"2001:db8::2", "2001:db8:1::7", "2001:db8::2"},
	};
	struct http_block trusted[4];
	int n = http_blocks_parse("10.0.0.0/8, 2001:db8::1", trusted, 4);

	(void)state;
	assert_int_equal(n, 2);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_address peer = address(cases[i].peer);
		struct http_address got = http_client_of(&peer, cases[i].forwarded, trusted, n);
		char text[HTTP_ADDRESS_TEXT];

		assert_string_equal(http_address_format(&got, text), cases[i].want);
	}
}

static void test_blocks(void **state)
{
	static const char *const wrong[] = {"10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "x",
		"10.0.0.0/8,,", "::1/129", "10.0.0.0/-1", "10.0.0.0/8x", "1.1.1.1,2.2.2.2,3.3.3.3"};
	struct http_block blocks[2];
	struct http_address inside = address("192.0.2.129"), outside = address("192.0.2.127");

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		if (http_blocks_parse(wrong[i], blocks, 2) != -1)
			fail_msg("%s", wrong[i]);
	assert_int_equal(http_blocks_parse(NULL, blocks, 2), 0);
	assert_int_equal(http_blocks_parse("", blocks, 2), 0);
	assert_int_equal(http_blocks_parse("192.0.2.128/25", blocks, 2), 1);
	assert_true(http_blocks_hold(blocks, 1, &inside));
	assert_false(http_blocks_hold(blocks, 1, &outside));
	assert_int_equal(http_blocks_parse("0.0.0.0/0", blocks, 2), 1);
	assert_true(http_blocks_hold(blocks, 1, &outside));
}

static void test_routes(void **state)
{
	static const struct http_route routes[] = {
		{"GET", "/", NULL, 0, false},
		{"GET", "/people/{person}/scores/{period}", NULL, 0, false},
		{"POST", "/events", NULL, 1, false},
		{"GET", "/events", NULL, 0, false},
	};
	struct buf allow;
	bool known;

	(void)state;
	assert_ptr_equal(http_route_find(routes, 4, "GET", "/", &known), &routes[0]);
	assert_ptr_equal(
		http_route_find(routes, 4, "HEAD", "/people/a/scores/2026", &known), &routes[1]);
	assert_ptr_equal(http_route_find(routes, 4, "GET", "/events", &known), &routes[3]);
	assert_null(http_route_find(routes, 4, "POST", "/", &known));
	assert_true(known);
	for (const char *const *p = (const char *const[]){"/people", "/people//scores/a",
		     "/people/a/scores", "/events/", "//", "/people/a/scores/b/", NULL};
		*p; p++) {
		assert_null(http_route_find(routes, 4, "GET", *p, &known));
		assert_false(known);
	}
	buf_init(&allow, 100);
	http_route_allow(routes, 4, "/events", &allow);
	assert_string_equal(allow.data, "POST, GET, HEAD");
	buf_done(&allow);
}

static void test_params(void **state)
{
	static const struct http_route route = {
		"GET", "/people/{person}/scores/{period}", NULL, 0, false};
	const char *params[HTTP_PARAMS] = {NULL};
	char good[] = "/people/a%2Fb/scores/2026-Q1", bad[] = "/people/%00/scores/2026";

	(void)state;
	assert_true(http_route_params(&route, good, params));
	assert_string_equal(params[0], "a/b");
	assert_string_equal(params[1], "2026-Q1");
	assert_false(http_route_params(&route, bad, params));
}

static void test_query(void **state)
{
	static const struct {
		const char *query, *why;
	} wrong[] = {{"a", "equals sign"}, {"a=1&a=2", "once"}, {"a=%zz", "percent-encoded"},
		{"%00=1", "percent-encoded"}, {"a=1&%61=2", "once"}};
	struct http_query_field fields[HTTP_QUERIES];
	char query[HTTP_QUERIES + 1];
	int n;

	(void)state;
	assert_null(http_query_parse(NULL, fields, &n));
	assert_int_equal(n, 0);
	assert_null(http_query_parse(strcpy(query, ""), fields, &n));
	assert_int_equal(n, 0);
	assert_null(http_query_parse(strcpy(query, "a=1&b=x+y%3D&&c="), fields, &n));
	assert_int_equal(n, 3);
	assert_string_equal(fields[1].name, "b");
	assert_string_equal(fields[1].value, "x y=");
	assert_string_equal(fields[2].value, "");
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_non_null(strstr(
			http_query_parse(strcpy(query, wrong[i].query), fields, &n), wrong[i].why));
	memset(query, '&', HTTP_QUERIES);
	query[HTTP_QUERIES] = '\0';
	assert_string_equal(http_query_parse(query, fields, &n), HTTP_QUERY_TOO_MANY);
	memset(query, '&', HTTP_QUERIES);
	query[HTTP_QUERIES - 1] = '\0';
	assert_null(http_query_parse(query, fields, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_layout_finds_what_was_skipped),
		cmocka_unit_test(test_layout_lets_blanks_end_a_value),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
