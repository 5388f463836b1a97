/* If these fail, one event with an odd name in it cannot be stored as rejected, and the events of
 * other people behind it are never looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "messages/event.h"

static const char data[] = "{\"indicator\":\"home_visit\",\"value\":1}";

/* Bounded, UTF-8 without control characters: going through text_printable changes nothing. */
static void assert_shown(const char *text, size_t size)
{
	char again[4 * sizeof(struct event_fault)];
	assert_true(strlen(text) < size);
	assert_string_equal(text_printable(again, sizeof again, text, strlen(text)), text);
}

static enum reason reason_of(const struct event_input *in,
	bool (*decode)(const struct event_input *, struct event *, struct event_fault *))
{
	struct event event;
	struct event_fault fault;
	if (decode(in, &event, &fault)) {
		event_done(&event);
		return REASON_NONE;
	}
	assert_shown(fault.field, sizeof fault.field);
	assert_shown(fault.detail, sizeof fault.detail);
	return fault.reason;
}

static struct event_header text_header(const char *name, const char *text)
{
	return (struct event_header){name, text, strlen(text)};
}

static enum reason decoded(const struct event_input *in)
{
	return reason_of(in, event_decode);
}

/* An event in binary mode with one header more, at every place. */
static enum reason with_header(const char *name, const char *value, size_t len)
{
	struct event_header headers[] = {{name, value, len}, text_header("ce_specversion", "1.0"),
		text_header("ce_id", "1"), text_header("ce_source", "simpus"),
		text_header("ce_type", "terukur.activity.recorded.v1"),
		text_header("ce_subject", "198609262015051001"),
		text_header("ce_time", "2026-03-04T08:15:00+07:00")};
	struct event_input in = {.data = data,
		.len = sizeof data - 1,
		.headers = headers,
		.n_headers = COUNT(headers)};
	enum reason first = decoded(&in);
	struct event_header moved = headers[0];
	memmove(headers, headers + 1, (COUNT(headers) - 1) * sizeof *headers);
	headers[COUNT(headers) - 1] = moved;
	assert_int_equal(decoded(&in), first);
	return first;
}

/* What may follow any byte: nothing, what makes a character of it, what does not. */
static const unsigned char seconds[] = {
	0, '\n', '"', '/', 'd', 'f', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc3, 0xff};

static void test_header_names_of_every_byte(void **state)
{
	(void)state;
	for (int a = 1; a < 256; a++)
		for (size_t i = 0; i < COUNT(seconds); i++) {
			const char pair[] = {(char)a, (char)seconds[i], '\0'};
			bool id = strcmp(pair, "id") == 0;
			char name[8];
			snprintf(name, sizeof name, "ce_%s", pair);
			assert_int_equal(with_header(name, NULL, 0), REASON_NONE);
			assert_int_equal(
				with_header(name, "", 0), id ? REASON_MALFORMED : REASON_NONE);
			assert_int_equal(
				with_header(name, "\0", 1), id ? REASON_SCHEMA : REASON_NONE);
			assert_int_equal(
				with_header(name, "\xff", 1), id ? REASON_SCHEMA : REASON_NONE);
			assert_int_equal(
				with_header(name, "x", 1), id ? REASON_MALFORMED : REASON_NONE);
			assert_int_equal(with_header(pair, NULL, 0), REASON_NONE);
		}
}

/* What clients add of their own, as text, as bytes, twice, or without a value, stops nothing. */
static void test_extensions_of_any_bytes(void **state)
{
	static const char *const names[] = {"ce_traceparent", "ce_key", "ce_dataschema",
		"ce_data_base64", "ce_data", "ce_dataref", "ce_ID", "ce_", "CE_id", "key",
		"spring_json_header_types", "traceparent", "ce_x\xff", "ce_\xf0\x9f\x8f"};
	static const struct {
		const char *bytes;
		size_t len;
	} values[] = {{NULL, 0}, {"", 0}, {"x", 1}, {"\0\0\1\206cH", 6}, {"\xff\0", 2},
		{"{\"a\":1e400}", 11}};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		for (size_t k = 0; k < COUNT(values); k++)
			assert_int_equal(
				with_header(names[i], values[k].bytes, values[k].len), REASON_NONE);
}

