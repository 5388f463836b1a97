/* The roster out of the registry's views: as a snapshot, or as a transaction sees it. */
#include "appraisal/roster.h"

#include <stdlib.h>
#include <string.h>

#include "appraisal/roster_statements.h"
#include "base/array.h"

static const struct db_statement statements[] = {
	[0] = {"registry_version", "SELECT version FROM registry.version_view", ""},
	ROSTER_STATEMENTS(1),
};

static void *table(int n, size_t size)
{
	return calloc((size_t)n + 1, size);
}

/* Room for one row more in a list that grows row by row. */
static void *grow(void *list, int n, size_t size)
{
	return (n & (n - 1)) == 0 ? realloc(list, (size_t)(n ? 2 * n : 1) * size) : list;
}

static bool take_units(void *roster, const struct db_result *r, struct err *e)
{
	(void)e;
	struct roster *to = roster;
	to->units = table(db_rows(r), sizeof *to->units);
	for (int i = 0; to->units && i < db_rows(r); i++)
		to->units[to->n_units++] = strdup(db_text(r, i, 0));
	return to->units;
}

static bool take_indicators(void *roster, const struct db_result *r, struct err *e)
{
	struct roster *to = roster;
	to->indicators = table(db_rows(r), sizeof *to->indicators);
	for (int i = 0; to->indicators && i < db_rows(r); i++) {
		struct roster_indicator *x = &to->indicators[to->n_indicators++];
		x->code = strdup(db_text(r, i, 0));
		x->id = (int32_t)db_int(r, i, 1);
		x->aspect = strdup(db_text(r, i, 2));
		if (!score_measure_parse(db_text(r, i, 3), &x->measure) ||
			!score_direction_parse(db_text(r, i, 4), &x->direction) ||
			(x->measure == MEASURE_SURVEY &&
				!survey_element_parse(db_text(r, i, 7), &x->element)))
			return err_set(e, ERR_FATAL,
				"the registry holds an indicator that cannot be read: %s", x->code);
		x->step = dec_shown(db_numeric(r, i, 5));
		x->has_result_max = !db_is_null(r, i, 6);
		x->result_max = dec_shown(db_numeric(r, i, 6));
		x->of_person = db_int(r, i, 8);
	}
	return to->indicators;
}

static int32_t from_or_first(const struct db_result *r, int row, int column)
{
	return db_is_null(r, row, column) ? INT32_MIN : db_date(r, row, column);
}

/* Rows of a position's versions come one after the other: a new code begins the next. */
static bool take_positions(void *roster, const struct db_result *r, struct err *e)
{
	struct roster *to = roster;
	to->positions = table(db_rows(r), sizeof *to->positions);
	for (int i = 0; to->positions && i < db_rows(r); i++) {
		struct score_position *x =
			to->n_positions ? &to->positions[to->n_positions - 1] : NULL;
		if (!x || strcmp(x->code, db_text(r, i, 0)) != 0) {
			x = &to->positions[to->n_positions++];
			x->code = strdup(db_text(r, i, 0));
		}
		x->versions = grow(x->versions, (int)x->n, sizeof *x->versions);
		if (!x->versions)
			return false;
		struct score_position_version *v = &x->versions[x->n++];
		*v = (struct score_position_version){.from = from_or_first(r, i, 1)};
		if (!roster_items_parse(to, db_text(r, i, 2), &v->items, e))
			return false;
	}
	return to->positions;
}

static bool take_rulesets(void *roster, const struct db_result *r, struct err *e)
{
	struct roster *to = roster;
	to->rulesets = table(db_rows(r), sizeof *to->rulesets);
	for (int i = 0; to->rulesets && i < db_rows(r); i++) {
		struct roster_ruleset *x = &to->rulesets[to->n_rulesets++];
		x->version = strdup(db_text(r, i, 0));
		x->from = db_date(r, i, 1);
		if (!roster_ruleset_parse(db_text(r, i, 2), &x->rules, e))
			return false;
		x->rules.version = x->version;
	}
	return to->rulesets;
}

static int32_t open_end(const struct db_result *r, int row, int column)
{
	return db_is_null(r, row, column) ? INT32_MAX : db_date(r, row, column);
}

