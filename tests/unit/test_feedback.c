/* If these fail, people are told wrong things of their work, at a wrong moment, or the same thing
 * again and again; or a name forges a mail's headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/digest.h"
#include "notification/feedback.h"
#include "notification/letter.h"

static const struct indicator indicators[] = {
	{"complaint", {"Keluhan", "Complaints"}, {"keluhan", "complaints"}, MEASURE_COUNT,
		DIRECTION_LESS},
	{"home_visit", {"Kunjungan rumah", "Home visits"}, {"kunjungan", "visits"}, MEASURE_COUNT,
		DIRECTION_MORE},
	{"immunisation", {"Imunisasi", "Immunisations"}, {"dosis", "doses"}, MEASURE_SUM,
		DIRECTION_MORE},
	{"mark_reached", {"Murid tuntas", "Pupils at the mark"}, {"%", "%"}, MEASURE_RATIO,
		DIRECTION_MORE},
	{"waiting_time", {"Waktu tunggu", "Waiting time"}, {"menit", "minutes"}, MEASURE_MEAN,
		DIRECTION_LESS},
};

static const struct pace_rules rules = {.tolerance = 10, .after_days = 7};

static struct feedback_context context_of(const char *period)
{
	struct feedback_context c = {.indicators = indicators, .n_indicators = COUNT(indicators)};

	assert_true(period_parse(period, &c.period));
	return c;
}

static int64_t instant(const char *text)
{
	int64_t out;

	assert_true(clock_parse(text, strlen(text), &out));
	return out;
}

static int32_t date(const char *text)
{
	int32_t out;

	assert_true(clock_date_parse(text, &out));
	return out;
}

static struct facts read_facts(const char *text)
{
	struct facts f = {0};

	assert_true(facts_read(text, strlen(text), &f));
	return f;
}

#define ITEM(code_, target_, realized_, achievement_, rating_) \
	"{\"indicator\":\"" code_ "\",\"target\":" target_ ",\"realized\":\"" realized_ \
	"\",\"achievement\":\"" achievement_ "\",\"rating\":\"" rating_ "\",\"events\":4}"
#define SCORE(revision_, items_, missing_, results_, hints_) \
	"{\"person\":\"x\",\"period\":\"2026-03\",\"revision\":" revision_ ",\"items\":[" items_ \
	"],\"missing\":[" missing_ "],\"results\":" results_ ",\"hints\":[" hints_ "]}"
#define RESULTS(score_, rating_) "{\"score\":\"" score_ "\",\"rating\":\"" rating_ "\"}"
#define HINT(code_, need_, to_) \
	"{\"indicator\":\"" code_ "\",\"need\":\"" need_ "\",\"to\":\"" to_ "\"}"

static const char march[] = SCORE("7",
	ITEM("home_visit", "\"40.00\"", "38.00", "95.00", "MEETS") "," ITEM(
		"waiting_time", "[\"20.00\",\"30.00\"]", "33.50", "88.33", "BELOW"),
	"\"mark_reached\",\"unheard_of\"", RESULTS("92.86", "MEETS"),
	HINT("home_visit", "6", "ABOVE") "," HINT("waiting_time", "-0.50", "MEETS"));

/* Facts */

static void test_what_is_no_score_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"revision\":1}",
		"\xff",
		SCORE("0", "", "", "null", ""),
		SCORE("\"1\"", "", "", "null", ""),
		SCORE("1", "", "7", "null", ""),
		SCORE("1", "1", "", "null", ""),
		SCORE("1", ITEM("a", "\"1\"", "1.00", "1.00", "GOOD"), "", "null", ""),
		SCORE("1", ITEM("a", "[]", "1.00", "1.00", "MEETS"), "", "null", ""),
		SCORE("1", ITEM("a", "\"1.00\"", "1.0", "1.00", "MEETS"), "", "null", ""),
		SCORE("1", ITEM("a", "\"1.00\"", "", "1.00", "MEETS"), "", "null", ""),
		SCORE("1", ITEM("a", "\"1.00\"", "1.000", "1.00", "MEETS"), "", "null", ""),
		SCORE("1", ITEM("a", "\"1.00\"", "1e3", "1.00", "MEETS"), "", "null", ""),
		SCORE("1",
			ITEM("a", "\"1.00\"", "12345678901234567890123456789012345678901.00",
				"1.00", "MEETS"),
			"", "null", ""),
		SCORE("1", "", "", "{\"score\":\"x\",\"rating\":\"MEETS\"}", ""),
		SCORE("1", "", "", "{\"score\":\"1.00\"}", ""),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct facts f = {0};

		if (facts_read(cases[i], strlen(cases[i]), &f))
			fail_msg("case %zu is taken for a score: %s", i, cases[i]);
		facts_done(&f);
	}
}

static void test_facts(void **state)
{
	struct facts f = read_facts(march);

	(void)state;
	assert_int_equal(f.revision, 7);
	assert_true(f.rated && f.rating == RATING_MEETS && f.results == 9286);
	assert_int_equal(f.n_items, 2);
	assert_true(f.items[1].target.range && f.items[1].target.low == 2000 &&
		    f.items[1].target.high == 3000);
	assert_true(f.items[0].has_hint && f.items[0].need == 600 && f.items[0].to == RATING_ABOVE);
	assert_true(f.items[1].has_hint && f.items[1].need == -50 && f.items[1].to == RATING_MEETS);
	facts_done(&f);
	f = read_facts(SCORE("3", "", "\"home_visit\"", "null", ""));
	assert_true(!f.rated && f.n_items == 0);
	facts_done(&f);
}

