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
	char *text; /* the score as JSON with revision 0; owned; NULL for COMPUTED_NONE */
	uint8_t content[16]; /* hash of it */
	bool has_results; /* and with them their score in hundredths, and rating */
	dec_wide results;
	enum rating rating;
	int32_t missing; /* items */
};

/* The person of the id in the period. */
bool compute_score(const struct roster *r, const struct compute_data *d, const uint8_t id[16],
	struct period period, struct computed_score *out, struct err *e);

void computed_score_done(struct computed_score *c);
/* The text with that revision; NULL without memory. The caller frees it. */
char *computed_score_text(const struct computed_score *c, int64_t revision);

/* Whether what stands is what was computed. `content` NULL: no score stands; `ever`: one did. */
bool compute_stands(const struct computed_score *c, const uint8_t *content, bool ever);
