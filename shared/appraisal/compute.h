/* compute: scores of people and periods from the rows that the store gave. Pure. */
#pragma once

#include "appraisal/roster.h"
#include "db/db.h"

/* Months of people whose scores want the evidence itself, as columns: who, first and last day. */
struct compute_wants {
	struct db_array person, first, last;
	int n;
};
void compute_wants_init(struct compute_wants *w);
void compute_wants_done(struct compute_wants *w);
/* Adds what the year's scores of a person want. False without memory. */
bool compute_want(struct compute_wants *w, const struct roster *r, const uint8_t id[16],
	int32_t year) MUST_CHECK;

/* What the store gave: totals as person, month, indicator, n, sum, sum_of, latest_at, latest_value,
 * by person; evidence, which may be NULL, as person, day, indicator, value,
 * of, at, source, id, by person; declarations as unit, month, indicator; citizens' answers, which
 * may be NULL, as unit, day, n, and the nine sums. */
struct compute_rows {
	struct db_result *totals, *evidence, *complete, *answers;
};
void compute_rows_done(struct compute_rows *rows);

/* All that stands behind some people's scores but the roster. Borrowed by the computing. */
struct compute_data {
	struct score_total *totals;
	struct score_evidence *evidence;
	struct score_complete *complete; /* in the order of score_complete_order */
	int n_complete;
	struct score_answers *answers; /* of units, in the order of score_answers_order */
	int n_answers;
	struct compute_rows rows; /* texts are borrowed from these */
};
void compute_data_done(struct compute_data *d);

/* Takes the rows over, in any case. */
bool compute_take(const struct roster *r, struct compute_rows rows, struct compute_data *out,
	struct err *e) MUST_CHECK;

enum computed {
	COMPUTED_NONE, /* no service day, no rule set, nothing measured: there is no score */
	COMPUTED_SCORE,
};

struct computed_score {
	enum computed state; /* for COMPUTED_NONE the rest is meaningless */
	uint8_t content[16]; /* hash of what it says, unit and service days included */
	char *text; /* as JSON; NULL when it says what stands; owned */
	const char *unit; /* code of the last service day's; the roster's */
	char *service_days; /* "{[2026-03-01,2026-03-31]}", PostgreSQL's datemultirange; owned */
	bool has_results; /* and with them their score in hundredths, and rating */
	dec_wide results;
	enum rating rating;
	int32_t missing; /* items */
};

/* A statement over a view of answers' sums, of people, years' first and last day, uuid[], date,
 * date: the answers about units in which they work or have worked. */
#define COMPUTE_ANSWERS(view_) \
	"SELECT unit, day, sum(n)::int8, sum(requirements)::int8, sum(procedure)::int8, " \
	"sum(completion_time)::int8, sum(cost)::int8, sum(product)::int8, " \
	"sum(competence)::int8, sum(behaviour)::int8, sum(facilities)::int8, " \
	"sum(complaint_handling)::int8 FROM " view_ " WHERE unit IN (SELECT unit FROM " \
	"registry.assignment_view WHERE person = ANY ($1)) AND day BETWEEN $2 AND $3 GROUP BY " \
	"unit, day"

/* The person of the id in the period. `content` is what stands, NULL: nothing; the text is for that
 * revision. */
bool compute_score(const struct roster *r, const struct compute_data *d, const uint8_t id[16],
	struct period period, const uint8_t *content, int64_t revision, struct computed_score *out,
	struct err *e) MUST_CHECK;

void computed_score_done(struct computed_score *c);

/* Whether what stands is what was computed. `content` NULL: no score stands. */
bool compute_stands(const struct computed_score *c, const uint8_t *content);

/* A statement of people, uuid[] → what compute_fault asks of a standing score: person, period,
 * revision, content, body, results, rating, missing, unit, service_days; by person, period. */
#define COMPUTE_STANDING \
	"SELECT person, period, revision, content, body, results, rating, missing, unit, " \
	"(SELECT '{' || string_agg('[' || to_char(lower(d), 'YYYY-MM-DD') || ',' || " \
	"to_char(upper(d) - 1, 'YYYY-MM-DD') || ']', ',' ORDER BY d) || '}' FROM " \
	"unnest(service_days) d) FROM scoring.score WHERE person = ANY ($1) ORDER BY person, " \
	"period"
/* What of the row (-1: there is none) is not what was computed, which was for the row's revision
 * and without regard to what stands; NULL: all of it is. */
const char *compute_fault(
	const struct db_result *standing, int row, const struct computed_score *c);

/* The row of a person's period in rows that begin with person and period, by those; -1 when there
 * is none. */
int compute_standing_row(
	const struct db_result *rows, const uint8_t person[16], const char *period);
