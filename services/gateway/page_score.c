/* page_score: a score, what explains it, and how far each indicator is, for a person with a
 * telephone. */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "page.h"
#include "sheet.h"
#include "words.h"

static void put_named(struct buf *b, const char *tag, const char *name)
{
	html_open(b, tag, NULL);
	html_name(b, name);
	html_close(b, tag);
}

static void put_person(const struct sheet *s)
{
	if (db_rows(s->who) == 0)
		return;
	const struct person_row x = store_person_row(s->who);
	html_open(s->b, "p", "class", "person", NULL);
	put_named(s->b, "strong", x.name);
	put_named(s->b, "span", x.unit);
	put_named(s->b, "span", x.agency);
	html_close(s->b, "p");
}

static void put_periods(const struct sheet *s)
{
	html_open(s->b, "nav", "aria-label", "Periode / Periods", NULL);
	for (int i = 0; i < db_rows(s->periods); i++) {
		const char *name = db_text(s->periods, i, 0);
		bool here = strcmp(name, s->period_name) == 0;
		BUF_AUTO href;
		buf_init(&href, 200);
		buf_addf(&href, "/people/%s/scores/%s", s->uuid, name);
		html_open(s->b, "a", "href", href.data, "aria-current", here ? "page" : NULL, NULL);
		html_text(s->b, name);
		html_close(s->b, "a");
	}
	html_close(s->b, "nav");
}

static void put_open_or_closed(const struct sheet *s)
{
	char elapsed[24], all[24];
	snprintf(elapsed, sizeof elapsed, "%lld", (long long)s->days.elapsed);
	snprintf(all, sizeof all, "%lld", (long long)s->days.all);
	if (s->days.elapsed >= s->days.all)
		html_say(s->b,
			(struct words){"Periode ini sudah selesai.", "This period has ended."},
			NULL, NULL);
	else
		html_say(s->b,
			(struct words){
				"Periode ini masih berjalan: %s dari %s hari dinas sudah lewat.",
				"This period is still open: %s of %s service days have passed."},
			HTML_VALUES(elapsed, all), HTML_VALUES(elapsed, all));
}

static void put_rated(struct buf *b, struct words name, const json_t *rated, struct words nothing)
{
	html_open(b, "p", NULL);
	html_both(b, name);
	html_text(b, ": ");
	html_open(b, "strong", NULL);
	html_both(b, json_is_object(rated) ? words_rating(sheet_text(rated, "rating")) : nothing);
	html_close(b, "strong");
	html_close(b, "p");
}

/* Where the results rating comes from. */
static void put_counts(struct buf *b, const json_t *results)
{
	static const char *const keys[] = {"above", "meets", "below"};
	char n[COUNT(keys)][24];
	for (size_t i = 0; i < COUNT(keys); i++)
		snprintf(n[i], sizeof n[i], "%lld",
			(long long)json_integer_value(json_object_get(results, keys[i])));
	const char *const *values = HTML_VALUES(n[0], n[1], n[2]);
	html_say(b,
		(struct words){
			"Indikator yang menentukan: %s di atas, %s sesuai, %s di bawah ekspektasi.",
			"The indicators that decide it: %s above, %s meeting, %s below "
			"expectations."},
		values, values);
}

/* The grade is people's: before somebody signs one, the page says that there is none. */
static void put_grade(struct buf *b, const json_t *score)
{
	const char *grade = sheet_text(score, "grade"), *proposed = sheet_text(score, "proposed");
	if (*grade) {
		html_say(b,
			(struct words){"Predikat yang ditandatangani: %s.", "Signed grade: %s."},
			HTML_VALUES(words_grade(grade).id), HTML_VALUES(words_grade(grade).en));
		return;
	}
	if (*proposed)
		html_say(b, (struct words){"Usulan predikat: %s.", "Proposed grade: %s."},
			HTML_VALUES(words_grade(proposed).id),
			HTML_VALUES(words_grade(proposed).en));
	html_say(b,
		(struct words){"Predikat baru ada setelah pejabat penilai menandatanganinya.",
			"A grade exists only when the appraiser signs it."},
		NULL, NULL);
}

static void put_summary(const struct sheet *s)
{
	const json_t *results = json_object_get(s->score, "results");
	html_open(s->b, "section", "class", "summary", NULL);
	if (json_is_object(results)) {
		html_open(s->b, "p", "class", "total", NULL);
		html_text(s->b, sheet_text(results, "score"));
		html_close(s->b, "p");
	}
	put_rated(s->b, (struct words){"Hasil kerja", "Results"}, results,
		(struct words){"belum ada yang terukur", "nothing measured yet"});
	if (json_is_object(results))
		put_counts(s->b, results);
	put_rated(s->b, (struct words){"Perilaku kerja", "Behaviour"},
		json_object_get(s->score, "behaviour"),
		(struct words){"belum diamati", "not observed yet"});
	put_grade(s->b, s->score);
	put_open_or_closed(s);
	html_close(s->b, "section");
}

