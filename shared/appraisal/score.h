/* score: from evidence to an explained score. Pure: values in, values out; no I/O, no clock, no
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

#include "appraisal/stretch.h"
#include "base/dec.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/period.h"

enum rating { RATING_BELOW, RATING_MEETS, RATING_ABOVE, RATINGS };

/* From the registry's words ("count", "less", "MAIN", "AGREED"); false when there is no such word.
 */
bool score_measure_parse(const char *text, enum measure *out);
bool score_direction_parse(const char *text, enum direction *out);
bool score_kind_parse(const char *text, enum result_kind *out);
bool score_status_parse(const char *text, enum plan_status *out);
const char *score_kind_name(enum result_kind kind);
const char *score_rating_name(enum rating rating); /* "BELOW" */

struct score_ruleset {
	const char *version;
	dec_wide cap, below_under, above_from; /* per cent, hundredths */
	int32_t most, brief; /* shares, units of 0.0001 */
	int32_t minimum_group; /* of fewer answers nothing is said */
	struct survey_prior prior; /* hundredths */
};

/* Which of several events is the latest: by time, then source, then id, the texts bytewise. */
struct score_moment {
	int64_t at;
	const char *source, *id;
};

/* What there is of one indicator in one month. A row with n = 0 is as good as none. */
struct score_total {
	int32_t month, indicator;
	int64_t n;
	dec_wide sum, sum_of; /* Σvalue, Σof */
	int64_t latest_at;
	dec_wide latest; /* the value of the latest event */
};

/* An event that was neither replaced nor revoked. */
struct score_evidence {
	int32_t day, indicator;
	dec_wide value, of; /* `of` 0: it has none */
	struct score_moment moment;
};

/* Citizens' answers of one day: about the people of a unit, or about the person alone. */
struct score_answers {
	int32_t unit, day; /* unit SCORE_OF_PERSON: about the person */
	struct survey_sums sums;
};
enum { SCORE_OF_PERSON = -1 };
/* Orders them as score_input wants them; for qsort. */
int score_answers_order(const void *a, const void *b);

/* The unit's month was reported in full. */
struct score_complete {
	int32_t unit, month, indicator;
};
/* Orders declarations as score_input wants them; for qsort. */
int score_complete_order(const void *a, const void *b);

struct score_input {
	const char *person; /* uuid as text */
	const struct stretches *stretches; /* with a service day */
	const char *const *units; /* codes, by the stretches' numbers */
	const struct score_ruleset *ruleset;
	/* This person's, in any order; other indicators and months are passed over. A month's
	   totals are looked at when stretches_whole_month, its evidence when
	   stretches_need_evidence says so. */
	const struct score_total *totals;
	size_t n_totals;
	const struct score_evidence *evidence;
	size_t n_evidence;
	const struct score_complete *complete; /* of any units, in the order of
						  score_complete_order */
	size_t n_complete;
	/* Of any units, and this person's; each in the order of score_answers_order, a row for each
	   unit and day at most. */
	const struct score_answers *of_units, *of_person;
	size_t n_of_units, n_of_person;
};

struct score_item {
	const struct score_plan_item *plan; /* of its last stretch */
	enum result_kind kind;
	struct score_target target; /* for the period, hundredths */
	dec_wide realized, achievement, capped, weight, contribution;
	enum rating rating;
	bool brief; /* has no part in the results rating */
	int64_t events;
	const char **left; /* units whose silence says nothing, in the order of their days */
	size_t n_left;
};

struct score_hint {
	const struct score_plan_item *plan;
	dec_wide need; /* hundredths; negative for less */
	enum rating to;
};

struct score {
	const char *person, *ruleset;
	struct period period;
	int32_t plan; /* of the last stretch with items; 0: there is none */
	struct score_item *items; /* what was measured, in the period's order; none: there is no
				     score */
	size_t n_items;
	const char **missing; /* codes, in the period's order */
	size_t n_missing;
	struct score_hint *hints; /* in the items' order */
	size_t n_hints;
	const char **left; /* what the items' `left` point into */
	int32_t rated[RATINGS]; /* how many measured items that are not brief */
	bool has_results; /* false when nothing was measured, or only what weighs nothing */
	dec_wide results;
	enum rating results_rating;
};

/* Computes a score; free it with score_done. ERR_INVALID when a figure is beyond exact arithmetic,
 * which values, targets and weights within dec.h's limits are not in fewer than 10^9 events a
 * month, but for a ratio whose target changes: its Σ(target·of) must stay below 10^38 units.
 * ERR_FATAL without memory. */
bool score_compute(const struct score_input *in, struct score *out, struct err *e) MUST_CHECK;
void score_done(struct score *s);

/* Steps of it, for the hints and for whoever looks ahead; target, realized and result in
 * hundredths. */
dec_wide score_achievement(const struct score_ruleset *ruleset, enum direction direction,
	const struct score_target *target, dec_wide realized);
enum rating score_rating(const struct score_ruleset *ruleset, dec_wide achievement);

/* The smallest change of `realized`, in whole steps, that brings the item into the next class;
 * false when it is ABOVE already, or when none can: none that the result could not take, and none
 * that would lead out of a range. */
bool score_hint(
	const struct score_ruleset *ruleset, const struct score_item *item, struct score_hint *out);

/* The score as on score.changed, fields in order; NULL without memory. */
json_t *score_to_json(const struct score *s, int64_t revision);
/* A hash of all that this says but the revision: the same for two scores when their JSON is. False
 * without memory. */
bool score_content(const struct score *s, uint8_t out[DIGEST_KEY]);
