/* sheet_load: what a score's page is made of, read once. */
#include <string.h>

#include "authority.h"
#include "base/clock.h"
#include "page.h"
#include "sheet.h"

static bool load_score(struct sheet *s, bool *found, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!store_score(s->v->db, s->person, s->period_name, &r, e))
		return false;
	s->score = db_rows(r) ? json_loads(db_text(r, 0, 0), 0, NULL) : NULL;
	*found = s->score != NULL;
	return true;
}

static bool load_rules(struct sheet *s, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!store_ruleset(s->v->db, sheet_text(s->score, "ruleset"), &r, e))
		return false;
	s->rules = db_rows(r) ? json_loads(db_text(r, 0, 0), 0, NULL) : NULL;
	return true;
}

/* The months of the period, or of its year. */
static bool load_months(struct sheet *s, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	int32_t first = s->period.first_month, n = s->period.months;
	if (s->period.kind == PERIOD_MONTH) {
		first = period_year(s->period) * 12;
		n = 12;
	}
	if (!store_months(s->v->db, s->person, first, first + n - 1, &r, e))
		return false;
	s->months = json_array();
	for (int i = 0; i < db_rows(r); i++) {
		const struct month_row x = store_month_row(r, i);
		json_array_append_new(s->months, json_pack("{s:i, s:o?}", "number", x.month,
							 "score", json_loads(x.score, 0, NULL)));
	}
	return true;
}

static bool load_rest(struct sheet *s, struct err *e)
{
	struct db *db = s->v->db;
	int32_t last = period_last_day(s->period);
	bool own = authority_sees_originals(s->v);
	return store_person(db, s->person, s->today < last ? s->today : last, &s->who, e) &&
	       store_indicators(db, &s->indicators, e) &&
	       store_units_of(db, s->person, &s->units, e) &&
	       store_periods(db, s->person, &s->periods, e) && load_rules(s, e) &&
	       store_sources(db, &s->sources, e) && load_months(s, e) &&
	       (!own || store_looks(db, s->person, &s->looks, e)) &&
	       store_service_days(db, s->person, s->period, s->today, &s->days, e);
}

bool sheet_load(struct sheet *s, struct visit *v, const uint8_t person[16], struct period p,
	bool *found, struct err *e)
{
	*s = (struct sheet){.v = v,
		.language = page_language(v),
		.person = person,
		.period = p,
		.today = clock_date(v->now)};
	period_format(p, s->period_name);
	*found = false;
	if (!load_score(s, found, e) || (*found && !load_rest(s, e)))
		return false;
	s->open = s->days.elapsed < s->days.all;
	return true;
}

void sheet_done(struct sheet *s)
{
	json_decref(s->score);
	json_decref(s->rules);
	json_decref(s->months);
	db_result_free(s->who);
	db_result_free(s->indicators);
	db_result_free(s->periods);
	db_result_free(s->units);
	db_result_free(s->sources);
	db_result_free(s->looks);
}