static void put_missing(const struct sheet *s)
{
	const json_t *missing = json_object_get(s->score, "missing");
	if (json_array_size(missing) == 0)
		return;
	html_open(s->b, "section", NULL);
	html_open(s->b, "h2", NULL);
	html_both(s->b, (struct words){"Belum terukur", "Not measured"});
	html_close(s->b, "h2");
	html_open(s->b, "ul", NULL);
	for (size_t i = 0; i < json_array_size(missing); i++) {
		const struct indicator_row x = store_indicator_find(
			s->indicators, json_string_value(json_array_get(missing, i)));
		html_open(s->b, "li", NULL);
		html_both(s->b, (struct words){x.name_id, x.name_en});
		html_close(s->b, "li");
	}
	html_close(s->b, "ul");
	html_say(s->b,
		(struct words){
			"Belum ada bukti bukan berarti nol: indikator ini tidak ikut dihitung, "
			"dan bobotnya dibagi kepada indikator yang terukur.",
			"Missing is not zero: these do not count, and their weight is shared by "
			"what was measured."},
		NULL, NULL);
	html_close(s->b, "section");
}

static dec_wide sum_of_contributions(const json_t *items)
{
	dec_wide sum = 0;
	for (size_t i = 0; i < json_array_size(items); i++)
		sum += sheet_figure(sheet_text(json_array_get(items, i), "contribution"));
	return sum;
}

static void put_arithmetic(const struct sheet *s)
{
	char sum[DEC_TEXT];
	const json_t *results = json_object_get(s->score, "results");
	const char *total = sheet_text(results, "score");
	if (!*total)
		return;
	dec_format_shown(sum_of_contributions(json_object_get(s->score, "items")), sum);
	html_open(s->b, "section", NULL);
	html_open(s->b, "h2", NULL);
	html_both(s->b, (struct words){"Cara menghitung", "How it is computed"});
	html_close(s->b, "h2");
	html_say(s->b,
		(struct words){
			"Capaian = realisasi / target × 100, atau (2 − realisasi / target) × 100 "
			"bila lebih sedikit lebih baik. Capaian dihitung paling banyak sampai "
			"batasnya. Kontribusi = capaian yang dihitung × bobot / jumlah bobot. "
			"Tiap angka dibulatkan ke dua desimal.",
			"Achievement = realised / target × 100, or (2 − realised / target) × 100 "
			"where less is better. It counts up to its cap. Contribution = what "
			"counts × weight / sum of weights. Every figure is rounded to two places."},
		NULL, NULL);
	html_say(s->b,
		(struct words){
			"Nilai %s dihitung dari semua bobot dan capaian, lalu dibulatkan sekali. "
			"Jumlah kontribusi yang masing-masing sudah dibulatkan adalah %s, jadi "
			"dapat berbeda sedikit.",
			"The score %s is computed from all weights and achievements and rounded "
			"once. The contributions, each rounded by itself, add up to %s; so the "
			"two may differ a little."},
		HTML_VALUES(total, sum), HTML_VALUES(total, sum));
	html_close(s->b, "section");
}

static void put_origin(const struct sheet *s)
{
	char plan[24], revision[24];
	const json_t *version = json_object_get(s->score, "plan"); /* null where none was agreed */
	snprintf(plan, sizeof plan, "%lld", (long long)json_integer_value(version));
	snprintf(revision, sizeof revision, "%lld",
		(long long)json_integer_value(json_object_get(s->score, "revision")));
	const char *const *values = HTML_VALUES(
		sheet_text(s->score, "ruleset"), json_is_integer(version) ? plan : "–", revision);
	html_open(s->b, "footer", NULL);
	html_say(s->b,
		(struct words){"Aturan %s, rencana (SKP) versi %s, revisi nilai %s.",
			"Rule set %s, plan version %s, revision %s."},
		values, values);
	html_close(s->b, "footer");
}

static bool show(struct visit *v, struct sheet *s)
{
	char id[WORDS_PERIOD + 20], en[WORDS_PERIOD + 20], period_id[WORDS_PERIOD],
		period_en[WORDS_PERIOD];
	words_period(s->period, period_id, period_en);
	snprintf(id, sizeof id, "Nilai kinerja %s", period_id);
	snprintf(en, sizeof en, "Score, %s", period_en);
	page_begin(s->b, (struct words){id, en}, true);
	put_person(s);
	put_periods(s);
	put_summary(s);
	for (size_t i = 0; i < json_array_size(json_object_get(s->score, "items")); i++)
		sheet_put_item(s, json_array_get(json_object_get(s->score, "items"), i));
	put_missing(s);
	put_arithmetic(s);
	put_origin(s);
	return page_send(v, 200, s->b);
}

static bool load(struct visit *v, struct sheet *s, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	int32_t today = clock_date(v->now), last = period_last_day(s->period);
	if (!store_score(v->db, s->person, s->period_name, &r, e))
		return false;
	if (db_rows(r) == 0)
		return page_problem(v, 404,
			(struct words){"Belum ada nilai untuk periode ini",
				"There is no score for this period"});
	s->score = json_loads(db_text(r, 0, 0), 0, NULL);
	return store_person(v->db, s->person, today < last ? today : last, &s->who, e) &&
	       store_indicators(v->db, &s->indicators, e) &&
	       store_units_of(v->db, s->person, &s->units, e) &&
	       store_periods(v->db, s->person, &s->periods, e) &&
	       store_service_days(v->db, s->person, s->period, today, &s->days, e);
}

bool page_score(struct visit *v, struct err *e)
{
	struct buf b;
	struct sheet s = {.b = &b, .period = v->period, .period_name = v->period_name};
	memcpy(s.person, v->person, sizeof s.person);
	digest_uuid_format(s.person, s.uuid);
	bool ok = load(v, &s, e) && visit_log_access(v, "score", e) && show(v, &s);
	json_decref(s.score);
	db_result_free(s.who);
	db_result_free(s.indicators);
	db_result_free(s.periods);
	db_result_free(s.units);
	return ok;
}
