/* sheet_summary: a period's verdict, or its pace while it runs, and what comes next. */
#include <string.h>

#include "page.h"
#include "sheet.h"

/* While the period runs: how many indicators that add up are where they should be by now. */
static json_t *paces(const struct sheet *s)
{
	int on = 0, behind = 0;
	size_t i;
	const json_t *item;
	json_array_foreach (json_object_get(s->score, "items"), i, item) {
		struct sheet_pace p;
		if (sheet_pace(s, item, &p))
			*(p.behind ? &behind : &on) += 1;
	}
	return json_pack("{s:b, s:b, s:i, s:i, s:i}", "any", on + behind > 0, "late", behind > 0,
		"on", on, "behind_n", behind, "paced_n", on + behind);
}

static json_t *count_of(const json_t *results, const char *key)
{
	return json_integer(json_integer_value(json_object_get(results, key)));
}

static json_t *verdict(const struct sheet *s)
{
	const json_t *results = json_object_get(s->score, "results");
	if (!json_is_object(results))
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "rating",
		sheet_rating(s, sheet_text(results, "rating")), "score",
		sheet_figure(s, sheet_text(results, "score"), false), "above",
		count_of(results, "above"), "meets", count_of(results, "meets"), "below",
		count_of(results, "below"));
}

/* The grade is people's: before somebody signs one, the page says that there is none. */
static json_t *grades(const struct sheet *s)
{
	const char *grade = sheet_text(s->score, "grade"),
		   *proposed = sheet_text(s->score, "proposed");
	const json_t *behaviour = json_object_get(s->score, "behaviour");
	return json_pack("{s:s?, s:s?, s:o}", "signed",
		*grade ? page_word(s->v, "grade", grade) : NULL, "proposed",
		*proposed ? page_word(s->v, "grade", proposed) : NULL, "behaviour",
		sheet_rating(s, sheet_text(behaviour, "rating")));
}

static json_t *days_of(const struct sheet *s)
{
	return json_pack("{s:I, s:I}", "elapsed", (json_int_t)s->days.elapsed, "all",
		(json_int_t)s->days.all);
}

json_t *sheet_summary(const struct sheet *s)
{
	char period[LANGUAGE_TEXT];
	json_t *steps = sheet_steps(s);
	return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:b, s:o}", "period",
		language_period(s->language, s->period, period), "open", s->open, "days",
		days_of(s), "verdict", verdict(s), "paces", paces(s), "grade", grades(s),
		"has_steps", json_array_size(steps) > 0, "steps", steps);
}