/* With one attribute more, or in another's place where it is named twice. */
static enum reason in_binary(const struct event_header *more, size_t n, const char *without)
{
	const struct event_header all[] = {text_header("ce_specversion", "1.0"),
		text_header("ce_id", "1"), text_header("ce_source", "simpus"),
		text_header("ce_type", "terukur.activity.recorded.v1"),
		text_header("ce_subject", "198609262015051001"),
		text_header("ce_time", "2026-03-04T08:15:00.123456789+07:00")};
	struct event_header headers[COUNT(all) + 4];
	struct event_input in = {.data = data, .len = sizeof data - 1, .headers = headers};
	for (size_t i = 0; i < COUNT(all); i++)
		if (strcmp(all[i].name, without) != 0)
			headers[in.n_headers++] = all[i];
	for (size_t i = 0; i < n; i++)
		headers[in.n_headers++] = more[i];
	return decoded(&in);
}

/* An attribute whose header has no value is missing like one without a header. */
static void test_attributes_without_a_value(void **state)
{
	static const char *const required[] = {
		"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"};

	(void)state;
	for (size_t i = 0; i < COUNT(required); i++) {
		const struct event_header null = {required[i], NULL, 0};
		assert_int_equal(in_binary(&null, 1, required[i]), REASON_SCHEMA);
		assert_int_equal(in_binary(&null, 1, ""), REASON_NONE);
	}
	const struct event_header optional[] = {
		{"ce_datacontenttype", NULL, 0}, {"content-type", NULL, 0}};
	assert_int_equal(in_binary(optional, 2, ""), REASON_NONE);
}

/* Quarkus and the Node SDK say the content type twice. */
static void test_content_type_said_twice(void **state)
{
	static const struct {
		const char *a, *b;
		enum reason want;
	} cases[] = {
		{"application/json", "application/json", REASON_NONE},
		{"application/json; charset=utf-8", "application/json; charset=utf-8", REASON_NONE},
		{"application/json;charset=\"UTF-8\"", "Application/JSON ; Charset=utf-8",
			REASON_NONE},
		{"application/json", "application/json; charset=utf-8", REASON_NONE},
		{"application/json;a=1; b=2", "application/json; b=2;A=1", REASON_NONE},
		{"application/json;", "application/json", REASON_NONE},
		{"application/json;a=\";\"", "application/json; a=\";\" ", REASON_NONE},
		{"application/json", "application/xml", REASON_SCHEMA},
		{"application/xml", "application/json", REASON_SCHEMA},
		{"application/xml", "application/xml", REASON_SCHEMA},
		{"application/json", "application/vnd.a+json", REASON_SCHEMA},
		{"application/json", "application/json; charset=latin1", REASON_SCHEMA},
		{"application/json;a=1", "application/json;a=2", REASON_SCHEMA},
		{"application/json;a=1", "application/json;a=1;b", REASON_SCHEMA},
		{"application/json", "", REASON_SCHEMA},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct event_header both[] = {text_header("content-type", cases[i].a),
			text_header("ce_datacontenttype", cases[i].b)};
		const struct event_header swapped[] = {both[1], both[0]};
		if (in_binary(both, 2, "") != cases[i].want ||
			in_binary(swapped, 2, "") != cases[i].want)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
	}
}

static void test_told_by_its_name(void **state)
{
	static const struct {
		const char *name, *value, *detail;
	} cases[] = {
		{"ce_subject", "\xff", "must be text in UTF-8"},
		{"ce_id", "a\xc3", "must be text in UTF-8"},
		{"content-type", "\xff", "must be text in UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct event_header headers[] = {
			text_header(cases[i].name, cases[i].value), text_header("ce_x", "")};
		const struct event_input in = {
			.data = data, .len = sizeof data - 1, .headers = headers, .n_headers = 2};
		struct event event;
		struct event_fault fault;
		assert_false(event_decode(&in, &event, &fault));
		assert_int_equal(fault.reason, REASON_SCHEMA);
		assert_string_equal(fault.field, cases[i].name);
		assert_string_equal(fault.detail, cases[i].detail);
	}
}

