/* If these fail, an event that an SDK sends in binary mode is another one than was meant, a body is
 * read as what it is not, or a form of another site acts for whoever is signed in here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/array.h"
#include "base/media.h"
#include "gateway/binary.h"
#include "gateway/origin.h"

static void test_attributes(void **state)
{
	static const struct {
		const char *name, *value, *kafka, *want;
	} cases[] = {
		{"ce-id", "a-1", "ce_id", "a-1"},
		{"Ce-Subject", "198609262015051001", "ce_subject", "198609262015051001"},
		{"CE-COMEXAMPLEEXT", "", "ce_comexampleext", ""},
		{"ce-id", "Euro%20%E2%82%AC%20%F0%9F%98%80", "ce_id", "Euro € 😀"},
		{"ce-id", "a%2fb%2Fc", "ce_id", "a/b/c"},
		{"ce-id", "%2541", "ce_id", "%41"}, /* once */
		{"ce-id", "a+b", "ce_id", "a+b"},
		{"ce-id", "Euro €", "ce_id", "Euro €"},
		{"ce-id", "100%", "ce_id", "100%"}, /* of clients that encode nothing */
		{"ce-id", "5%2", "ce_id", "5%2"},
		{"ce-id", "50%zz", "ce_id", "50%zz"},
		{"ce-id", "\"a b\"", "ce_id", "a b"},
		{"ce-id", "\"a \\\"b\\\\ %20\"", "ce_id", "a \"b\\  "},
		{"ce-id", "a\\b", "ce_id", "a\\b"},
		{"ce-id", "%C0%A0", "ce_id", "\xC0\xA0"}, /* the decoder refuses that */
		{"Content-Type", "application/json; x=\"%20\"", "content-type",
			"application/json; x=\"%20\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		static struct binary b;
		b = (struct binary){0};
		binary_add(&b, cases[i].name, cases[i].value);
		assert_int_equal(b.n, 1);
		assert_string_equal(b.headers[0].name, cases[i].kafka);
		assert_int_equal(b.headers[0].len, strlen(cases[i].want));
		assert_memory_equal(b.headers[0].data, cases[i].want, strlen(cases[i].want));
	}
}

static void test_a_nul_is_seen(void **state)
{
	static struct binary b;

	(void)state;
	binary_add(&b, "ce-id", "a%00b");
	assert_int_equal(b.headers[0].len, 3);
	assert_memory_equal(b.headers[0].data, "a\0b", 3);
}

/* Other fields stay behind: a token has no business on a topic. */
static void test_other_fields(void **state)
{
	static struct binary b;
	static char longest[BINARY_BYTES];

	(void)state;
	binary_add(&b, "Authorization", "Bearer x");
	binary_add(&b, "Cookie", "x");
	binary_add(&b, "ceid", "x");
	binary_add(&b, "c", "x");
	memset(longest, 'x', sizeof longest - 1);
	binary_add(&b, "ce-id", longest);
	assert_int_equal(b.n, 0);
	for (int i = 0; i < BINARY_HEADERS + 5; i++)
		binary_add(&b, "ce-id", "x");
	assert_int_equal(b.n, BINARY_HEADERS);
}

static void test_fields_that_name_no_attribute(void **state)
{
	static const char *const none[] = {"ce-", "CE-Data", "ce-data_base64"},
				 *const some[] = {"ce-id", "ce-datax", "ce-datacontenttype", "data",
					 "", "ce", "content-type"};

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++)
		assert_true(binary_is_misnamed(none[i]));
	for (size_t i = 0; i < COUNT(some); i++)
		assert_false(binary_is_misnamed(some[i]));
}

static void test_fields_as_the_client_wrote_them(void **state)
{
	static const struct {
		const char *field, *want;
	} cases[] = {
		{"subject", "ce-subject"},
		{"ce_time", "ce-time"},
		{"data_base64", "ce-data_base64"},
		{"datacontenttype", "content-type"},
		{"content-type", "content-type"},
		{"data.value", "data.value"},
		{"data", "data"},
		{"", ""},
		{"ce-data", "ce-data"},
		{"Ce-", "Ce-"},
	};
	char out[BINARY_FIELD];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(binary_field(cases[i].field, out), cases[i].want);
}

static void test_media(void **state)
{
	static const struct {
		const char *text;
		bool is_json, json, utf8;
	} cases[] = {
		{"", false, false, true},
		{"application/json", true, true, true},
		{"Application/JSON;charset=UTF-8", true, true, true},
		{"application/json; charset=\"utf-8\"", true, true, true},
		{"application/json ; x=1 ; Charset=utf-8", true, true, true},
		{"application/json; charset=us-ascii", true, true, true},
		{"application/json; charset=iso-8859-1", true, true, false},
		{"application/json; charset=utf-16", true, true, false},
		{"application/json; charset=\"utf-16\"", true, true, false},
		{"application/json; charset=utf-8; charset=utf-16", true, true, false},
		{"application/json; x=\"; charset=utf-16\"", true, true, true},
		{"application/json; xcharset=utf-16", true, true, true},
		{"application/json;;charset=utf-16", true, true, false},
		{"application/json; charset", true, true, false},
		{"application/vnd.city+json", false, true, true},
		{"application/+json", false, false, true},
		{"text/json", false, false, true},
		{"application/jsonx", false, false, true},
		{"application/cloudevents+avro", false, false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (media_is(cases[i].text, "application/json") != cases[i].is_json ||
			media_is_json(cases[i].text) != cases[i].json ||
			media_is_utf8(cases[i].text) != cases[i].utf8)
			fail_msg("%s", cases[i].text);
}

static void test_origin(void **state)
{
	static const struct {
		const char *sent, *site, *host;
		bool foreign;
	} cases[] = {
		{NULL, NULL, "terukur.city", false}, /* curl */
		{NULL, "same-origin", "terukur.city", false},
		{NULL, "none", "terukur.city", false},
		{NULL, "same-site", "terukur.city", true},
		{NULL, "cross-site", "terukur.city", true},
		{"https://terukur.city", NULL, "terukur.city", false},
		{"https://terukur.city", "same-origin", "10.0.0.5:8080",
			false}, /* a proxy's name */
		{"HTTPS://Terukur.City", NULL, "10.0.0.5:8080", false},
		{"http://127.0.0.1:8080", NULL, "127.0.0.1:8080", false}, /* a forwarded port */
		{"http://terukur.city", NULL, "10.0.0.5:8080", true},
		{"https://terukur.city.evil.example", NULL, "terukur.city", true},
		{"https://evil.example", NULL, "terukur.city", true},
		{"https://evil.example", "same-origin", "terukur.city", true},
		{"https://terukur.city", "cross-site", "terukur.city", true},
		{"https://terukur.city:8443", NULL, "terukur.city", true},
		{"null", NULL, "terukur.city", true},
		{"", NULL, "terukur.city", true},
		{"null", NULL, NULL, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct origin o = {
			cases[i].sent, cases[i].site, cases[i].host, "https://terukur.city/x"};
		if (origin_is_foreign(&o) != cases[i].foreign)
			fail_msg("case %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_a_nul_is_seen),
		cmocka_unit_test(test_other_fields),
		cmocka_unit_test(test_fields_that_name_no_attribute),
		cmocka_unit_test(test_fields_as_the_client_wrote_them),
		cmocka_unit_test(test_media),
		cmocka_unit_test(test_origin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
