/* Reads the roster whole, as it was at one moment: its statements each see the registry anew, so its version is looked at
 * before and after them. */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "store_statements.h"

enum { ATTEMPTS = 5 };

static void *table(int n, size_t size)
{
	return calloc((size_t)n + 1, size);
}

static bool take_units(struct roster *to, const struct db_result *r, struct err *e)
{
	(void)e;
	to->units = table(db_rows(r), sizeof *to->units);
	for (int i = 0; to->units && i < db_rows(r); i++)
		to->units[to->n_units++] = strdup(db_text(r, i, 0));
	return to->units;
}

static bool take_indicators(struct roster *to, const struct db_result *r, struct err *e)
{
	to->indicators = table(db_rows(r), sizeof *to->indicators);
	for (int i = 0; to->indicators && i < db_rows(r); i++) {
		struct roster_indicator *x = &to->indicators[to->n_indicators++];
		x->code = strdup(db_text(r, i, 0));
		x->id = (int32_t)db_int(r, i, 1);
		x->aspect = strdup(db_text(r, i, 2));
		if (!score_measure_parse(db_text(r, i, 3), &x->measure) ||
			!score_direction_parse(db_text(r, i, 4), &x->direction))
			return err_set(e, ERR_FATAL,
				"the registry holds an indicator that cannot be read: %s", x->code);
	}
	return to->indicators;
}

static bool take_positions(struct roster *to, const struct db_result *r, struct err *e)
{
	to->positions = table(db_rows(r), sizeof *to->positions);
	for (int i = 0; to->positions && i < db_rows(r); i++) {
		struct roster_position *x = &to->positions[to->n_positions++];
		x->code = strdup(db_text(r, i, 0));
		if (!roster_items_parse(to, db_text(r, i, 1), &x->items, e))
			return false;
	}
	return to->positions;
}

static bool take_rulesets(struct roster *to, const struct db_result *r, struct err *e)
{
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

/* Rows of these come by person: makes the person where it is new, and room for one row more. */
static void *grow(void *list, int n, size_t size)
{
	void *more = (n & (n - 1)) == 0 ? realloc(list, (size_t)(n ? 2 * n : 1) * size) : list;
	return more;
}

static bool take_assignments(struct roster *to, const struct db_result *r, struct err *e)
{
	(void)e;
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
		p->assignments[p->n_assignments++] =
			(struct score_assignment){db_date(r, i, 1), open_end(r, i, 2),
				roster_unit(to, db_text(r, i, 3)), roster_position(to, db_text(r, i, 4))};
	}
	return to->people;
}

static struct roster_person *person_of(struct roster *to, const struct db_result *r, int row)
{
	return (struct roster_person *)(uintptr_t)roster_person(to, db_uuid(r, row, 0));
}

static bool take_absences(struct roster *to, const struct db_result *r, struct err *e)
{
	(void)e;
	for (int i = 0; i < db_rows(r); i++) {
		struct roster_person *p = person_of(to, r, i);
		if (!p)
			continue;
		p->absences = grow(p->absences, p->n_absences, sizeof *p->absences);
		if (!p->absences)
			return false;
		p->absences[p->n_absences++] = (struct score_absence){db_date(r, i, 1), open_end(r, i, 2)};
	}
	return true;
}

static bool take_plans(struct roster *to, const struct db_result *r, struct err *e)
{
	for (int i = 0; i < db_rows(r); i++) {
		struct roster_person *p = person_of(to, r, i);
		if (!p)
			continue;
		p->plans = grow(p->plans, p->n_plans, sizeof *p->plans);
		if (!p->plans)
			return false;
		struct roster_plan *x = &p->plans[p->n_plans++];
		*x = (struct roster_plan){.year = (int32_t)db_int(r, i, 1),
			.version = (int32_t)db_int(r, i, 2),
			.from = db_date(r, i, 3),
			.agreed = db_int(r, i, 4),
			.has_items = !db_is_null(r, i, 5)};
		if (x->has_items && !roster_items_parse(to, db_text(r, i, 5), &x->items, e))
			return false;
	}
	return true;
}

static const struct {
	enum scoring_statement statement;
	bool (*take)(struct roster *to, const struct db_result *r, struct err *e);
} parts[] = {
	{SCORING_UNITS, take_units},
	{SCORING_INDICATORS, take_indicators},
	{SCORING_POSITIONS, take_positions},
	{SCORING_RULESETS, take_rulesets},
	{SCORING_ASSIGNMENTS, take_assignments},
	{SCORING_ABSENCES, take_absences},
	{SCORING_PLANS, take_plans},
};

static struct roster *load(struct db *db, int64_t version, struct err *e)
{
	struct roster *to = calloc(1, sizeof *to);
	bool ok = to != NULL;
	if (ok)
		to->version = version;
	for (size_t i = 0; ok && i < sizeof parts / sizeof *parts; i++) {
		DB_RESULT_AUTO *r = NULL;
		ok = db_run(db, (int)parts[i].statement, NULL, 0, &r, e) &&
		     (parts[i].take(to, r, e) || err_set(e, ERR_FATAL, "out of memory"));
	}
	if (ok)
		return to;
	err_set(e, ERR_FATAL, "out of memory");
	roster_free(to);
	return NULL;
}

/* What does not fit together is an error only when nothing was changed meanwhile. */
struct roster *scoring_roster_load(struct db *db, struct err *e)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		int64_t before, after;
		if (!scoring_registry_version(db, &before, e))
			return NULL;
		struct roster *r = load(db, before, e);
		if (!r && e->code != ERR_FATAL)
			return NULL;
		struct err again = {0};
		if (scoring_registry_version(db, &after, &again) && after == before)
			return r;
		roster_free(r);
		*e = again;
		if (again.code != ERR_NONE)
			return NULL;
	}
	err_set(e, ERR_RETRY, "the registry is being changed again and again");
	return NULL;
}
