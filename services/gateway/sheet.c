#include "sheet.h"

#include <stdio.h>
#include <string.h>

#include "appraisal/pace.h"
#include "base/array.h"
#include "words.h"

const char *sheet_text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value ? value : "";
}

dec_wide sheet_figure(const char *shown)
{
	dec_wide value = 0;
	return dec_parse(shown, &value) ? dec_shown(value) : 0;
}

/* One of a target's bounds: the only one, or the first or last of a range. */
static const char *target_bound(const json_t *item, bool high)
{
	const json_t *target = json_object_get(item, "target");
	const char *bound =
		json_string_value(json_is_array(target) ? json_array_get(target, high) : target);
	return bound ? bound : "0.00";
}

static void put_figure(struct buf *b, struct words name, const char *value, const char *unit)
{
	html_open(b, "div", NULL);
	html_open(b, "dt", NULL);
	html_both(b, name);
	html_close(b, "dt");
	html_open(b, "dd", NULL);
	html_text(b, value);
	if (*unit) {
		html_text(b, " ");
		html_text(b, unit);
	}
	html_close(b, "dd");
	html_close(b, "div");
}

static void put_figures(struct buf *b, const json_t *item, const char *unit)
{
	char range[2 * DEC_TEXT];
	const char *low = target_bound(item, false), *high = target_bound(item, true);
	snprintf(range, sizeof range,
		json_is_array(json_object_get(item, "target")) ? "%s – %s" : "%s", low, high);
	html_open(b, "dl", "class", "figures", NULL);
	put_figure(b, (struct words){"Target", "Target"}, range, unit);
	put_figure(b, (struct words){"Realisasi", "Realised"}, sheet_text(item, "realized"), unit);
	put_figure(
		b, (struct words){"Capaian", "Achievement"}, sheet_text(item, "achievement"), "%");
	put_figure(b, (struct words){"Capaian yang dihitung", "Achievement that counts"},
		sheet_text(item, "capped"), "%");
	put_figure(b, (struct words){"Bobot", "Weight"}, sheet_text(item, "weight"), "%");
	put_figure(b, (struct words){"Kontribusi", "Contribution"},
		sheet_text(item, "contribution"), "");
	html_close(b, "dl");
}

static void put_line(struct buf *b, const char *class, const char *x)
{
	html_open(b, "line", "class", class, "x1", x, "x2", x, "y1", "0", "y2", "10", NULL);
	html_close(b, "line");
}

/* From 0 to 120 %: what is reached, a line at the target, and one where the pace would be. */
static void put_bar(struct buf *b, const json_t *item, const char *pace_percent)
{
	static const struct {
		const char *rating, *class;
	} fills[] = {{"ABOVE", "above"}, {"MEETS", "meets"}, {"BELOW", "below"}};
	const char *class = "below", *percent = sheet_text(item, "capped");
	char label[DEC_TEXT + 8];
	for (size_t i = 0; i < COUNT(fills); i++)
		if (strcmp(fills[i].rating, sheet_text(item, "rating")) == 0)
			class = fills[i].class;
	snprintf(label, sizeof label, "%.40s %%", sheet_text(item, "achievement"));
	html_open(b, "svg", "class", "bar", "viewBox", "0 0 120 10", "preserveAspectRatio", "none",
		"role", "img", "aria-label", label, NULL);
	html_open(b, "rect", "class", "track", "width", "120", "height", "10", NULL);
	html_close(b, "rect");
	html_open(b, "rect", "class", class, "width", percent, "height", "10", NULL);
	html_close(b, "rect");
	put_line(b, "goal", "100");
	if (pace_percent)
		put_line(b, "pace", pace_percent);
	html_close(b, "svg");
}

static bool has_pace(const struct sheet *s, const struct indicator_row *x)
{
	return s->days.all > 0 && s->days.elapsed < s->days.all &&
	       (strcmp(x->measure, "count") == 0 || strcmp(x->measure, "sum") == 0);
}

static struct pace item_pace(
	const struct sheet *s, const struct indicator_row *x, const json_t *item)
{
	bool less = strcmp(x->direction, "less") == 0;
	return pace_of(sheet_figure(target_bound(item, less)),
		sheet_figure(sheet_text(item, "realized")), s->days.elapsed, s->days.all, less);
}

/* Where on the bar the pace is. */
static const char *elapsed_percent(const struct sheet *s, char out[DEC_TEXT])
{
	return dec_format_shown(
		dec_div((dec_wide)s->days.elapsed * 100 * DEC_SHOWN, s->days.all), out);
}

