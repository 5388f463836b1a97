/* score: from totals to an explained score. Pure: values in, values out; no I/O, no clock, no
 * globals, exact integers throughout. The rules are domain.md's, "Achievement of one indicator",
 * and the design's, "Arithmetic": every figure is rounded half-up to hundredths, and the next step
 * starts from the rounded one.
 *
 * Units: values, targets and sums of events in units of 0.0001 (DEC_VALUE); every figure of a
 * score, weights and the rule set's percentages in hundredths (DEC_SHOWN). Days and months as in
 * clock.h.
 *
 * Everything in the input is borrowed, and a struct score borrows from it: the input outlives the
 * score. Thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/dec.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/period.h"

enum measure { MEASURE_COUNT, MEASURE_SUM, MEASURE_MEAN, MEASURE_RATIO, MEASURE_LATEST, MEASURES };
enum direction { DIRECTION_MORE, DIRECTION_LESS, DIRECTIONS };
enum result_kind { RESULT_MAIN, RESULT_ADDITIONAL, RESULT_KINDS };
enum rating { RATING_BELOW, RATING_MEETS, RATING_ABOVE, RATINGS };

/* From the registry's words ("count", "less", "MAIN"); false when there is no such word. */
bool score_measure_parse(const char *text, enum measure *out);
bool score_direction_parse(const char *text, enum direction *out);
bool score_kind_parse(const char *text, enum result_kind *out);
const char *score_kind_name(enum result_kind kind);
const char *score_rating_name(enum rating rating); /* "BELOW" */

/* First and last day, both included; `until` is INT32_MAX while it is open. */
struct score_assignment {
	int32_t from, until;
	int32_t unit, position; /* the caller's own numbers, not looked at */
};

struct score_absence {
	int32_t from, until;
};

enum { SCORE_PERIOD_DAYS = 366 }; /* the most that a period has */

/* A person's service days in a period: days of employment without absence. */
struct score_service {
	bool on[SCORE_PERIOD_DAYS]; /* whether each day of the period is one, from its first */
	int32_t days[12]; /* for each month of the period, from its first; a month with 0 does not
			     count */
	int32_t total; /* 0: there is no score in this period */
	int32_t last_day; /* the last service day; meaningless when total is 0 */
	int32_t assignment; /* index of the assignment on it, which decides unit and items; -1 when
			       total is 0 */
};

/* Assignments do not overlap; absences may, also beyond the period. */
struct score_service score_service(struct period period, const struct score_assignment *assignments,
	size_t n_assignments, const struct score_absence *absences, size_t n_absences);

/* A number (low and high the same) or, with `range`, a range with both bounds included; low <=
 * high, none negative. */
struct score_target {
	dec_wide low, high;
	bool range;
};

/* One item of the plan in force. No two items of a plan have the same indicator. */
struct score_plan_item {
	int32_t indicator;
	const char *code, *aspect;
	enum measure measure;
	enum direction direction;
	enum result_kind kind;
	struct score_target target; /* for a month, units of 0.0001 */
	dec_wide weight; /* hundredths, not negative */
};

struct score_ruleset {
	const char *version;
	dec_wide cap, below_under, above_from; /* per cent, hundredths */
	int32_t most; /* a share, units of 0.0001 */
};

/* What counts of one indicator in one month; of any source. A row with n = 0 is as good as none. */
struct score_total {
	int32_t month, indicator;
	int64_t n;
	dec_wide sum, sum_of; /* Σvalue, Σof */
	dec_wide latest; /* the value of the greatest (time, then id bytewise) */
	int64_t latest_at;
	const char *latest_id; /* not NULL when n > 0 */
};

/* The unit's month was reported in full. */
struct score_complete {
	int32_t month, indicator;
};

struct score_input {
	const char *person; /* uuid as text */
	struct period period;
	const struct score_service *service; /* with total > 0 */
	int32_t plan; /* its version; 0 with no items: none was agreed */
	const struct score_plan_item *items;
	size_t n_items;
	const struct score_ruleset *ruleset;
	const struct score_total *totals; /* of this person, in any order; other indicators and
					     months are passed over */
	size_t n_totals;
	const struct score_complete *complete; /* of the unit, in any order */
	size_t n_complete;
};

struct score_item {
	const struct score_plan_item *plan;
	struct score_target target; /* for the period, hundredths */
	dec_wide realized, achievement, capped, contribution;
	enum rating rating;
	int64_t events;
};

struct score_hint {
	const struct score_plan_item *plan;
	dec_wide need; /* hundredths; negative for less */
	enum rating to;
};

struct score {
	const char *person, *ruleset;
	struct period period;
	int32_t plan;
	struct score_item
		*items; /* what was measured, in the plan's order; none: nothing was measured */
	size_t n_items;
	const char **missing; /* codes, in the plan's order */
	size_t n_missing;
	struct score_hint *hints; /* in the plan's order */
	size_t n_hints;
	bool has_results; /* false when nothing was measured, or only what weighs nothing */
	dec_wide results;
	enum rating results_rating;
};

/* Computes a score; free it with score_done. ERR_INVALID when a figure is beyond exact arithmetic,
 * which values, targets and weights within dec.h's limits are not in fewer than 10^9 events a
 * month; ERR_FATAL without memory. */
bool score_compute(const struct score_input *in, struct score *out, struct err *e) MUST_CHECK;
void score_done(struct score *s);

/* Steps of it, for the hints and for whoever looks ahead; target, realized and result in
 * hundredths. */
dec_wide score_achievement(
	enum direction direction, const struct score_target *target, dec_wide realized);
enum rating score_rating(const struct score_ruleset *ruleset, dec_wide achievement);

/* The smallest change of `realized` that brings the item into the next class; false when it is
 * ABOVE already or no change can. */
bool score_hint(
	const struct score_ruleset *ruleset, const struct score_item *item, struct score_hint *out);

/* The score as on score.changed, fields in order; NULL without memory. */
json_t *score_to_json(const struct score *s, int64_t revision);
/* A hash of all that this says but the revision: the same for two scores when their JSON is. False
 * without memory. */
bool score_content(const struct score *s, uint8_t out[DIGEST_KEY]);