/* When */

static void test_moments(void **state)
{
	static const struct {
		const char *period, *now, *due, *next; /* next NULL: no more */
	} cases[] = {
		/* an open month: when it has been quiet, then every morning */
		{"2026-03", "2026-03-10T05:00:00+07:00", "2026-03-10T05:00:10+07:00",
			"2026-03-10T06:00:00+07:00"},
		{"2026-03", "2026-03-10T06:00:00+07:00", "2026-03-10T06:00:10+07:00",
			"2026-03-11T06:00:00+07:00"},
		{"2026-03", "2026-03-31T23:59:00+07:00", "2026-03-31T23:59:10+07:00",
			"2026-04-01T06:00:00+07:00"},
		/* ended, but it is still night: in the morning */
		{"2026-03", "2026-04-01T00:00:00+07:00", "2026-04-01T06:00:00+07:00",
			"2026-04-01T06:00:00+07:00"},
		{"2026-03", "2026-04-01T06:00:00+07:00", "2026-04-01T06:00:10+07:00", NULL},
		{"2026-03", "2027-01-01T00:00:00+07:00", "2027-01-01T00:00:10+07:00", NULL},
		/* Pontianak's dates, not UTC's */
		{"2026-03", "2026-03-31T17:30:00Z", "2026-03-31T23:00:00Z", "2026-03-31T23:00:00Z"},
		/* a month yet to come */
		{"2026-04", "2026-03-31T23:00:00+07:00", "2026-03-31T23:00:10+07:00",
			"2026-04-01T06:00:00+07:00"},
		/* quarters and years: at their end alone */
		{"2026-Q1", "2026-03-10T05:00:00+07:00", "2026-04-01T06:00:00+07:00",
			"2026-04-01T06:00:00+07:00"},
		{"2026", "2026-03-10T05:00:00+07:00", "2027-01-01T06:00:00+07:00",
			"2027-01-01T06:00:00+07:00"},
		{"2026-Q1", "2026-05-01T05:00:00+07:00", "2026-05-01T05:00:10+07:00", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct feedback_context c = context_of(cases[i].period);
		int64_t now = instant(cases[i].now);

		assert_true(
			feedback_due(c.period, now, 10 * CLOCK_SECOND) == instant(cases[i].due));
		assert_true(feedback_next(c.period, now) ==
			    (cases[i].next ? instant(cases[i].next) : 0));
	}
}

/* Pace */

static void test_what_lags(void **state)
{
	static const struct {
		const char *code, *target, *realized, *rating;
		int32_t elapsed, total;
		bool lags;
	} cases[] = {
		/* 40 in 31 days: 19.35 after 15, of which a tenth may be lacking: 17.42, so 17 */
		{"home_visit", "\"40.00\"", "16.00", "BELOW", 15, 31, true},
		{"home_visit", "\"40.00\"", "17.00", "BELOW", 15, 31, false},
		{"home_visit", "\"40.00\"", "0.00", "BELOW", 15, 31, true},
		/* a week must have passed, and something must be left */
		{"home_visit", "\"40.00\"", "0.00", "BELOW", 6, 31, false},
		{"home_visit", "\"40.00\"", "0.00", "BELOW", 7, 31, true},
		{"home_visit", "\"40.00\"", "0.00", "BELOW", 31, 31, false},
		{"home_visit", "\"40.00\"", "0.00", "BELOW", 0, 0, false},
		/* nobody does a fifth of a visit */
		{"home_visit", "\"0.20\"", "0.00", "BELOW", 30, 31, false},
		{"home_visit", "\"1.00\"", "0.00", "BELOW", 30, 31, false},
		{"home_visit", "\"1.20\"", "0.00", "BELOW", 30, 31, true},
		/* a sum has no whole units: 29.03 after 15 days, 26.12 tolerated */
		{"immunisation", "\"60.00\"", "26.12", "BELOW", 15, 31, false},
		{"immunisation", "\"60.00\"", "26.11", "BELOW", 15, 31, true},
		/* a range asks for its lower bound */
		{"home_visit", "[\"20.00\",\"40.00\"]", "9.00", "BELOW", 15, 31, false},
		{"home_visit", "[\"20.00\",\"40.00\"]", "7.00", "BELOW", 15, 31, true},
		/* less is better: 10 in 30 days, 5 after 15, one more within the tolerance */
		{"complaint", "\"10.00\"", "6.00", "ABOVE", 15, 30, false},
		{"complaint", "\"10.00\"", "7.00", "ABOVE", 15, 30, true},
		{"complaint", "[\"0.00\",\"10.00\"]", "7.00", "MEETS", 15, 30, true},
		{"complaint", "\"0.00\"", "1.00", "BELOW", 15, 30, true},
		/* no pace: by its rating */
		{"waiting_time", "\"30.00\"", "35.00", "BELOW", 15, 31, true},
		{"waiting_time", "\"30.00\"", "31.00", "MEETS", 15, 31, false},
		{"mark_reached", "\"72.00\"", "10.00", "BELOW", 6, 31, false},
		/* nothing is known of it */
		{"unheard_of", "\"72.00\"", "10.00", "BELOW", 15, 31, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct feedback_context c = context_of("2026-03");
		struct service_days days = {.today = date("2026-03-16"),
			.elapsed = cases[i].elapsed,
			.total = cases[i].total};
		struct feedback out = {0};
		char text[1000];

		snprintf(text, sizeof text,
			"{\"revision\":1,\"missing\":[],\"results\":null,\"items\":[{\"indicator\":\"%s\",\"target\":%s,\"realized\":\"%s\",\"achievement\":\"1.00\",\"rating\":\"%s\",\"events\":4}]}",
			cases[i].code, cases[i].target, cases[i].realized, cases[i].rating);
		struct facts f = read_facts(text);
		assert_true(feedback_pace(&c, &f, &days, &rules, NULL, NULL, &out));
		if ((out.n == 1) != cases[i].lags)
			fail_msg("case %zu: %s %s of %s", i, cases[i].code, cases[i].realized,
				cases[i].target);
		feedback_done(&out);
		facts_done(&f);
	}
}

static const struct service_days half_way = {.elapsed = 15, .total = 31};

/* The pace messages of a score in the middle of March. */
static struct feedback paces_of(
	const char *score, struct facts *f, bool (*told)(void *, const char *), void *arg)
{
	struct feedback_context c = context_of("2026-03");
	struct service_days days = half_way;
	struct feedback out = {0};

	days.today = date("2026-03-16");
	*f = read_facts(score);
	assert_true(feedback_pace(&c, f, &days, &rules, told, arg, &out));
	return out;
}

static void test_the_words_of_a_pace(void **state)
{
	struct facts f;
	struct feedback out =
		paces_of(SCORE("2", ITEM("home_visit", "\"40.00\"", "12.00", "30.00", "BELOW"), "",
				 "null", ""),
			&f, NULL, NULL);

	(void)state;
	assert_int_equal(out.n, 1);
	assert_int_equal(out.list[0].kind, MESSAGE_PACE);
	assert_string_equal(out.list[0].indicator, "home_visit");
	assert_string_equal(out.list[0].occasion, "2026-W12");
	assert_string_equal(
		out.list[0].title[LANGUAGE_ID], "Kunjungan rumah: tertinggal dari laju target");
	assert_string_equal(
		out.list[0].title[LANGUAGE_EN], "Home visits: behind the pace of the target");
	assert_string_equal(out.list[0].body[LANGUAGE_ID],
		"Sejauh ini tercatat 12 dari target 40 kunjungan untuk Maret 2026. 15 dari 31 hari "
		"bertugas sudah lewat; pada laju menuju target, sekarang kira-kira "
		"19.\nTarget tercapai dengan 28 lagi dalam 16 hari bertugas yang tersisa, "
		"kira-kira 1,75 per hari.\n\nAngka ini mengikuti bukti yang sudah masuk; bukti "
		"yang masih di perjalanan akan terhitung dengan sendirinya. Pesan ini hanya "
		"untuk membantu Anda: sistem tidak memutuskan apa pun.\n");
	assert_string_equal(out.list[0].body[LANGUAGE_EN],
		"So far 12 of the target of 40 visits for March 2026 are recorded. 15 of 31 "
		"service days have passed; on the pace to the target it would be about 19 by "
		"now.\n28 more in the 16 service days that are left reach the target, about 1.75 "
		"a day.\n\nThe figures follow the evidence that has come in; what is still on "
		"its way will count by itself. This is only meant to help you: the system "
		"decides nothing.\n");
	feedback_done(&out);
	facts_done(&f);
}

static void test_what_it_takes(void **state)
{
	static const struct {
		const char *score, *words;
	} cases[] = {
		/* of counts, whole ones: 37.16 is reached by 38 */
		{SCORE("1", ITEM("home_visit", "\"37.16\"", "12.00", "1.00", "BELOW"), "", "null",
			 ""),
			"\n26 more in the 16"},
		{SCORE("1", ITEM("immunisation", "\"60.50\"", "12.25", "1.00", "BELOW"), "", "null",
			 ""),
			"\n48.25 more in the 16 service days that are left reach the target, "
			"about 3.02 a day."},
		{SCORE("1", ITEM("home_visit", "[\"20.00\",\"40.00\"]", "2.00", "1.00", "BELOW"),
			 "", "null", ""),
			"target of 20–40 visits for"},
		{SCORE("1", ITEM("complaint", "\"10.50\"", "8.00", "1.00", "MEETS"), "", "null",
			 ""),
			"\nThe limit holds with at most 2 more in the 16"},
		{SCORE("1", ITEM("complaint", "\"10.00\"", "12.00", "1.00", "BELOW"), "", "null",
			 ""),
			"\nThe limit is passed by 2; "},
		{SCORE("1", ITEM("waiting_time", "\"30.00\"", "40.00", "66.67", "BELOW"), "",
			 "null", HINT("waiting_time", "-7.00", "MEETS")),
			"So far it stands at 40.00 against a target of 30.00 minutes for March "
			"2026 (records: 4). 15 of 31 service days have passed.\nWith 7.00 less: "
			"meets expectations.\n"},
		{SCORE("1", ITEM("mark_reached", "\"72.00\"", "60.00", "83.33", "BELOW"), "",
			 "null", ""),
			"against a target of 72.00 % for March 2026 (records: 4). 15 of 31 "
			"service days have passed.\n\nThe"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct facts f;
		struct feedback out = paces_of(cases[i].score, &f, NULL, NULL);

		assert_int_equal(out.n, 1);
		if (!strstr(out.list[0].body[LANGUAGE_EN], cases[i].words))
			fail_msg("case %zu: %s", i, out.list[0].body[LANGUAGE_EN]);
		feedback_done(&out);
		facts_done(&f);
	}
}

static bool told_of(void *arg, const char *indicator)
{
	return strcmp(arg, indicator) == 0;
}

static void test_each_indicator_by_itself(void **state)
{
	static const char both[] = SCORE("2",
		ITEM("home_visit", "\"40.00\"", "1.00", "2.50", "BELOW") "," ITEM(
			"immunisation", "\"60.00\"", "1.00", "1.67", "BELOW"),
		"\"complaint\"", "null", "");
	char told[] = "home_visit";
	struct facts f;
	struct feedback out = paces_of(both, &f, NULL, NULL);

	(void)state;
	assert_int_equal(out.n, 2); /* and what is missing is not spoken of */
	feedback_done(&out);
	facts_done(&f);
	out = paces_of(both, &f, told_of, told);
	assert_int_equal(out.n, 1);
	assert_string_equal(out.list[0].indicator, "immunisation");
	feedback_done(&out);
	facts_done(&f);
}

static void test_weeks(void **state)
{
	static const struct {
		const char *today, *week;
	} cases[] = {
		{"2026-01-01", "2026-W01"},
		{"2026-03-15", "2026-W11"}, /* Sunday */
		{"2026-03-16", "2026-W12"}, /* Monday */
		{"2026-12-31", "2026-W53"},
		{"2027-01-03", "2026-W53"},
		{"2027-01-04", "2027-W01"},
		{"2024-12-30", "2025-W01"},
		{"2023-01-01", "2022-W52"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct feedback_context c = context_of("2026-03");
		struct service_days days = half_way;
		struct feedback out = {0};
		struct facts f = read_facts(SCORE("2",
			ITEM("home_visit", "\"40.00\"", "1.00", "2.50", "BELOW"), "", "null", ""));

		days.today = date(cases[i].today);
		assert_true(feedback_pace(&c, &f, &days, &rules, NULL, NULL, &out));
		assert_string_equal(out.list[0].occasion, cases[i].week);
		feedback_done(&out);
		facts_done(&f);
	}
}

/* Closing */

static void test_the_words_of_an_end(void **state)
{
	struct feedback_context c = context_of("2026-03");
	struct feedback out = {0};
	struct facts f = read_facts(march);

	(void)state;
	assert_true(feedback_closed(&c, &f, NULL, f.revision, &out));
	assert_int_equal(out.n, 1);
	assert_int_equal(out.list[0].kind, MESSAGE_CLOSED);
	assert_null(out.list[0].indicator);
	assert_string_equal(out.list[0].occasion, "7");
	assert_string_equal(
		out.list[0].title[LANGUAGE_ID], "Hasil kerja Maret 2026: sesuai ekspektasi");
	assert_string_equal(
		out.list[0].title[LANGUAGE_EN], "Results for March 2026: meets expectations");
	assert_string_equal(out.list[0].body[LANGUAGE_ID],
		"Periode Maret 2026 sudah berakhir. Hasil kerja Anda: sesuai ekspektasi. Nilai "
		"92,86 tidak menentukan hasil ini.\n\n- Kunjungan rumah: 38 dengan target 40 kunjungan, capaian 95,00 %: sesuai "
		"ekspektasi. Dengan tambahan 6: di atas ekspektasi.\n- Waktu tunggu: 33,50 "
		"dengan target 20,00–30,00 menit, capaian 88,33 %: di bawah ekspektasi. Dengan 0,50 "
		"lebih rendah: sesuai ekspektasi.\n- Tidak terukur, dan karena itu tidak "
		"dihitung sebagai nol: Murid tuntas, unheard_of.\n\nSetiap angka dapat "
		"ditelusuri sampai bukti asalnya. Bila ada yang keliru, sistem asal dapat "
		"mengoreksinya dan nilai ini ikut berubah. Sistem tidak memutuskan apa pun: "
		"predikat kinerja baru ada bila pejabat penilai menandatanganinya.\n");
	assert_string_equal(out.list[0].body[LANGUAGE_EN],
		"Now that March 2026 is over, your results: meets expectations. The score, 92.86, "
		"does not decide this.\n\n- Home visits: 38 against a target of 40 visits, achievement "
		"95.00 %: meets expectations. With 6 more: above expectations.\n- Waiting time: "
		"33.50 against a target of 20.00–30.00 minutes, achievement 88.33 %: below "
		"expectations. With 0.50 less: meets expectations.\n- Not measured, and for that "
		"not counted as zero: Pupils at the mark, unheard_of.\n\nEvery figure leads back "
		"to the evidence behind it. If something is wrong, the system it came from can "
		"correct it, and the score follows. The system decides nothing: a grade exists "
		"only when the appraiser signs it.\n");
	feedback_done(&out);
	facts_done(&f);
}

/* What is told of `now` after `before` was; either may be NULL: nothing was told, there is no
 * score. */
static struct feedback closing_after(const char *before, const char *now, struct facts *f)
{
	struct feedback_context c = context_of("2026-03");
	struct feedback out = {0};
	struct facts old = {0};
	json_t *told = NULL;

	if (before) {
		old = read_facts(before);
		told = feedback_ratings(&old);
	}
	*f = now ? read_facts(now) : (struct facts){0};
	assert_true(feedback_closed(&c, f, told, now ? f->revision : 7, &out));
	json_decref(told);
	facts_done(&old);
	return out;
}

static void test_what_is_told_again(void **state)
{
	/* other figures, the same ratings */
	static const char figures[] = SCORE("8",
		ITEM("home_visit", "\"40.00\"", "39.00", "97.50", "MEETS") "," ITEM(
			"waiting_time", "[\"20.00\",\"30.00\"]", "33.40", "88.67", "BELOW"),
		"\"mark_reached\"", RESULTS("93.96", "MEETS"), "");
	static const char better[] = SCORE("9",
		ITEM("home_visit", "\"40.00\"", "44.00", "110.00", "ABOVE") "," ITEM(
			"mark_reached", "\"72.00\"", "72.00", "100.00", "MEETS"),
		"\"waiting_time\"", RESULTS("105.00", "ABOVE"), "");
	static const char nothing[] = SCORE("9", "", "\"home_visit\",\"waiting_time\"", "null", "");
	struct facts f;
	struct feedback out = closing_after(march, figures, &f);

	(void)state;
	assert_int_equal(out.n, 0);
	facts_done(&f);

	out = closing_after(march, better, &f);
	assert_int_equal(out.n, 1);
	assert_string_equal(out.list[0].occasion, "9");
	assert_string_equal(out.list[0].title[LANGUAGE_ID], "Hasil kerja Maret 2026 diperbarui");
	assert_non_null(strstr(out.list[0].body[LANGUAGE_EN],
		"- Home visits: meets expectations → above expectations\n"
		"- Pupils at the mark: not rated → meets expectations\n"
		"- Waiting time: below expectations → not rated\n"
		"- Results as a whole: meets expectations → above expectations\n\n"
		"Now:\n- Home visits: 44 against"));
	feedback_done(&out);
	facts_done(&f);

	out = closing_after(NULL, nothing, &f);
	assert_int_equal(out.n, 0);
	facts_done(&f);

	out = closing_after(march, nothing, &f);
	assert_int_equal(out.n, 1);
	assert_non_null(strstr(out.list[0].body[LANGUAGE_EN],
		"- Results as a whole: meets expectations → not rated\n"));
	assert_null(strstr(out.list[0].body[LANGUAGE_EN], "Now:"));
	feedback_done(&out);
	facts_done(&f);

	out = closing_after(nothing, NULL, &f);
	assert_int_equal(out.n, 0);

	out = closing_after(march, NULL, &f); /* no service day is left */
	assert_int_equal(out.n, 1);
	assert_string_equal(out.list[0].occasion, "7-none");
	feedback_done(&out);

	out = closing_after(NULL, NULL, &f);
	assert_int_equal(out.n, 0);
}

/* All that a score's readers do not see in a message about its end: a later rule set, plan version
 * and revision, shares of weights, counts, fields of a later version, another order. */
static void test_what_is_not_seen_is_not_told(void **state)
{
	static const char old[] = SCORE("7",
		ITEM("home_visit", "\"40.00\"", "38.00", "95.00", "MEETS") "," ITEM(
			"waiting_time", "\"20.00\"", "33.50", "32.50", "BELOW"),
		"", RESULTS("92.86", "MEETS"), "");
	static const char new[] =
		"{\"person\":\"x\",\"period\":\"2026-03\",\"revision\":90,\"ruleset\":\"2026.2\","
		"\"plan\":3,\"later\":{\"a\":[null]},\"items\":["
		"{\"indicator\":\"waiting_time\",\"target\":\"21.00\",\"realized\":\"33.00\","
		"\"achievement\":\"42.86\",\"rating\":\"BELOW\",\"events\":9,\"weight\":\"50.00\","
		"\"brief\":true,\"left\":[\"elsewhere\"],\"later\":1},"
		"{\"indicator\":\"home_visit\",\"target\":\"41.00\",\"realized\":\"39.00\","
		"\"achievement\":\"95.12\",\"rating\":\"MEETS\",\"events\":39}],"
		"\"missing\":[\"mark_reached\"],\"results\":{\"score\":\"93.00\",\"rating\":\"MEETS\","
		"\"above\":0,\"meets\":1,\"below\":0,\"later\":\"x\"},\"behaviour\":null,"
		"\"hints\":[{\"indicator\":\"nobody\",\"need\":\"1\",\"to\":\"MEETS\"},7]}";
	struct facts f;
	struct feedback out = closing_after(old, new, &f);

	(void)state;
	assert_int_equal(out.n, 0);
	assert_true(f.items[0].brief && !f.items[1].brief);
	facts_done(&f);
	out = closing_after(NULL, new, &f);
	assert_non_null(strstr(out.list[0].body[LANGUAGE_EN],
		"below expectations. Held too briefly to have a part in the rating as a whole.\n"));
	feedback_done(&out);
	facts_done(&f);
}

/* Digests */

#define STOOD(rating_) \
	SCORE("4", ITEM("home_visit", "\"40.00\"", "40.00", "100.00", rating_), "", \
		RESULTS("100.00", rating_), "")
/* Their results are the same, only an item's rating is not. */
#define WITH_WAITING(rating_) \
	SCORE("5", \
		ITEM("home_visit", "\"40.00\"", "40.00", "100.00", "MEETS") "," ITEM( \
			"waiting_time", "\"20.00\"", "20.00", "100.00", rating_), \
		"", RESULTS("100.00", "MEETS"), "")

/* What a digest says of periods: each with what was told and what stands, or NULL. */
static struct feedback digest_of(const char *const (*rows)[3], size_t n, char about[PERIOD_TEXT])
{
	struct feedback_context c = {.indicators = indicators, .n_indicators = COUNT(indicators)};
	struct digest_part parts[8] = {0};
	struct facts old[8] = {0}, now[8] = {0};
	struct feedback out = {0};
	struct period p = {0};

	for (size_t i = 0; i < n; i++) {
		assert_true(period_parse(rows[i][0], &parts[i].period));
		old[i] = rows[i][1] ? read_facts(rows[i][1]) : old[i];
		now[i] = rows[i][2] ? read_facts(rows[i][2]) : now[i];
		parts[i].facts = &now[i];
		parts[i].told = rows[i][1] ? feedback_ratings(&old[i]) : NULL;
		parts[i].revision = 6;
	}
	assert_true(feedback_digest(&c, parts, n, date("2026-11-25"), &out, &p));
	if (out.n)
		period_format(p, about);
	for (size_t i = 0; i < n; i++) {
		json_decref((json_t *)(uintptr_t)parts[i].told);
		facts_done(&old[i]);
		facts_done(&now[i]);
	}
	return out;
}

static void test_the_words_of_a_digest(void **state)
{
	static const char *const rows[][3] = {
		{"2026-01", NULL, STOOD("MEETS")},
		{"2026-02", STOOD("MEETS"), STOOD("MEETS")}, /* as it was */
		{"2026-03", STOOD("BELOW"), STOOD("MEETS")},
		{"2026-Q1", STOOD("MEETS"), WITH_WAITING("BELOW")},
		{"2025", STOOD("MEETS"), NULL},
		{"2025-12", NULL, NULL}, /* nothing */
		{"2025-11", WITH_WAITING("MEETS"), STOOD("MEETS")},
	};
	char about[PERIOD_TEXT];
	struct feedback out = digest_of(rows, COUNT(rows), about);

	(void)state;
	assert_int_equal(out.n, 1);
	assert_int_equal(out.list[0].kind, MESSAGE_DIGEST);
	assert_string_equal(about, "2026-Q1");
	assert_string_equal(out.list[0].occasion, "2026-11-25");
	assert_string_equal(
		out.list[0].title[LANGUAGE_EN], "Results for 5 periods that have ended");
	assert_string_equal(
		out.list[0].title[LANGUAGE_ID], "Hasil kerja 5 periode yang sudah berakhir");
	assert_non_null(strstr(out.list[0].body[LANGUAGE_EN],
		"Their results now:\n\n"
		"- January 2026: 100.00, meets expectations.\n"
		"- March 2026: 100.00, meets expectations. Before: below expectations. Ratings that "
		"changed: Home visits.\n"
		"- the first quarter of 2026: 100.00, meets expectations. Ratings that changed: "
		"Waiting time.\n"
		"- the year 2025: not rated. Before: meets expectations. Ratings that changed: Home "
		"visits.\n"
		"- November 2025: 100.00, meets expectations. Ratings that changed: Waiting time.\n"
		"\nThe score of each period says more.\n\nEvery figure leads back"));
	assert_non_null(strstr(out.list[0].body[LANGUAGE_ID],
		"- triwulan I 2026: 100,00, sesuai ekspektasi. Predikat yang berubah: Waktu "
		"tunggu.\n- tahun 2025: tidak dinilai. Sebelumnya sesuai ekspektasi."));
	feedback_done(&out);
}

static void test_a_digest_of_one_is_that_ones_message(void **state)
{
	static const char *const first[][3] = {
		{"2026-01", NULL, STOOD("MEETS")}, {"2026-02", STOOD("MEETS"), STOOD("MEETS")}};
	static const char *const changed[][3] = {
		{"2026-01", STOOD("BELOW"), STOOD("MEETS")}, {"2026-02", NULL, NULL}};
	char about[PERIOD_TEXT];
	struct feedback out = digest_of(first, COUNT(first), about);

	(void)state;
	assert_int_equal(out.n, 1);
	assert_int_equal(out.list[0].kind, MESSAGE_CLOSED);
	assert_string_equal(about, "2026-01");
	assert_string_equal(
		out.list[0].title[LANGUAGE_EN], "Results for January 2026: meets expectations");
	assert_string_equal(out.list[0].occasion, "6");
	feedback_done(&out);

	out = digest_of(changed, COUNT(changed), about);
	assert_string_equal(out.list[0].title[LANGUAGE_EN], "Results for January 2026, updated");
	feedback_done(&out);

	out = digest_of(first + 1, 1, about);
	assert_int_equal(out.n, 0);
	out = digest_of(first, 0, about);
	assert_int_equal(out.n, 0);
}

static void test_when_a_digest_is_due(void **state)
{
	static const struct {
		const char *quiet, *last, *due; /* last NULL: never */
	} cases[] = {
		{"2026-11-25T10:00:00+07:00", NULL, "2026-11-25T10:00:00+07:00"},
		{"2026-11-25T10:00:00+07:00", "2026-11-25T01:00:00+07:00",
			"2026-11-26T06:00:00+07:00"},
		{"2026-11-25T10:00:00+07:00", "2026-11-25T09:59:59+07:00",
			"2026-11-26T06:00:00+07:00"},
		{"2026-11-26T05:00:00+07:00", "2026-11-25T23:59:59+07:00",
			"2026-11-26T06:00:00+07:00"},
		{"2026-11-26T06:00:01+07:00", "2026-11-25T23:59:59+07:00",
			"2026-11-26T06:00:01+07:00"},
		{"2026-11-25T10:00:00+07:00", "2026-11-03T09:00:00+07:00",
			"2026-11-25T10:00:00+07:00"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(feedback_digest_due(instant(cases[i].quiet),
					 cases[i].last ? instant(cases[i].last) : 0),
			instant(cases[i].due));
}

static void test_when_a_period_has_ended(void **state)
{
	static const struct {
		const char *period, *now;
		bool ended;
	} cases[] = {
		{"2026-03", "2026-03-31T23:59:59+07:00", false},
		{"2026-03", "2026-04-01T05:59:59+07:00", false},
		{"2026-03", "2026-04-01T06:00:00+07:00", true},
		{"2026-Q1", "2026-04-01T06:00:00+07:00", true},
		{"2026-Q2", "2026-04-01T06:00:00+07:00", false},
		{"2026", "2026-12-31T06:00:00+07:00", false},
		{"2026", "2027-01-01T06:00:00+07:00", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
			feedback_ended(context_of(cases[i].period).period, instant(cases[i].now)),
			cases[i].ended);
}

/* Words */

/* Appends the names of the slots, in alphabetical order, so that two languages can be compared. */
static void slots_of(const char *text, char out[200])
{
	*out = '\0';
	for (char c = 'a'; c <= 'z'; c++)
		for (const char *p = text; (p = strchr(p, '{')) != NULL; p++)
			if (p[1] == c)
				snprintf(out + strlen(out), 200 - strlen(out), "%.*s ",
					(int)strcspn(p, "}"), p);
}

static void test_both_languages_say_the_same(void **state)
{
	(void)state;
	for (int i = 0; i < PHRASES; i++) {
		char id[200], en[200];
		const char *indonesian = wording_text(LANGUAGE_ID, i),
			   *english = wording_text(LANGUAGE_EN, i);

		assert_true(indonesian && *indonesian && english && *english);
		slots_of(indonesian, id);
		slots_of(english, en);
		assert_string_equal(id, en);
		assert_int_equal(indonesian[strlen(indonesian) - 1] == '\n',
			english[strlen(english) - 1] == '\n');
	}
}

static void test_slots(void **state)
{
	const struct slot slots[] = {{"name", "{old}"}, {"old", "a"}, {NULL, NULL}};
	BUF_AUTO out;

	(void)state;
	buf_init(&out, 1000);
	wording_add(&out, LANGUAGE_EN, CHANGED_ITEM,
		slots); /* what fills a slot is not looked at again */
	assert_string_equal(out.data, "- {old}: a → {new}\n");
}

/* Letters */

static void test_addresses(void **state)
{
	static const struct {
		const char *address;
		bool valid;
	} cases[] = {
		{"siti.aminah@kota.example", true},
		{"a+b_c@x-y.example.id", true},
		{"terukur@localhost", true},
		{"", false},
		{"siti", false},
		{"@kota.example", false},
		{"siti@", false},
		{"a@b@c", false},
		{"siti @kota.example", false},
		{"siti@kota.example ", false},
		{"siti@kota.example\nBcc: all@kota.example", false},
		{"siti@kota.example\r\nRCPT TO:<x@y>", false},
		{"<siti@kota.example>", false},
		{"\"siti\"@kota.example", false},
		{"a,b@kota.example", false},
		{"siti@kota..example", false},
		{"siti@.kota.example", false},
		{"siti@kota.example.", false},
		{"siti@-kota.example", false},
		{"s\xc3\xadti@kota.example", false},
		{"0123456789012345678901234567890123456789012345678901234567890123456789@kota.example",
			false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (letter_address_valid(cases[i].address) != cases[i].valid)
			fail_msg("%s", cases[i].address);
}

static struct letter letter_about(const char *title, const char *body)
{
	return (struct letter){.from = "terukur@kota.example",
		.to = "siti@kota.example",
		.id = "7c9e6679",
		.at = instant("2026-03-16T01:02:03Z"),
		.title = {title, "Title"},
		.body = {body, "Body.\n"}};
}

/* A head as text: its lines end with a NUL each. */
static const char *lines(struct buf *head)
{
	for (size_t i = 0; i < head->len; i++)
		if (head->data[i] == '\0')
			head->data[i] = '\n';
	return head->data;
}

static void test_a_letter(void **state)
{
	struct letter l = letter_about("Judul", "Capaian 95 % = baik – sungguh. \n.\n");
	BUF_AUTO head, text;

	(void)state;
	l.url = "https://terukur.kota.example";
	buf_init(&head, 10000);
	buf_init(&text, 10000);
	letter_write(&head, &text, &l);
	assert_false(head.failed || text.failed);
	assert_string_equal(lines(&head), "Date: Mon, 16 Mar 2026 08:02:03 +0700\n"
					  "From: Terukur <terukur@kota.example>\n"
					  "To: siti@kota.example\n"
					  "Subject: Judul\n"
					  "Message-ID: <7c9e6679@kota.example>\n"
					  "Content-Language: id\n"
					  "Auto-Submitted: auto-generated\n");
	assert_string_equal(text.data,
		"Judul\r\n\r\n"
		"Capaian 95 % = baik – sungguh. \r\n.\r\n\r\n"
		"Selengkapnya: https://terukur.kota.example\r\n"
		"Pesan ini dikirim otomatis oleh Terukur dan juga ada di kotak masuk Anda di"
		" sana. Balasan ke alamat ini tidak dibaca.\r\n");
}

static void test_a_letter_in_the_language_that_its_reader_reads(void **state)
{
	static const struct {
		const char *reads, *subject, *language;
		bool id;
	} cases[] = {
		{NULL, "Subject: Judul\n", "Content-Language: id\n", true},
		{"id", "Subject: Judul\n", "Content-Language: id\n", true},
		{"en", "Subject: Title\n", "Content-Language: en\n", false},
		{"jv", "Subject: Judul\n", "Content-Language: id\n", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct letter l = letter_about("Judul", "Isi.\n");
		BUF_AUTO head, text;

		l.reads = cases[i].reads;
		buf_init(&head, 10000);
		buf_init(&text, 10000);
		letter_write(&head, &text, &l);
		assert_non_null(strstr(lines(&head), cases[i].subject));
		assert_non_null(strstr(head.data, cases[i].language));
		assert_int_equal(strstr(text.data, "Isi.") != NULL, cases[i].id);
		assert_int_equal(strstr(text.data, "Body.") == NULL, cases[i].id);
	}
}

static void test_a_letter_too_long_is_none(void **state)
{
	struct letter l = letter_about("Judul", "Isi.\n");
	BUF_AUTO head, text;

	(void)state;
	buf_init(&head, 10000);
	buf_init(&text, 100);
	letter_write(&head, &text, &l);
	assert_true(text.failed);
}

/* The head's lines, and lines within them, that begin with this. */
static int heads(struct buf *head, const char *name)
{
	int n = 0;

	for (const char *p = lines(head); *p; p += strcspn(p, "\r\n"), p += strspn(p, "\r\n"))
		n += strncmp(p, name, strlen(name)) == 0;
	return n;
}

static void test_a_title_makes_no_header(void **state)
{
	static const char *const titles[] = {
		"x\r\nBcc: all@kota.example",
		"x\nBcc: all@kota.example",
		"x\rBcc: all@kota.example",
		"x\r\n\r\nBcc: all@kota.example",
		"=?utf-8?Q?x=0D=0ABcc:_all?=",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(titles); i++) {
		struct letter l = letter_about(titles[i], "b\n");
		BUF_AUTO head, text;

		buf_init(&head, 10000);
		buf_init(&text, 10000);
		letter_write(&head, &text, &l);
		assert_int_equal(heads(&head, "Bcc"), 0);
		assert_int_equal(heads(&head, "Subject: =?utf-8?B?"), 1);
		assert_int_equal(heads(&head, "Auto-Submitted"), 1);
	}
}

static void test_a_heads_lines_stay_short_and_characters_whole(void **state)
{
	char title[400] = "", seen[400] = "";
	BUF_AUTO head, text;

	(void)state;
	for (int i = 0; i < 60; i++)
		strcat(title, i % 2 ? "é" : "→"); /* 2 and 3 bytes */
	struct letter l = letter_about(title, "b\n");
	buf_init(&head, 10000);
	buf_init(&text, 10000);
	letter_write(&head, &text, &l);
	for (const char *p = lines(&head); *p; p += strcspn(p, "\n") + 1)
		assert_true(strcspn(p, "\r\n") <= 76);
	for (const char *p = head.data; (p = strstr(p, "=?utf-8?B?")) != NULL;) {
		char word[80];
		BUF_AUTO plain;

		p += 10;
		snprintf(word, sizeof word, "%.*s", (int)strcspn(p, "?"), p);
		buf_init(&plain, 100);
		assert_true(digest_base64_decode(&plain, word));
		assert_int_not_equal((unsigned char)plain.data[0] & 0xC0, 0x80);
		strncat(seen, plain.data, plain.len);
	}
	assert_string_equal(seen, title);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_no_score_is_refused),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_what_lags),
		cmocka_unit_test(test_the_words_of_a_pace),
		cmocka_unit_test(test_what_it_takes),
		cmocka_unit_test(test_each_indicator_by_itself),
		cmocka_unit_test(test_weeks),
		cmocka_unit_test(test_the_words_of_an_end),
		cmocka_unit_test(test_what_is_told_again),
		cmocka_unit_test(test_what_is_not_seen_is_not_told),
		cmocka_unit_test(test_the_words_of_a_digest),
		cmocka_unit_test(test_a_digest_of_one_is_that_ones_message),
		cmocka_unit_test(test_when_a_digest_is_due),
		cmocka_unit_test(test_when_a_period_has_ended),
		cmocka_unit_test(test_both_languages_say_the_same),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_a_letter),
		cmocka_unit_test(test_a_letter_in_the_language_that_its_reader_reads),
		cmocka_unit_test(test_a_letter_too_long_is_none),
		cmocka_unit_test(test_a_title_makes_no_header),
		cmocka_unit_test(test_a_heads_lines_stay_short_and_characters_whole),
	};

	return digest_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