#define ENVELOPE \
	"\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"simpus\",\"subject\":\"198609262015051001\"," \
	"\"type\":\"terukur.activity.recorded.v1\",\"time\":\"2026-03-04T08:15:00+07:00\""

/* The key as it is, and escaped, in data and in the envelope. */
static enum reason with_key(const char *key, size_t len, bool within)
{
	char text[2000];
	int front = snprintf(text, sizeof text,
		within ? "{" ENVELOPE ",\"data\":{\"indicator\":\"home_visit\",\"value\":1,\""
		       : "{" ENVELOPE ",\"data\":{\"indicator\":\"home_visit\",\"value\":1},\"");
	memcpy(text + front, key, len);
	int back = snprintf(
		text + front + len, sizeof text - (size_t)front - len, within ? "\":1}}" : "\":1}");
	const struct event_input in = {.data = text, .len = (size_t)front + len + (size_t)back};
	return decoded(&in);
}

static void test_keys_of_every_byte(void **state)
{
	(void)state;
	for (int a = 0; a < 256; a++) {
		char escaped[8];
		snprintf(escaped, sizeof escaped, "\\u00%02x", a);
		assert_int_equal(with_key(escaped, 6, true), a ? REASON_SCHEMA : REASON_MALFORMED);
		assert_int_equal(with_key(escaped, 6, false), a ? REASON_NONE : REASON_MALFORMED);
		for (size_t i = 0; i < COUNT(seconds); i++) {
			const char pair[] = {(char)a, (char)seconds[i]};
			bool of = memcmp(pair, "of", 2) == 0, id = memcmp(pair, "id", 2) == 0;
			enum reason in_data = with_key(pair, sizeof pair, true);
			bool text = in_data != REASON_MALFORMED;
			assert_int_equal(in_data, of     ? REASON_NONE
						  : text ? REASON_SCHEMA
							 : REASON_MALFORMED);
			assert_int_equal(with_key(pair, sizeof pair, false),
				text && !id ? REASON_NONE : REASON_MALFORMED);
		}
	}
}

/* A number has the digits that are written, not those that a double keeps of them: 1.0000…01 that
 * counted as 1 would be another figure than upstream's own books have. */
