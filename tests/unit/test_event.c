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

static enum reason decoded(const struct event_input *in)
{
	struct event event;
	struct event_fault fault;
	if (event_decode(in, &event, &fault)) {
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

/* An event in binary mode with one header more, at every place. */
static enum reason with_header(const char *name, const char *value, size_t len)
{
	struct event_header headers[] = {{name, value, len}, text_header("ce_specversion", "1.0"),
		text_header("ce_id", "1"), text_header("ce_source", "simpus"),
		text_header("ce_type", "terukur.activity.recorded.v1"),
		text_header("ce_subject", "198609262015051001"),
		text_header("ce_time", "2026-03-04T08:15:00+07:00")};
	struct event_input in = {data, sizeof data - 1, headers, COUNT(headers)};
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
			bool repeated = strcmp(pair, "id") == 0;
			char name[8];
			snprintf(name, sizeof name, "ce_%s", pair);
			assert_int_equal(with_header(name, NULL, 0), REASON_SCHEMA);
			assert_int_equal(with_header(name, "\0", 1), REASON_SCHEMA);
			assert_int_equal(with_header(name, "\xff", 1), REASON_SCHEMA);
			assert_int_equal(with_header(name, "x", 1),
				repeated ? REASON_MALFORMED : REASON_NONE);
			assert_int_equal(with_header(pair, NULL, 0), REASON_NONE);
		}
}

/* Around where a long name is cut. */
static void test_long_header_names(void **state)
{
	static const char *const ends[] = {"é", "患", "🏥", "\xff", "\x01", "\xf0\x9f\x8f"};

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++)
		for (size_t at = 40; at < 80; at++) {
			char name[200] = "ce_";
			memset(name + 3, 'x', at);
			name[3 + at] = '\0';
			for (int k = 0; k < 10; k++)
				strcat(name, ends[i]);
			assert_int_equal(with_header(name, NULL, 0), REASON_SCHEMA);
		}
}

static void test_told_by_its_name(void **state)
{
	static const struct {
		const char *name, *field;
	} cases[] = {
		{"ce_x", "ce_x"},
		{"ce_\xff", "ce_\\xff"},
		{"ce_\n", "ce_\\x0a"},
		{"ce_患", "ce_患"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct event_header header = {cases[i].name, NULL, 0};
		const struct event_input in = {data, sizeof data - 1, &header, 1};
		struct event event;
		struct event_fault fault;
		assert_false(event_decode(&in, &event, &fault));
		assert_int_equal(fault.reason, REASON_SCHEMA);
		assert_string_equal(fault.field, cases[i].field);
		assert_string_equal(fault.detail, "must be text in UTF-8");
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
	const struct event_input in = {text, (size_t)front + len + (size_t)back, NULL, 0};
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_names_of_every_byte),
		cmocka_unit_test(test_long_header_names),
		cmocka_unit_test(test_told_by_its_name),
		cmocka_unit_test(test_keys_of_every_byte),
	};
	return digest_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
