/* store: all of scoring's SQL. Errors as in db.h. */
#pragma once

#include "appraisal/compute.h"
#include "appraisal/roster.h"
#include "db/db.h"

extern const struct db_statement scoring_statements[];
extern const size_t scoring_statements_n;
/* Numbers of statements, for the skeleton: see struct service. */
extern const int scoring_reading, scoring_under_way;

/* Rows as compute_rows has them. */
bool scoring_totals(struct db *db, struct db_array *people, int32_t first_month, int32_t last_month,
	struct db_result **out, struct err *e) MUST_CHECK;
/* What counts in the wanted months, event by event. */
bool scoring_evidence(
	struct db *db, struct compute_wants *w, struct db_result **out, struct err *e) MUST_CHECK;
/* Of all the people's units. */
bool scoring_complete(struct db *db, struct db_array *people, int32_t first_month,
	int32_t last_month, struct db_result **out, struct err *e) MUST_CHECK;
/* Citizens' answers about the people's units. */
bool scoring_answers(struct db *db, struct db_array *people, int32_t first_day, int32_t last_day,
	struct db_result **out, struct err *e) MUST_CHECK;
/* The people who were in a unit at some time in the year. */
bool scoring_people_of_unit(struct db *db, const char *unit, int32_t year, struct db_result **out,
	struct err *e) MUST_CHECK;

/* Makes people's rows where they are missing. `people` is sorted. */
bool scoring_ensure(struct db *db, struct db_array *people, struct err *e) MUST_CHECK;
/* Locks people's rows, in order. */
bool scoring_lock(struct db *db, struct db_array *people, struct err *e) MUST_CHECK;
/* What stands: person, period, revision, content; by person, period. `whole`: and the rest that
 * compute_fault looks at. */
bool scoring_standing(struct db *db, struct db_array *people, bool whole, struct db_result **out,
	struct err *e) MUST_CHECK;

/* Scores that changed, as columns. */
struct score_changes {
	struct db_array person, period, revision, content, body, results, rating, missing, unit,
		service_days;
};
void score_changes_init(struct score_changes *c);
void score_changes_done(struct score_changes *c);
/* COMPUTED_NONE: the score vanishes. */
bool score_changes_add(struct score_changes *c, const uint8_t person[16], const char *period,
	int64_t revision, const struct computed_score *score);
bool scoring_write(struct db *db, struct score_changes *c, int64_t now, struct err *e) MUST_CHECK;

/* Of these people: person, period, body of what is still to be published. */
bool scoring_unpublished(
	struct db *db, struct db_array *people, struct db_result **out, struct err *e) MUST_CHECK;
bool scoring_published(struct db *db, struct db_array *people, struct err *e) MUST_CHECK;
