/* If these fail, a month that has not begun is declared complete, and everybody in the unit gets 0
 * for it; or an event is another one when its source calls itself by a uri. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "intake/admit.h"

static const char *keep(void *memory, const char *text)
{
	(void)memory;
	return text;
}

static int64_t at(const char *text)
{
	int64_t instant = 0;
	assert_true(clock_parse(text, strlen(text), &instant));
	return instant;
}

/* In Pontianak, with the five minutes that clocks may differ by. */
static void test_month_that_has_not_begun(void **state)
{
	static const struct {
		const char *now, *month;
		enum reason want;
	} cases[] = {
		{"2026-11-24T12:00:00Z", "2026-10", REASON_NONE},
		{"2026-11-24T12:00:00Z", "2026-11", REASON_NONE},
		{"2026-11-24T12:00:00Z", "2026-12", REASON_TIME_IN_FUTURE},
		{"2026-11-24T12:00:00Z", "9999-12", REASON_TIME_IN_FUTURE},
		{"2026-11-30T16:54:59.999999Z", "2026-12", REASON_TIME_IN_FUTURE},
		{"2026-11-30T16:55:00Z", "2026-12", REASON_NONE},
		{"2026-12-31T17:00:00Z", "2027-01", REASON_NONE},
		{"2026-12-31T17:00:00Z", "2027-02", REASON_TIME_IN_FUTURE},
	};
	struct registry_unit units[] = {{(char[]){"pkm"}}};
	struct registry_indicator indicators[] = {{.code = (char[]){"visits"}, .id = 1}};
	struct registry_source sources[] = {{(char[]){"simpus"}, 1, (char[]){"simpus"}}};
	struct registry_allowed allowed[] = {{1, 1}};
	const struct registry r = {.units = units,
		.indicators = indicators,
		.sources = sources,
		.allowed = allowed,
		.n_units = 1,
		.n_indicators = 1,
		.n_sources = 1,
		.n_allowed = 1};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct event e = {.id = "c",
			.source = "simpus",
			.subject = "pkm",
			.type = EVENT_COMPLETE,
			.indicator = "visits",
			.time = at("2026-11-01T00:00:00Z")};
		struct evidence x;
		assert_true(clock_month_parse(cases[i].month, &e.month));
		admit_event(&r, "simpus", &e, at(cases[i].now), keep, NULL, &x);
		assert_int_equal(x.early, REASON_NONE);
		assert_int_equal(x.late, cases[i].want);
		if (x.late)
			assert_string_equal(x.field, "data.period");
	}
}

/* A source by its code or a uri of it: the same event, wherever it names another by its id. */
static void test_uris(void **state)
{
	static const struct {
		const char *source, *topic;
		enum reason want;
	} cases[] = {
		{"simpus", "simpus", REASON_NONE},
		{"urn:simpus", "simpus", REASON_NONE},
		{"urn:simpus", "absensi", REASON_SOURCE_MISMATCH},
		{"absensi", "simpus", REASON_SOURCE_MISMATCH},
		{"urn:absensi", "simpus", REASON_UNKNOWN_SOURCE},
	};
	struct registry_source sources[] = {{(char[]){"absensi"}, 2, (char[]){"absensi"}},
		{(char[]){"simpus"}, 1, (char[]){"simpus"}},
		{(char[]){"urn:simpus"}, 1, (char[]){"simpus"}}};
	const struct registry r = {.sources = sources, .n_sources = COUNT(sources)};
	uint8_t key[DIGEST_KEY], original[DIGEST_KEY];

	(void)state;
	event_key("simpus", "b", key);
	event_key("simpus", "a", original);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct event e = {.id = "b",
			.source = cases[i].source,
			.subject = "198609262015051001",
			.type = EVENT_REVOKED,
			.replaces = "a"};
		struct evidence x;
		admit_event(&r, cases[i].topic, &e, at("2026-11-01T00:00:00Z"), keep, NULL, &x);
		assert_int_equal(x.early, cases[i].want);
		if (x.early)
			continue;
		assert_int_equal(x.source, 1);
		assert_memory_equal(x.key, key, sizeof key);
		assert_memory_equal(x.replaces, original, sizeof original);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_month_that_has_not_begun),
		cmocka_unit_test(test_uris),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
