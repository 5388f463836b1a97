/* public_survey: what citizens answered, as it is shown to everybody: figures of groups that are
 * large enough, and none that could be had by subtraction. */
#pragma once

#include "visit.h"

/* The last month or quarter that is over. */
struct period public_last_full(int64_t now, enum period_kind kind);

struct public_survey {
	struct db_result *rows; /* of struct answers_row */
	int64_t least; /* answers of a group */
};
/* `agency` NULL: of all. */
bool public_survey_load(struct public_survey *s, struct visit *v, struct period period,
	const char *agency, struct err *e) MUST_CHECK;
void public_survey_done(struct public_survey *s);

/* {"code", "name", "n", "index", "grade"} */
json_t *public_agency_row(const struct public_survey *s, const char *code, const char *name);
/* Of one agency's: all of it, and unit by unit, which `names` tells: rows of code and name. */
json_t *public_survey_json(const struct public_survey *s);
json_t *public_units_json(const struct public_survey *s, const struct db_result *names);