static void test_numbers_as_they_are_written(void **state)
{
	static const struct {
		const char *number;
		bool fits;
	} cases[] = {
		{"1.00000000000000000001", false},
		{"0.99999999999999999999", false},
		{"-1.00000000000000000001", false},
		{"0.12340000000000000001", false},
		{"100.00000000000000000000e-2", true},
		{"1.00000000000000000000", true},
		{"1e2", true},
		{"1E+2", true},
		{"12345e-4", true},
		{"12345e-5", false},
		{"1e-400", false},
		{"0e-400", true},
		{"0.0000000000e999", true},
		{"-0.0", true},
		{"999999999999999.0", true},
		{"9999999999999990e-1", true},
		{"999999999999999.00000000001", false},
		{"99999999999.9999", true},
		{"99999999999.99990000", true},
		{"99999999999.99991", false},
	};
	static const struct {
		const char *front, *back;
	} shapes[] = {
		{"{" ENVELOPE ",\"data\":{\"indicator\":\"v\",\"value\":", "}}"},
		{"{\"x\":[1.5,{\"value\":0.1e1,\"a\\\"1\":2}],\"data\":{\"of\":1.0,\"v\\u0061lue\":",
			",\"indicator\":\"-1.5\\\\\"}," ENVELOPE
			",\"y\":-3.000000000000000000001}"},
		{"{" ENVELOPE ",\"data\":{\"value\":2.5 ,\"of\": ", "\n,\"indicator\":\"1\"}}"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t k = 0; k < COUNT(shapes); k++) {
			char text[1000];
			snprintf(text, sizeof text, "%s%s%s", shapes[k].front, cases[i].number,
				shapes[k].back);
			const struct event_input in = {.data = text, .len = strlen(text)};
			if ((decoded(&in) == REASON_NONE) != cases[i].fits)
				fail_msg("%s", text);
			const char *fraction = strpbrk(cases[i].number, ".");
			/* one that was let through before is no sign of tampering */
			if (fraction && strlen(fraction) > 20)
				assert_int_equal(reason_of(&in, event_decode_again), REASON_NONE);
		}
}

/* One that was let through before is no sign of tampering. */
static void test_a_receipt_is_a_hash_and_once_was_any_text(void **state)
{
	static const struct {
		const char *receipt;
		enum reason now;
	} cases[] = {
		{"b7e94be513e96e8c45cd23d162275e5a12ebde9100a425c4ebcdd7fa4dcd897c", REASON_NONE},
		{"B7E94BE513E96E8C45CD23D162275E5A12EBDE9100A425C4EBCDD7FA4DCD897C", REASON_SCHEMA},
		{"R-2026-000017", REASON_SCHEMA},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[1000];
		snprintf(text, sizeof text,
			"{" ENVELOPE ",\"data\":{\"indicator\":\"x\",\"value\":1,"
			"\"receipt\":\"%s\"}}",
			cases[i].receipt);
		const struct event_input in = {.data = text, .len = strlen(text)};
		assert_int_equal(decoded(&in), cases[i].now);
		assert_int_equal(reason_of(&in, event_decode_again), REASON_NONE);
	}
}

/* Whoever asks what became of an event, asks by its id: it is kept wherever it can be read. */
static void test_the_id_of_what_is_refused(void **state)
{
	static const struct event_header binary[] = {
		{"ce_id", "b-1", 3}, {"content-type", "\xff", 1}};
	static const struct event_header null[] = {{"ce_id", NULL, 0}, {"ce_source", "x", 1}};
	static const struct event_header twice[] = {{"ce_id", "b-1", 3}, {"ce_id", "b-2", 3}};
	static const struct {
		const char *data;
		const struct event_header *headers;
		size_t n;
		const char *id;
	} cases[] = {
		{"{\"id\":\"s-1\"}", NULL, 0, "s-1"},
		{"{\"id\":\"患\",\"data\":{\"id\":\"no\"}}", NULL, 0, "患"},
		{"{\"id\":7}", NULL, 0, NULL},
		{"{\"id\":\"\"}", NULL, 0, NULL},
		{"{\"id\":null}", NULL, 0, NULL},
		{"{\"id\":\"a\",\"id\":\"b\"}", NULL, 0, NULL},
		{"[\"id\"]", NULL, 0, NULL},
		{"{\"id\":\"s-1\"", NULL, 0, NULL},
		{"", NULL, 0, NULL},
		{"{\"indicator\"", binary, 2, "b-1"},
		{"{\"id\":\"s-1\"}", null, 2, NULL},
		{"{}", twice, 2, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct event_input in = {.data = cases[i].data,
			.len = strlen(cases[i].data),
			.headers = cases[i].headers,
			.n_headers = cases[i].n};
		char id[EVENT_ID_TEXT];
		bool read = event_read_id(&in, id);
		if (read != (cases[i].id != NULL) || (read && strcmp(id, cases[i].id) != 0))
			fail_msg("%s", cases[i].data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_names_of_every_byte),
		cmocka_unit_test(test_extensions_of_any_bytes),
		cmocka_unit_test(test_attributes_without_a_value),
		cmocka_unit_test(test_content_type_said_twice),
		cmocka_unit_test(test_told_by_its_name),
		cmocka_unit_test(test_keys_of_every_byte),
		cmocka_unit_test(test_numbers_as_they_are_written),
		cmocka_unit_test(test_a_receipt_is_a_hash_and_once_was_any_text),
		cmocka_unit_test(test_the_id_of_what_is_refused),
	};
	return digest_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
