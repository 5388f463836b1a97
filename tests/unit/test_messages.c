/* If these fail, a service does not look again at what another one said had changed, or looks where
 * nothing was said. The examples beside the schemas are what is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "appraisal/survey.h"
#include "base/array.h"
#include "base/clock.h"
#include "messages/evidence_accepted.h"
#include "messages/feedback_submitted.h"
#include "messages/registry_changed.h"
#include "messages/score_changed.h"
#include "messages/topics.h"

#define PERSON "7c9e6679-7425-40de-944b-e07fc1f90ae7"

static bool reads_accepted(const char *data, size_t len)
{
	struct evidence_accepted m;
	return evidence_accepted_read(data, len, &m);
}

static bool reads_feedback(const char *data, size_t len)
{
	struct feedback_submitted m;
	json_t *json = feedback_submitted_read(data, len, &m);
	json_decref(json);
	return json != NULL;
}

static bool reads_changed(const char *data, size_t len)
{
	struct registry_changed m;
	return registry_changed_read(data, len, &m);
}

/* Reads every example of a kind; returns how many there were. */
static size_t examples(
	const char *topic, const char *kind, bool want, bool (*reads)(const char *data, size_t len))
{
	char pattern[200], data[4096];
	glob_t found;
	snprintf(pattern, sizeof pattern, "schemas/topics/examples/%s/%s/*.json", topic, kind);
	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	size_t n = found.gl_pathc;
	for (size_t i = 0; i < n; i++) {
		FILE *file = fopen(found.gl_pathv[i], "re");
		assert_non_null(file);
		size_t len = fread(data, 1, sizeof data, file);
		fclose(file);
		if (reads(data, len) != want)
			fail_msg("%s is %sread", found.gl_pathv[i], want ? "not " : "");
	}
	globfree(&found);
	return n;
}

static void test_examples(void **state)
{
	static const struct {
		const char *topic;
		bool (*reads)(const char *data, size_t len);
	} codecs[] = {
		{"evidence.accepted", reads_accepted},
		{"registry.changed", reads_changed},
		{"feedback.submitted", reads_feedback},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(codecs); i++) {
		assert_true(examples(codecs[i].topic, "valid", true, codecs[i].reads) > 2);
		assert_true(examples(codecs[i].topic, "invalid", false, codecs[i].reads) > 5);
		assert_false(codecs[i].reads(NULL, 0));
		assert_false(codecs[i].reads("", 0));
		assert_false(codecs[i].reads("\xff\xfe", 2));
		assert_false(codecs[i].reads("[[[[", 4));
	}
}

static char *text_of(json_t *json)
{
	static char text[1000];
	size_t len = json_dumpb(json, text, sizeof text - 1, JSON_COMPACT);
	json_decref(json);
	assert_true(len > 0 && len < sizeof text);
	text[len] = '\0';
	return text;
}

static void test_accepted_comes_back(void **state)
{
	struct evidence_accepted m = {.unit = "pkm-kampung-dalam", .month = 2026 * 12 + 2}, back;
	(void)state;
	const char *text = text_of(evidence_accepted_json(&m));
	assert_string_equal(text, "{\"unit\":\"pkm-kampung-dalam\",\"month\":\"2026-03\"}");
	assert_true(evidence_accepted_read(text, strlen(text), &back));
	assert_memory_equal(&m, &back, sizeof m);

	m = (struct evidence_accepted){.month = 2026 * 12 + 11};
	assert_true(digest_uuid_parse(PERSON, m.person));
	text = text_of(evidence_accepted_json(&m));
	assert_string_equal(text, "{\"person\":\"" PERSON "\",\"month\":\"2026-12\"}");
	assert_true(evidence_accepted_read(text, strlen(text), &back));
	assert_memory_equal(&m, &back, sizeof m);
}

/* The arithmetic and the codec have the elements in one order: the law's. */
static void test_elements_are_the_survey_s(void **state)
{
	(void)state;
	assert_int_equal(feedback_survey.n, SURVEY_ELEMENTS);
	for (size_t i = 0; i < SURVEY_ELEMENTS; i++)
		assert_string_equal(feedback_survey.rows[i].name, survey_element_names[i]);
}

static void test_changed_comes_back(void **state)
{
	static const struct {
		enum registry_change kind;
		const char *period, *want;
	} cases[] = {
		{REGISTRY_PERSON, "2026",
			"{\"kind\":\"person\",\"person\":\"" PERSON "\",\"year\":2026}"},
		{REGISTRY_RECOMPUTE, "2026-Q1",
			"{\"kind\":\"recompute\",\"person\":\"" PERSON
			"\",\"period\":\"2026-Q1\"}"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct registry_changed m = {.kind = cases[i].kind}, back;
		assert_true(digest_uuid_parse(PERSON, m.person));
		assert_true(period_parse(cases[i].period, &m.period));
		const char *text = text_of(registry_changed_json(&m));
		assert_string_equal(text, cases[i].want);
		assert_true(registry_changed_read(text, strlen(text), &back));
		assert_int_equal(back.kind, m.kind);
		assert_memory_equal(back.person, m.person, sizeof m.person);
		assert_memory_equal(&back.period, &m.period, sizeof m.period);
	}
}

static void test_score_keys(void **state)
{
	static const struct {
		const char *key, *period; /* NULL: it is none */
	} cases[] = {
		{PERSON "/2026-03", "2026-03"},
		{PERSON "/2026-Q4", "2026-Q4"},
		{PERSON "/2026", "2026"},
		{PERSON "/2026-13", NULL},
		{PERSON "/2026-03 ", NULL},
		{PERSON "/", NULL},
		{PERSON, NULL},
		{PERSON "-2026", NULL},
		{"7C9E6679-7425-40DE-944B-E07FC1F90AE7/2026", NULL},
		{"199001012015031001/2026", NULL},
		{PERSON "/2026-03/2026-03/2026-03", NULL},
		{"", NULL},
	};
	(void)state;
	struct score_changed m;
	assert_false(score_changed_read(NULL, 0, &m));
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *key = cases[i].key;
		char id[DIGEST_UUID_TEXT];
		bool read = score_changed_read(key, strlen(key), &m);
		if (read != (cases[i].period != NULL))
			fail_msg("%s is %sread", key, read ? "" : "not ");
		if (!read)
			continue;
		assert_string_equal(m.period_text, cases[i].period);
		assert_string_equal(digest_uuid_format(m.person, id), PERSON);
	}
}

static void test_topics_of_sources(void **state)
{
	char topic[TOPIC_TEXT];
	(void)state;
	assert_string_equal(topic_of_source("simpus", topic), "terukur.activity.simpus");
	assert_string_equal(topic_source(topic), "simpus");
	for (size_t i = 0; i < topic_internal_n; i++)
		assert_null(topic_source(topic_internal[i].kafka.name));
	assert_null(topic_source("terukur.activity"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_accepted_comes_back),
		cmocka_unit_test(test_elements_are_the_survey_s),
		cmocka_unit_test(test_changed_comes_back),
		cmocka_unit_test(test_score_keys),
		cmocka_unit_test(test_topics_of_sources),
	};
	return digest_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
