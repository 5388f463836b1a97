/* store: all of scoring's SQL. Errors as in db.h. */
#pragma once

#include "compute.h"
#include "db.h"
#include "roster.h"

extern const struct db_statement scoring_statements[];
extern const size_t scoring_statements_n;

bool scoring_registry_version(struct db *db, int64_t *out, struct err *e);
/* Reads the roster whole; the caller frees it. */
struct roster *scoring_roster_load(struct db *db, struct err *e);

/* person, month, indicator, n, sum, sum_of, latest_at, latest_id, latest_value; by person */
bool scoring_totals(struct db *db, struct db_array *people, int32_t first_month, int32_t last_month, bool raw,
	struct db_result **out, struct err *e);
/* unit, month, indicator of the people's units; by unit */
bool scoring_complete(struct db *db, struct db_array *people, int32_t first_month, int32_t last_month,
	struct db_result **out, struct err *e);
/* The people who were in a unit at some time in the year. */
bool scoring_people_of_unit(
	struct db *db, const char *unit, int32_t year, struct db_result **out, struct err *e);

/* Makes people's rows where they are missing. `people` is sorted. */
bool scoring_ensure(struct db *db, struct db_array *people, struct err *e);
/* Locks people's rows, in order. */
bool scoring_lock(struct db *db, struct db_array *people, struct err *e);
/* What stands: person, period, revision, content; by person, period. */
bool scoring_standing(struct db *db, struct db_array *people, struct db_result **out, struct err *e);
/* The row of a person's period in rows that begin with person and period, by those; -1 when there is none. */
int scoring_standing_row(const struct db_result *rows, const uint8_t person[16], const char *period);

/* Scores that changed, as columns. */
struct score_changes {
	struct db_array person, period, revision, content, body, results, rating, missing;
};
void score_changes_init(struct score_changes *c);
void score_changes_done(struct score_changes *c);
/* COMPUTED_NONE: the score vanishes. */
bool score_changes_add(struct score_changes *c, const uint8_t person[16], const char *period,
	int64_t revision, const struct computed_score *score);
bool scoring_write(struct db *db, struct score_changes *c, int64_t now, struct err *e);

/* Of these people: person, period, body of what is still to be published. */
bool scoring_unpublished(struct db *db, struct db_array *people, struct db_result **out, struct err *e);
bool scoring_published(struct db *db, struct db_array *people, struct err *e);

/* For verification: a page of people after `after`, and the years in which a person has evidence or scores. */
bool scoring_people_page(struct db *db, const uint8_t after[16], struct db_result **out, struct err *e);
bool scoring_years(struct db *db, struct db_result **out, struct err *e); /* in order */
