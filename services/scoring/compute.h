/* compute: scores of people and periods from what the store holds. The loading is the only I/O; judging is pure. */
#pragma once

#include "db.h"
#include "roster.h"

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

/* Reads totals and declarations of people (an array of uuids) in the years' months; from raw evidence when `raw`, which
 * operators may and services may not. */
bool compute_load(struct db *db, const struct roster *r, struct db_array *people, int32_t first_year,
	int32_t last_year, bool raw, struct compute_data *out, struct err *e);

enum computed {
	COMPUTED_NONE, /* no service day, no rule set: there is no score */
	COMPUTED_NOTHING, /* nothing was measured: a score only where it replaces one */
	COMPUTED_SCORE,
};

struct computed_score {
	enum computed state; /* for COMPUTED_NONE the rest is meaningless */
	uint8_t content[16]; /* hash of what it says */
	char *text; /* as JSON; NULL when it says what stands; owned */
	bool has_results; /* and with them their score in hundredths, and rating */
	dec_wide results;
	enum rating rating;
	int32_t missing; /* items */
};

/* The person of the id in the period. `content` is what stands, NULL: nothing; the text is for that revision. */
bool compute_score(const struct roster *r, const struct compute_data *d, const uint8_t id[16],
	struct period period, const uint8_t *content, int64_t revision, struct computed_score *out,
	struct err *e);

void computed_score_done(struct computed_score *c);

/* Whether what stands is what was computed. `content` NULL: no score stands; `ever`: one did. */
bool compute_stands(const struct computed_score *c, const uint8_t *content, bool ever);
