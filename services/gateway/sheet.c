#include "sheet.h"

#include <stdio.h>
#include <string.h>

#include "appraisal/pace.h"
#include "page.h"
#include "picture.h"

const char *sheet_text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value ? value : "";
}

dec_wide sheet_hundredths(const char *shown)
{
	dec_wide value = 0;
	return dec_parse(shown, &value) ? dec_shown(value) : 0;
}

json_t *sheet_figure(const struct sheet *s, const char *shown, bool whole)
{
	char text[DEC_TEXT];
	return json_string(language_figure(s->language, sheet_hundredths(shown), whole, text));
}

json_t *sheet_rating(const struct sheet *s, const char *code)
{
	if (!*code)
		return json_null();
	return json_pack("{s:s, s:s, s:s}", "words", page_word(s->v, "rating", code), "mark",
		page_word(s->v, "mark", code), "class", code);
}

/* --- what an item is measured against */

const char *sheet_bound(const json_t *item, bool high)
{
	const json_t *target = json_object_get(item, "target");
	const char *text =
		json_string_value(json_is_array(target) ? json_array_get(target, high) : target);
	return text ? text : "0.00";
}

static bool is_count(const struct indicator_row *x)
{
	return strcmp(x->measure, "count") == 0;
}

static bool is_less(const struct indicator_row *x)
{
	return strcmp(x->direction, "less") == 0;
}

static struct indicator_row about(const struct sheet *s, const json_t *item)
{
	return store_indicator_find(s->indicators, sheet_text(item, "indicator"));
}

/* The way from target and realised to the achievement, with its numbers put in; one of its flags is
 * true. */
static json_t *sum_of(const struct sheet *s, const json_t *item, const struct indicator_row *x)
{
	bool less = is_less(x);
	dec_wide realized = sheet_hundredths(sheet_text(item, "realized")),
		 low = sheet_hundredths(sheet_bound(item, false)),
		 high = sheet_hundredths(sheet_bound(item, true));
	bool inside = low != high && realized >= low && realized <= high;
	const char *against = sheet_bound(item, low != high && realized > high);
	bool zero = !inside && sheet_hundredths(against) == 0;
	return json_pack("{s:o, s:o, s:o, s:b, s:b, s:b, s:b, s:b}", "realized",
		sheet_figure(s, sheet_text(item, "realized"), true), "against",
		sheet_figure(s, against, true), "achievement",
		sheet_figure(s, sheet_text(item, "achievement"), false), "inside", inside, "zero",
		zero, "floor", !inside && !zero && less && realized > 2 * sheet_hundredths(against),
		"less", !inside && !zero && less && realized <= 2 * sheet_hundredths(against),
		"more", !inside && !zero && !less);
}

/* --- pace */

bool sheet_pace(const struct sheet *s, const json_t *item, struct sheet_pace *out)
{
	const struct indicator_row x = about(s, item);
	bool less = is_less(&x);
	if (!s->open || s->days.all <= 0 || (!is_count(&x) && strcmp(x.measure, "sum") != 0))
		return false;
	dec_wide target = sheet_hundredths(sheet_bound(item, less)),
		 realized = sheet_hundredths(sheet_text(item, "realized"));
	const struct pace p = pace_of(target, realized, s->days.elapsed, s->days.all, less);
	/* As it is said: about so many. Whoever is there by that is not behind. */
	dec_wide about_so = pace_said(p.expected, target, is_count(&x));
	*out = (struct sheet_pace){
		about_so, less, less ? realized > about_so : realized < about_so};
	return true;
}

static json_t *pace_values(const struct sheet *s, const json_t *item)
{
	struct sheet_pace p;
	char expected[DEC_TEXT];
	if (!sheet_pace(s, item, &p))
		return json_null();
	return json_pack("{s:s, s:b, s:b}", "expected",
		language_figure(s->language, p.expected, true, expected), "less", p.less, "behind",
		p.behind);
}

/* --- the bar: from 0 to 120 %, a line at the target */

static json_t *bar_of(const struct sheet *s, const json_t *item)
{
	struct sheet_pace p;
	char elapsed[DEC_TEXT];
	bool paced = sheet_pace(s, item, &p);
	const char *class = paced ? p.behind ? "BELOW" : "MEETS" : sheet_text(item, "rating");
	if (paced && !p.less)
		dec_format_shown(
			dec_div((dec_wide)s->days.elapsed * 100 * DEC_SHOWN, s->days.all), elapsed);
	return picture_bar(
		120, sheet_text(item, "capped"), class, "100", paced && !p.less ? elapsed : NULL);
}

/* --- the row */

