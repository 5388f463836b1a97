/* roster: what the arithmetic must know of the registry, as a value that is read whole
 * (roster_load.c) and then only looked at: people with their assignments, absences and plans;
 * positions' items in their versions; rule sets. Days as in clock.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "appraisal/score.h"
#include "db/snapshot.h"

struct roster_indicator {
	char *code, *aspect;
	int32_t id;
	enum measure measure;
	enum direction direction;
	enum survey_element element; /* of a survey, and whether its answers are a person's own */
	bool of_person;
	dec_wide step; /* as in struct score_plan_item */
	bool has_result_max;
	dec_wide result_max;
};

struct roster_ruleset {
	char *version;
	int32_t from;
	struct score_ruleset rules;
};

struct roster_person {
	uint8_t id[16];
	struct score_assignment *assignments; /* unit and position are indexes */
	struct score_absence *absences;
	struct score_plan *plans; /* by year, from, version */
	int n_assignments, n_absences, n_plans;
};

struct roster {
	char **units; /* codes */
	struct roster_indicator *indicators; /* by code */
	struct score_position *positions; /* by code */
	struct roster_ruleset *rulesets; /* by from */
	struct roster_person *people; /* by id */
	int n_units, n_indicators, n_positions, n_rulesets, n_people;
};

/* How a roster is read from the registry; see db/snapshot.h. */
extern const struct snapshot_kind roster_snapshot;
/* The same over a connection whose table has ROSTER_STATEMENTS (roster_statements.h) from number
 * `first` on: as its transaction sees it. Free with roster_done. */
bool roster_read(struct db *db, int first, struct roster *out, struct err *e) MUST_CHECK;
void roster_done(void *roster);

const struct roster_person *roster_person(const struct roster *r, const uint8_t id[16]);
const struct roster_indicator *roster_indicator(const struct roster *r, const char *code);
bool roster_asks_citizens(const struct roster *r); /* an indicator is of their answers */
int roster_unit(const struct roster *r, const char *code); /* index, -1 */
int roster_position(const struct roster *r, const char *code); /* index, -1 */
/* In force on a day; NULL when none is. */
const struct roster_ruleset *roster_ruleset(const struct roster *r, int32_t day);
/* What the arithmetic asks of a person's days; borrowed from the roster. */
struct score_facts roster_facts(const struct roster *r, const struct roster_person *p);

/* Items from the registry's JSON. False with the error when they are not what the registry lets in.
 */
bool roster_items_parse(const struct roster *r, const char *json, struct score_items *out,
	struct err *e) MUST_CHECK;
bool roster_ruleset_parse(const char *json, struct score_ruleset *out, struct err *e) MUST_CHECK;
