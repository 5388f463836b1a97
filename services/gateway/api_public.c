/* api_public: an agency's figures for everybody. */
#include "api.h"
#include "base/clock.h"
#include "kept.h"
#include "public_survey.h"

static json_t *agency_json(struct visit *v, const struct public_survey *s, struct period period,
	const struct db_result *units)
{
	char text[PERIOD_TEXT];
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "code", v->agency, "name",
		db_text(units, 0, 2), "period", period_format(period, text), "survey",
		public_survey_json(s), "units", public_units_json(s, units));
}

static json_t *make_agency(struct visit *v, struct err *e)
{
	struct period period = v->period_name ? v->period : public_last_full(v->now, PERIOD_MONTH);
	struct public_survey s = {0};
	DB_RESULT_AUTO *units = NULL;
	json_t *said = NULL;
	if (!store_agency_units(v->db, v->agency, &units, e))
		return NULL;
	if (db_rows(units) == 0)
		visit_refuse(v, REFUSED_AGENCY);
	else if (public_survey_load(&s, v, period, v->agency, e))
		said = agency_json(v, &s, period, units);
	public_survey_done(&s);
	return said;
}

bool api_get_public_agency(struct visit *v, struct err *e)
{
	return kept_answer(v, make_agency, e);
}