dec_wide sheet_weights(const struct sheet *s)
{
	dec_wide sum = 0;
	size_t i;
	const json_t *item;
	json_array_foreach (json_object_get(s->score, "items"), i, item)
		sum += sheet_hundredths(sheet_text(item, "weight"));
	return sum;
}

static json_t *left_of(const struct sheet *s, const json_t *item)
{
	json_t *names = json_array();
	size_t i;
	const json_t *unit;
	json_array_foreach (json_object_get(item, "left"), i, unit)
		json_array_append_new(
			names, json_pack("{s:s}", "unit_name",
				       store_unit_name(s->units, json_string_value(unit))));
	return names;
}

static json_t *evidence_of(const struct sheet *s, const json_t *item)
{
	char path[PAGE_PATH];
	BUF_AUTO href;
	buf_init(&href, 2048);
	buf_adds(&href, page_of_person(s->person, "evidence", path));
	page_add_query(&href, "period", s->period_name);
	page_add_query(&href, "indicator", sheet_text(item, "indicator"));
	return json_string(href.failed ? "/" : href.data);
}

/* What the arithmetic is: figures, and the sentences' flags. */
static json_t *arithmetic_of(
	const struct sheet *s, const json_t *item, const struct indicator_row *x)
{
	char weights[DEC_TEXT];
	const char *capped = sheet_text(item, "capped");
	bool range = json_is_array(json_object_get(item, "target"));
	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:b, s:b, s:o}", "sum", sum_of(s, item, x),
		"capped", sheet_figure(s, capped, false), "weight",
		sheet_figure(s, sheet_text(item, "weight"), false), "contribution",
		sheet_figure(s, sheet_text(item, "contribution"), false), "weights",
		language_figure(s->language, sheet_weights(s), false, weights), "is_capped",
		strcmp(capped, sheet_text(item, "achievement")) != 0, "is_range", range,
		"evidence_href", evidence_of(s, item));
}

const json_t *sheet_item_of(const json_t *score, const char *indicator)
{
	size_t i;
	const json_t *item;
	json_array_foreach (json_object_get(score, "items"), i, item)
		if (strcmp(sheet_text(item, "indicator"), indicator) == 0)
			return item;
	return NULL;
}

json_t *sheet_figures(const struct sheet *s, const json_t *item)
{
	const struct indicator_row x = about(s, item);
	bool range = json_is_array(json_object_get(item, "target"));
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:b}", "name", x.name[s->language], "unit",
		x.unit[s->language], "realized",
		sheet_figure(s, sheet_text(item, "realized"), true), "target",
		sheet_figure(s, sheet_bound(item, true), true), "low",
		range ? sheet_figure(s, sheet_bound(item, false), true) : json_null(), "is_less",
		is_less(&x));
}

/* The systems that may report an indicator: "SIMPUS, Presensi"; null for none. */
static json_t *sources_of(const struct sheet *s, const char *indicator)
{
	BUF_AUTO names;
	buf_init(&names, 4096);
	for (int i = 0; i < db_rows(s->sources); i++) {
		const struct source_row x = store_source_row(s->sources, i);
		if (strcmp(x.indicator, indicator) != 0)
			continue;
		buf_adds(&names, names.len ? ", " : "");
		buf_adds(&names, x.name);
	}
	return names.len && !names.failed ? json_string(names.data) : json_null();
}

/* What it unfolds to besides the arithmetic. */
static json_t *unfolded(const struct sheet *s, const json_t *item, const struct indicator_row *x)
{
	bool differ;
	json_t *months = sheet_months(s, item, &differ);
	return json_pack("{s:s, s:s, s:I, s:b, s:o, s:s, s:b, s:o, s:b, s:o}", "kind",
		page_word(s->v, "kind", sheet_text(item, "kind")), "aspect",
		page_word(s->v, "aspect", sheet_text(item, "aspect")), "events",
		json_integer_value(json_object_get(item, "events")), "brief",
		json_is_true(json_object_get(item, "brief")), "left", left_of(s, item), "measure",
		page_word(s->v, "measure", x->measure), "has_months", json_array_size(months) > 0,
		"months", months, "differ", differ, "sources",
		sources_of(s, sheet_text(item, "indicator")));
}

json_t *sheet_item(const struct sheet *s, const json_t *item)
{
	const struct indicator_row x = about(s, item);
	json_t *out = sheet_figures(s, item);
	json_auto_t *sums = arithmetic_of(s, item, &x), *more = unfolded(s, item, &x),
		    *row = json_pack("{s:o, s:o, s:o}", "rating",
			    sheet_rating(s, sheet_text(item, "rating")), "pace",
			    pace_values(s, item), "bar", bar_of(s, item));
	if (json_object_update(out, sums) == 0 && json_object_update(out, more) == 0 &&
		json_object_update(out, row) == 0)
		return out;
	json_decref(out);
	return NULL;
}
