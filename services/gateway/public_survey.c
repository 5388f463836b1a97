#include "public_survey.h"

#include <string.h>

#include "appraisal/roster.h"
#include "base/clock.h"

struct period public_last_full(int64_t now, enum period_kind kind)
{
	int32_t month = clock_month(clock_date(now)), months = kind == PERIOD_QUARTER ? 3 : 1;
	return period_of(kind, month - month % months - months);
}

/* The rule set in force on the period's last day says how many a group has. */
static bool load_least(
	struct public_survey *s, struct visit *v, struct period period, struct err *e)
{
	struct snapshot_hold held = {0};
	if (!snapshot_refresh(v->gateway->registry, &held, NULL, e))
		return false;
	const struct roster_ruleset *rules = roster_ruleset(held.value, period_last_day(period));
	s->least = rules ? rules->rules.minimum_group : INT64_MAX;
	snapshot_release(v->gateway->registry, &held);
	return true;
}

bool public_survey_load(struct public_survey *s, struct visit *v, struct period period,
	const char *agency, struct err *e)
{
	*s = (struct public_survey){0};
	return load_least(s, v, period, e) && store_answers(v->db, period_first_day(period),
						      period_last_day(period), agency, &s->rows, e);
}

void public_survey_done(struct public_survey *s)
{
	db_result_free(s->rows);
	s->rows = NULL;
}

static json_t *figure(dec_wide hundredths)
{
	char text[DEC_TEXT];
	return json_string(dec_format_shown(hundredths, text));
}

static json_t *grade_of(dec_wide index)
{
	const char grade[] = {survey_grade(index), '\0'};
	return json_string(grade);
}

/* Too few to be shown, but not none. */
static bool is_small(const struct public_survey *s, int64_t n)
{
	return n > 0 && n < s->least;
}

static struct survey_sums sum_of(const struct public_survey *s, const char *agency)
{
	struct survey_sums all = {0};
	for (int i = 0; i < db_rows(s->rows); i++) {
		const struct answers_row x = store_answers_row(s->rows, i);
		if (!agency || strcmp(x.agency, agency) == 0)
			survey_sums_add(&all, &x.sums);
	}
	return all;
}

json_t *public_agency_row(const struct public_survey *s, const char *code, const char *name)
{
	const struct survey_sums all = sum_of(s, code);
	bool shown = all.n > 0 && !is_small(s, all.n);
	return json_pack("{s:s, s:s, s:I, s:o, s:o}", "code", code, "name", name, "n",
		(json_int_t)all.n, "index", shown ? figure(survey_index(&all)) : json_null(),
		"grade", shown ? grade_of(survey_index(&all)) : json_null());
}

static json_t *interval_of(const struct survey_sums *x)
{
	dec_wide low, high;
	return survey_interval(x, &low, &high) ? json_pack("[o, o]", figure(low), figure(high))
					       : json_null();
}

static json_t *elements_of(const struct survey_sums *x)
{
	json_t *list = json_array();
	for (int i = 0; i < SURVEY_ELEMENTS; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:o, s:o}", "element", survey_element_names[i], "mean",
				figure(survey_element_mean(x, (enum survey_element)i)), "index",
				figure(survey_element_index(x, (enum survey_element)i))));
	return list;
}

/* The figures of a group; all but n is null where it is suppressed, or nobody answered. */
static json_t *group_json(const struct survey_sums *x, bool suppressed)
{
	bool shown = x->n > 0 && !suppressed;
	return json_pack("{s:I, s:o, s:o, s:o, s:b}", "n", (json_int_t)x->n, "index",
		shown ? figure(survey_index(x)) : json_null(), "grade",
		shown ? grade_of(survey_index(x)) : json_null(), "interval",
		shown ? interval_of(x) : json_null(), "suppressed", suppressed);
}

json_t *public_survey_json(const struct public_survey *s)
{
	const struct survey_sums all = sum_of(s, NULL);
	json_t *said = group_json(&all, is_small(s, all.n));
	bool shown = all.n > 0 && !is_small(s, all.n);
	json_object_set_new(said, "elements", shown ? elements_of(&all) : json_null());
	return said;
}

/* Where a single part would be hidden, it would be what is left of the whole: the smallest of the
 * others is hidden, too. What names no unit is a part as well. -1: none. */
static int hidden_besides(const struct public_survey *s)
{
	int hidden = 0, smallest = -1;
	int64_t least = INT64_MAX;
	for (int i = 0; i < db_rows(s->rows); i++) {
		const struct answers_row x = store_answers_row(s->rows, i);
		hidden += is_small(s, x.sums.n);
		if (is_small(s, x.sums.n) || !*x.unit || x.sums.n >= least)
			continue;
		least = x.sums.n;
		smallest = i;
	}
	return hidden == 1 ? smallest : -1;
}

static json_t *unit_json(
	const struct public_survey *s, const char *code, const char *name, int besides)
{
	struct survey_sums sums = {0};
	bool hidden = false;
	for (int i = 0; i < db_rows(s->rows); i++) {
		const struct answers_row x = store_answers_row(s->rows, i);
		if (strcmp(x.unit, code) != 0)
			continue;
		sums = x.sums;
		hidden = i == besides || is_small(s, sums.n);
	}
	return json_pack(
		"{s:s, s:s, s:o}", "code", code, "name", name, "survey", group_json(&sums, hidden));
}

json_t *public_units_json(const struct public_survey *s, const struct db_result *names)
{
	json_t *units = json_array();
	int besides = hidden_besides(s);
	for (int i = 0; i < db_rows(names) && !db_is_null(names, i, 0); i++)
		json_array_append_new(
			units, unit_json(s, db_text(names, i, 0), db_text(names, i, 1), besides));
	return units;
}