/* Rows come by person: a new one makes the person. */
static bool take_assignments(void *roster, const struct db_result *r, struct err *e)
{
	(void)e;
	struct roster *to = roster;
	to->people = table(db_rows(r), sizeof *to->people);
	for (int i = 0; to->people && i < db_rows(r); i++) {
		struct roster_person *p = to->n_people ? &to->people[to->n_people - 1] : NULL;
		if (!p || memcmp(p->id, db_uuid(r, i, 0), 16) != 0) {
			p = &to->people[to->n_people++];
			memcpy(p->id, db_uuid(r, i, 0), 16);
		}
		p->assignments = grow(p->assignments, p->n_assignments, sizeof *p->assignments);
		if (!p->assignments)
			return false;
		p->assignments[p->n_assignments++] = (struct score_assignment){db_date(r, i, 1),
			open_end(r, i, 2), roster_unit(to, db_text(r, i, 3)),
			roster_position(to, db_text(r, i, 4))};
	}
	return to->people;
}

static struct roster_person *person_of(struct roster *to, const struct db_result *r, int row)
{
	return (struct roster_person *)(uintptr_t)roster_person(to, db_uuid(r, row, 0));
}

static bool take_absences(void *roster, const struct db_result *r, struct err *e)
{
	(void)e;
	struct roster *to = roster;
	for (int i = 0; i < db_rows(r); i++) {
		struct roster_person *p = person_of(to, r, i);
		if (!p)
			continue;
		p->absences = grow(p->absences, p->n_absences, sizeof *p->absences);
		if (!p->absences)
			return false;
		p->absences[p->n_absences++] =
			(struct score_absence){db_date(r, i, 1), open_end(r, i, 2)};
	}
	return true;
}

static bool take_plans(void *roster, const struct db_result *r, struct err *e)
{
	struct roster *to = roster;
	for (int i = 0; i < db_rows(r); i++) {
		struct roster_person *p = person_of(to, r, i);
		if (!p)
			continue;
		p->plans = grow(p->plans, p->n_plans, sizeof *p->plans);
		if (!p->plans)
			return false;
		struct score_plan *x = &p->plans[p->n_plans++];
		*x = (struct score_plan){.year = (int32_t)db_int(r, i, 1),
			.version = (int32_t)db_int(r, i, 2),
			.from = db_date(r, i, 3),
			.has_items = !db_is_null(r, i, 5)};
		if (!score_status_parse(db_text(r, i, 4), &x->status))
			return err_set(e, ERR_FATAL,
				"the registry holds a plan of unknown status: %s",
				db_text(r, i, 4));
		if (x->has_items && !roster_items_parse(to, db_text(r, i, 5), &x->items, e))
			return false;
	}
	return true;
}

static const struct snapshot_part parts[ROSTER_STATEMENTS_N] = {
	{1 + ROSTER_UNITS, take_units},
	{1 + ROSTER_INDICATORS, take_indicators},
	{1 + ROSTER_POSITIONS, take_positions},
	{1 + ROSTER_RULESETS, take_rulesets},
	{1 + ROSTER_ASSIGNMENTS, take_assignments},
	{1 + ROSTER_ABSENCES, take_absences},
	{1 + ROSTER_PLANS, take_plans},
};

bool roster_read(struct db *db, int first, struct roster *out, struct err *e)
{
	struct roster r = {0};
	bool ok = true;
	for (size_t i = 0; ok && i < COUNT(parts); i++) {
		DB_RESULT_AUTO *rows = NULL;
		ok = db_run(db, first + parts[i].statement - 1, NULL, 0, &rows, e) &&
		     (parts[i].take(&r, rows, e) || err_set(e, ERR_FATAL, "out of memory"));
	}
	if (ok)
		*out = r;
	else
		roster_done(&r);
	return ok;
}

const struct snapshot_kind roster_snapshot = {
	.name = "roster",
	.statements = statements,
	.n_statements = COUNT(statements),
	.parts = parts,
	.n_parts = COUNT(parts),
	.size = sizeof(struct roster),
	.done = roster_done,
};
