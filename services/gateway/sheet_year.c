/* sheet_year: a year at one glance: its periods with their ratings, and the line of its months. */
#include <stdio.h>
#include <string.h>

#include "page.h"
#include "picture.h"
#include "sheet.h"

static bool find(const struct sheet *s, struct period p, struct period_row *out)
{
	char name[PERIOD_TEXT];
	period_format(p, name);
	for (int i = 0; i < db_rows(s->periods); i++) {
		*out = store_period_row(s->periods, i);
		if (strcmp(out->period, name) == 0)
			return true;
	}
	return false;
}

static json_t *score_href(const struct sheet *s, struct period p)
{
	char name[PERIOD_TEXT], rest[PERIOD_TEXT + 8], path[PAGE_PATH];
	snprintf(rest, sizeof rest, "scores/%s", period_format(p, name));
	return json_string(page_of_person(s->person, rest, path));
}

/* One of the year's periods: its rating is not said before it has ended. */
static json_t *cell(const struct sheet *s, struct period p, const char *label)
{
	struct period_row row;
	char whole[LANGUAGE_TEXT], score[DEC_TEXT];
	bool there = find(s, p, &row), runs = period_last_day(p) >= s->today,
	     rated = there && row.has_results;
	return json_pack("{s:s, s:s, s:o, s:b, s:b, s:o, s:s?}", "label", label, "period_name",
		language_period(s->language, p, whole), "href",
		there ? score_href(s, p) : json_null(), "here",
		p.first_month == s->period.first_month && p.kind == s->period.kind, "runs",
		there && runs, "rated", rated && !runs ? sheet_rating(s, row.rating) : json_null(),
		"figure", rated ? language_figure(s->language, row.results, false, score) : NULL);
}

/* The line of the months that have ended; empty where there are no two of them. */
static json_t *line(const struct sheet *s)
{
	json_t *dots = json_array();
	int32_t first = period_year(s->period) * 12;
	for (int m = 0; m < 12; m++) {
		struct period_row row;
		struct period p = period_of(PERIOD_MONTH, first + m);
		if (find(s, p, &row) && row.has_results && period_last_day(p) < s->today)
			json_array_append_new(dots, picture_dot(m, row.results));
	}
	if (json_array_size(dots) > 1)
		return dots;
	json_array_clear(dots);
	return dots;
}

/* Other years with a score, the latest first. */
static json_t *other_years(const struct sheet *s)
{
	json_t *years = json_array();
	int last = period_year(s->period);
	for (int i = 0; i < db_rows(s->periods); i++) {
		struct period p;
		if (!period_parse(store_period_row(s->periods, i).period, &p) ||
			period_year(p) == last || period_year(p) == period_year(s->period))
			continue;
		last = period_year(p);
		json_array_append_new(
			years, json_pack("{s:i, s:o}", "other_year", last, "href",
				       score_href(s, period_of(PERIOD_YEAR, last * 12))));
	}
	return years;
}

json_t *sheet_year(const struct sheet *s)
{
	int32_t first = period_year(s->period) * 12;
	json_t *months = json_array(), *longer = json_array();
	for (int m = 0; m < 12; m++) {
		char label[4];
		snprintf(label, sizeof label, "%.3s", language_month(s->language, m));
		json_array_append_new(months, cell(s, period_of(PERIOD_MONTH, first + m), label));
	}
	for (int q = 0; q < 4; q++) {
		char label[24];
		snprintf(
			label, sizeof label, "%.10s %d", page_word(s->v, "year", "quarter"), q + 1);
		json_array_append_new(
			longer, cell(s, period_of(PERIOD_QUARTER, first + 3 * q), label));
	}
	json_array_append_new(
		longer, cell(s, period_of(PERIOD_YEAR, first), page_word(s->v, "year", "whole")));
	json_t *dots = line(s);
	return json_pack("{s:i, s:o, s:o, s:b, s:o, s:o}", "number", period_year(s->period),
		"months", months, "longer", longer, "has_line", json_array_size(dots) > 0, "line",
		dots, "years", other_years(s));
}
