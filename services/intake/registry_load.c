/* The registry out of its views: a snapshot. All of its SQL is here. */
#include "registry.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum {
	VERSION,
	PEOPLE,
	UNITS,
	INDICATORS,
	SOURCES,
	ALLOWED,
};

static const struct db_statement statements[] = {
	[VERSION] = {"registry_version", "SELECT version FROM registry.version_view", ""},
	[PEOPLE] = {"people",
		"SELECT p.nip, p.person, a.from_date, a.until_date FROM registry.nip_view p LEFT "
		"JOIN registry.assignment_view a ON a.person = p.person ORDER BY p.nip COLLATE "
		"\"C\", a.from_date",
		""},
	[UNITS] = {"units", "SELECT code FROM registry.unit_view ORDER BY code COLLATE \"C\"", ""},
	[INDICATORS] = {"indicators",
		"SELECT code, id, measure = 'ratio', min, max FROM registry.indicator_view ORDER "
		"BY code COLLATE \"C\"",
		""},
	[SOURCES] = {"sources",
		"SELECT name, id, code FROM (SELECT code AS name, id, code FROM "
		"registry.source_view UNION ALL SELECT uri, source, code FROM "
		"registry.source_uri_view WHERE uri <> code) s ORDER BY name COLLATE \"C\"",
		""},
	[ALLOWED] = {"allowed",
		"SELECT source, indicator FROM registry.source_indicator_view ORDER BY source, "
		"indicator",
		""},
};

static void *table(int n, size_t size)
{
	return calloc(n ? (size_t)n : 1, size);
}

static int32_t open_end(const struct db_result *r, int row, int column)
{
	return db_is_null(r, row, column) ? INT32_MAX : db_date(r, row, column);
}

/* Rows are one per assignment, by nip; people without any come once with empty dates. */
static bool take_people(void *registry, const struct db_result *r, struct err *e)
{
	(void)e;
	struct registry *to = registry;
	int n = db_rows(r);
	to->people = table(n, sizeof *to->people);
	to->assignments = table(n, sizeof *to->assignments);
	for (int i = 0; to->people && to->assignments && i < n; i++) {
		struct registry_person *p = to->n_people ? &to->people[to->n_people - 1] : NULL;
		if (!p || strcmp(p->nip, db_text(r, i, 0)) != 0) {
			p = &to->people[to->n_people++];
			*p = (struct registry_person){.first = to->n_assignments};
			strncpy(p->nip, db_text(r, i, 0), sizeof p->nip - 1);
			memcpy(p->id, db_uuid(r, i, 1), sizeof p->id);
		}
		if (db_is_null(r, i, 2))
			continue;
		to->assignments[to->n_assignments++] =
			(struct registry_assignment){db_date(r, i, 2), open_end(r, i, 3)};
		p->n++;
	}
	return to->people && to->assignments;
}

static bool take_units(void *registry, const struct db_result *r, struct err *e)
{
	(void)e;
	struct registry *to = registry;
	to->units = table(db_rows(r), sizeof *to->units);
	for (int i = 0; to->units && i < db_rows(r); i++)
		to->units[to->n_units++].code = strdup(db_text(r, i, 0));
	return to->units;
}

static bool take_indicators(void *registry, const struct db_result *r, struct err *e)
{
	(void)e;
	struct registry *to = registry;
	to->indicators = table(db_rows(r), sizeof *to->indicators);
	for (int i = 0; to->indicators && i < db_rows(r); i++)
		to->indicators[to->n_indicators++] = (struct registry_indicator){
			.code = strdup(db_text(r, i, 0)),
			.id = (int32_t)db_int(r, i, 1),
			.is_ratio = db_int(r, i, 2),
			.has_min = !db_is_null(r, i, 3),
			.min = db_numeric(r, i, 3),
			.has_max = !db_is_null(r, i, 4),
			.max = db_numeric(r, i, 4),
		};
	return to->indicators;
}

static bool take_sources(void *registry, const struct db_result *r, struct err *e)
{
	(void)e;
	struct registry *to = registry;
	to->sources = table(db_rows(r), sizeof *to->sources);
	for (int i = 0; to->sources && i < db_rows(r); i++)
		to->sources[to->n_sources++] = (struct registry_source){
			.name = strdup(db_text(r, i, 0)),
			.id = (int32_t)db_int(r, i, 1),
			.code = strdup(db_text(r, i, 2)),
		};
	return to->sources;
}

static bool take_allowed(void *registry, const struct db_result *r, struct err *e)
{
	(void)e;
	struct registry *to = registry;
	to->allowed = table(db_rows(r), sizeof *to->allowed);
	for (int i = 0; to->allowed && i < db_rows(r); i++)
		to->allowed[to->n_allowed++] = (struct registry_allowed){
			(int32_t)db_int(r, i, 0), (int32_t)db_int(r, i, 1)};
	return to->allowed;
}

static const struct snapshot_part parts[] = {
	{PEOPLE, take_people},
	{UNITS, take_units},
	{INDICATORS, take_indicators},
	{SOURCES, take_sources},
	{ALLOWED, take_allowed},
};

const struct snapshot_kind registry_snapshot = {
	.name = "registry",
	.statements = statements,
	.n_statements = COUNT(statements),
	.parts = parts,
	.n_parts = COUNT(parts),
	.size = sizeof(struct registry),
	.done = registry_done,
};