static void put_pace(const struct sheet *s, const struct pace *p)
{
	char expected[DEC_TEXT], gap[DEC_TEXT], elapsed[24], all[24];
	static const struct words behind = {
		"Laju: %s dari %s hari dinas sudah lewat, seharusnya %s; selisih %s, tertinggal.",
		"Pace: %s of %s service days have passed, %s would be on course; off by %s, "
		"behind."};
	static const struct words on_course = {
		"Laju: %s dari %s hari dinas sudah lewat, seharusnya %s; selisih %s, sesuai laju.",
		"Pace: %s of %s service days have passed, %s would be on course; off by %s, on "
		"course."};
	snprintf(elapsed, sizeof elapsed, "%lld", (long long)s->days.elapsed);
	snprintf(all, sizeof all, "%lld", (long long)s->days.all);
	html_open(s->b, "div", "class", p->behind ? "note behind" : "note", NULL);
	const char *const *values = HTML_VALUES(elapsed, all,
		dec_format_shown(p->expected, expected), dec_format_shown(p->gap, gap));
	html_say(s->b, p->behind ? behind : on_course, values, values);
	html_close(s->b, "div");
}

static const json_t *hint_of(const json_t *score, const char *code)
{
	size_t i;
	const json_t *hint;
	json_array_foreach (json_object_get(score, "hints"), i, hint)
		if (strcmp(sheet_text(hint, "indicator"), code) == 0)
			return hint;
	return NULL;
}

static void put_hint(struct buf *b, const json_t *hint, const char *unit)
{
	struct words to = words_rating(sheet_text(hint, "to"));
	const char *need = sheet_text(hint, "need");
	const char *sign = *need == '-' ? "" : "+";
	html_open(b, "div", "class", "note", NULL);
	html_say(b,
		(struct words){"Realisasi %s%s %s mengubahnya menjadi: %s.",
			"%s%s %s realised would make it: %s."},
		HTML_VALUES(sign, need, unit, to.id), HTML_VALUES(sign, need, unit, to.en));
	html_close(b, "div");
}

static void put_note(struct buf *b, struct words w, const char *const *values)
{
	html_open(b, "div", "class", "note", NULL);
	html_say(b, w, values, values);
	html_close(b, "div");
}

/* What most items have nothing to say of. */
static void put_remarks(const struct sheet *s, const json_t *item)
{
	size_t i;
	const json_t *unit;
	if (json_is_true(json_object_get(item, "brief")))
		put_note(s->b,
			(struct words){"Hanya sebentar menjadi tugas: ikut dalam nilai, tetapi "
				       "tidak ikut menentukan hasil kerja di atas atau di bawah "
				       "ekspektasi.",
				"Held only briefly: it counts in the score, but has no part in "
				"whether results are above or below expectations."},
			NULL);
	json_array_foreach (json_object_get(item, "left"), i, unit)
		put_note(s->b,
			(struct words){"Belum ada bukti dari %n: hari-hari di sana tidak ikut "
				       "dalam target, realisasi, dan bobot.",
				"No evidence from %n: the days there are in neither target, "
				"realised nor weight."},
			HTML_VALUES(store_unit_name(s->units, json_string_value(unit))));
}

static void put_evidence_link(const struct sheet *s, const json_t *item)
{
	char label[80];
	BUF_AUTO href;
	buf_init(&href, 1024);
	buf_addf(&href, "/people/%s/evidence?period=%s&indicator=", s->uuid, s->period_name);
	html_url_encode(&href, sheet_text(item, "indicator"));
	snprintf(label, sizeof label, "%lld bukti / pieces of evidence",
		(long long)json_integer_value(json_object_get(item, "events")));
	html_open(s->b, "p", NULL);
	html_link(s->b, href.data, label);
	html_close(s->b, "p");
}

static void put_tags(struct buf *b, const json_t *item)
{
	const struct words tags[] = {words_rating(sheet_text(item, "rating")),
		words_kind(sheet_text(item, "kind")), words_aspect(sheet_text(item, "aspect"))};
	html_open(b, "p", "class", "tags", NULL);
	for (size_t i = 0; i < COUNT(tags); i++) {
		html_open(b, "span", "class", "tag", NULL);
		html_both(b, tags[i]);
		html_close(b, "span");
	}
	html_close(b, "p");
}

void sheet_put_item(const struct sheet *s, const json_t *item)
{
	const struct indicator_row x =
		store_indicator_find(s->indicators, sheet_text(item, "indicator"));
	const json_t *hint = hint_of(s->score, x.code);
	bool paced = has_pace(s, &x);
	struct pace pace = paced ? item_pace(s, &x, item) : (struct pace){0};
	char percent[DEC_TEXT];
	html_open(s->b, "section", "class", "item", NULL);
	html_open(s->b, "h2", NULL);
	html_both(s->b, (struct words){x.name_id, x.name_en});
	html_close(s->b, "h2");
	put_tags(s->b, item);
	put_bar(s->b, item, paced && !pace.less ? elapsed_percent(s, percent) : NULL);
	put_figures(s->b, item, x.unit);
	if (paced)
		put_pace(s, &pace);
	if (hint)
		put_hint(s->b, hint, x.unit);
	put_remarks(s, item);
	put_evidence_link(s, item);
	html_close(s->b, "section");
}
