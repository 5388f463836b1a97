/* compute: scores of people and periods from the rows that the store gave. Pure. */
#pragma once

#include "appraisal/roster.h"
#include "db/db.h"

/* All that stands behind some people's scores but the roster. Borrowed by the computing. */
struct compute_data {
	struct score_total *totals; /* by person */
	uint8_t (*owners)[16]; /* of each total */
	int n_totals;
	struct score_complete *complete; /* by unit */
	int *units; /* index of each declaration's unit in the roster */
	int n_complete;
	struct db_result *rows, *complete_rows; /* texts are borrowed from these */
};
void compute_data_done(struct compute_data *d);

/* Takes the rows over, in any case: totals as person, month, indicator, n, sum, sum_of, latest_at,
 * latest_id, latest_value, by person; declarations as unit, month, indicator, by unit. */
bool compute_take(const struct roster *r, struct db_result *totals, struct db_result *complete,
	struct compute_data *out, struct err *e) MUST_CHECK;

enum computed {
	COMPUTED_NONE, /* no service day, no rule set: there is no score */
	COMPUTED_NOTHING, /* nothing was measured: a score only where it replaces one */
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

/* The person of the id in the period. `content` is what stands, NULL: nothing; the text is for that
 * revision. */
bool compute_score(const struct roster *r, const struct compute_data *d, const uint8_t id[16],
	struct period period, const uint8_t *content, int64_t revision, struct computed_score *out,
	struct err *e) MUST_CHECK;

void computed_score_done(struct computed_score *c);

/* Whether what stands is what was computed. `content` NULL: no score stands; `ever`: one did. */
bool compute_stands(const struct computed_score *c, const uint8_t *content, bool ever);

/* The row of a person's period in rows that begin with person and period, by those; -1 when there
 * is none. */
int compute_standing_row(
	const struct db_result *rows, const uint8_t person[16], const char *period);
