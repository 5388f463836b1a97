/* Reads the registry whole into memory, as it was at one moment: its statements each see it anew, so its version is
 * looked at before and after them. */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "store_statements.h"

enum { ATTEMPTS = 5 };

static void *table(int n, size_t size)
{
	return calloc(n ? (size_t)n : 1, size);
}

static int32_t open_end(const struct db_result *r, int row, int column)
{
	return db_is_null(r, row, column) ? INT32_MAX : db_date(r, row, column);
}

/* Rows are one per assignment, by nip; people without any come once with empty dates. */
static bool take_people(struct registry *to, const struct db_result *r)
{
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

static bool take_units(struct registry *to, const struct db_result *r)
{
	to->units = table(db_rows(r), sizeof *to->units);
	for (int i = 0; to->units && i < db_rows(r); i++)
		to->units[to->n_units++].code = strdup(db_text(r, i, 0));
	return to->units;
}

static bool take_indicators(struct registry *to, const struct db_result *r)
{
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

static bool take_sources(struct registry *to, const struct db_result *r)
{
	to->sources = table(db_rows(r), sizeof *to->sources);
	for (int i = 0; to->sources && i < db_rows(r); i++)
		to->sources[to->n_sources++] = (struct registry_source){
			.code = strdup(db_text(r, i, 0)), .id = (int32_t)db_int(r, i, 1)};
	return to->sources;
}

static bool take_allowed(struct registry *to, const struct db_result *r)
{
	to->allowed = table(db_rows(r), sizeof *to->allowed);
	for (int i = 0; to->allowed && i < db_rows(r); i++)
		to->allowed[to->n_allowed++] =
			(struct registry_allowed){(int32_t)db_int(r, i, 0), (int32_t)db_int(r, i, 1)};
	return to->allowed;
}

static const struct {
	enum statement statement;
	bool (*take)(struct registry *to, const struct db_result *r);
} parts[] = {
	{PEOPLE, take_people},
	{UNITS, take_units},
	{INDICATORS, take_indicators},
	{SOURCES, take_sources},
	{ALLOWED, take_allowed},
};

static struct registry *load(struct db *db, struct err *e)
{
	struct registry *to = calloc(1, sizeof *to);
	bool ok = to && store_registry_version(db, &to->version, e);
	for (size_t i = 0; ok && i < sizeof parts / sizeof *parts; i++) {
		DB_RESULT_AUTO *r = NULL;
		ok = db_run(db, (int)parts[i].statement, NULL, 0, &r, e) &&
		     (parts[i].take(to, r) || err_set(e, ERR_FATAL, "out of memory"));
	}
	if (ok)
		return to;
	registry_free(to);
	return NULL;
}

struct registry *store_registry_load(struct db *db, struct err *e)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		int64_t after;
		struct registry *r = load(db, e);
		if (r && store_registry_version(db, &after, e) && after == r->version)
			return r;
		registry_free(r);
		if (e->code != ERR_NONE)
			return NULL;
	}
	err_set(e, ERR_RETRY, "the registry is being changed again and again");
	return NULL;
}
