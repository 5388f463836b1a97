/* stretch: what is asked of a person on each day of a period. Pure: values in, values out.
 *
 * A day is under the assignment, and the versions of plan and position, that are in force on it;
 * they give its unit and its items. A stretch is all of a month's service days under the same ones.
 * Days and months as in clock.h; targets in units of 0.0001 (DEC_VALUE), weights, steps and bounds
 * of results in hundredths (DEC_SHOWN).
 *
 * Everything is borrowed: what goes in outlives what comes out. Thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "appraisal/survey.h"
#include "base/dec.h"
#include "base/period.h"

enum measure {
	MEASURE_COUNT,
	MEASURE_SUM,
	MEASURE_MEAN,
	MEASURE_RATIO,
	MEASURE_LATEST,
	MEASURE_SURVEY,
	MEASURES
};
enum direction { DIRECTION_MORE, DIRECTION_LESS, DIRECTIONS };
enum result_kind { RESULT_MAIN, RESULT_ADDITIONAL, RESULT_KINDS };
enum plan_status { PLAN_DRAFT, PLAN_SUBMITTED, PLAN_AGREED, PLAN_WITHDRAWN, PLAN_STATUSES };

enum { STRETCH_DAYS = 366, STRETCH_MONTHS = 12 };

/* First and last day, both included; `until` is INT32_MAX while it is open. */
struct score_assignment {
	int32_t from, until;
	int32_t unit, position; /* the caller's own numbers; position -1: one without items */
};

struct score_absence {
	int32_t from, until;
};

/* A number (low and high the same) or, with `range`, a range with both bounds included; low <=
 * high, none negative. */
struct score_target {
	dec_wide low, high;
	bool range;
};

/* One item of a plan or a position. No two of one list have the same indicator. What is the
 * indicator's (code to result_max) is the same wherever that indicator stands. */
struct score_plan_item {
	int32_t indicator;
	const char *code, *aspect;
	enum measure measure;
	enum direction direction;
	enum survey_element element; /* of a survey: what of its answers */
	bool of_person; /* of a survey: answers about the person, not about the unit */
	dec_wide step; /* in which its realised figure moves; 0: 1 for a count, else 0.01 */
	bool has_result_max;
	dec_wide result_max; /* no realised figure exceeds it */
	enum result_kind kind;
	struct score_target target; /* for a month */
	dec_wide weight; /* not negative */
};

struct score_items {
	struct score_plan_item *items;
	size_t n;
};

/* A version of the plan of a year. What is agreed holds from its day on, what is withdrawn ends it;
 * drafts and what is submitted change nothing. */
struct score_plan {
	int32_t year, version, from;
	enum plan_status status;
	bool has_items; /* else the position's */
	struct score_items items;
};

struct score_position_version {
	int32_t from; /* INT32_MIN: the first */
	struct score_items items;
};

struct score_position {
	char *code;
	struct score_position_version *versions; /* by from */
	size_t n;
};

/* All that the registry says of one person's days. */
struct score_facts {
	const struct score_assignment *assignments;
	size_t n_assignments;
	const struct score_absence *absences;
	size_t n_absences;
	const struct score_plan *plans; /* of the one with the latest `from` the last holds: by
					   year, from, version */
	size_t n_plans;
	const struct score_position *positions; /* by the assignments' numbers */
};

struct stretch {
	int32_t month;
	int32_t days; /* of service */
	int32_t unit;
	int32_t plan; /* the version; 0 without items */
	const struct score_items *items; /* NULL: none, for no plan is in force */
};

struct stretches {
	struct period period;
	struct stretch list[STRETCH_DAYS]; /* in the order of their days */
	int32_t n;
	int16_t on[STRETCH_DAYS]; /* the stretch of each day of the period; -1: no service day */
};

void stretches_make(const struct score_facts *facts, struct period period, struct stretches *out);

/* Whether a month of the period cannot be scored by its totals: not every day of it asks the same,
 * so it matters on which days its evidence lies. */
bool stretches_need_evidence(const struct stretches *s, int32_t month);
/* The month's only stretch, when its totals are all it needs; NULL when it needs evidence, or no
 * day of it asks anything. */
const struct stretch *stretches_whole_month(const struct stretches *s, int32_t month);
/* The stretch of a day; NULL when it is no service day of the period. */
const struct stretch *stretches_on(const struct stretches *s, int32_t day);
/* What its days ask of an indicator; NULL when they do not. */
const struct score_plan_item *stretch_item(const struct stretch *s, int32_t indicator);

/* What becomes of an event of an indicator by the day on which it lies. */
enum day_says {
	DAY_COUNTS,
	DAY_NOT_EMPLOYED,
	DAY_ABSENT,
	DAY_ASKS_NOTHING, /* of this person: no agreed plan is in force, or none with items */
	DAY_ASKS_OTHERWISE, /* other items than this */
	DAY_SAYINGS
};
enum day_says day_says(const struct score_facts *facts, int32_t day, int32_t indicator);
