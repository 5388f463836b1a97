#include "store.h"
#include "base/array.h"

enum statement { ENSURE, LOCK, TAKE_SCORES, TAKE_UNITS, OUTDATED };

const struct db_statement reporting_statements[] = {
	[ENSURE] = {"ensure",
		"INSERT INTO reporting.score (person, period) SELECT DISTINCT person, period FROM "
		"unnest($1::uuid[], $2::text[]) AS k(person, period) ORDER BY person, period ON "
		"CONFLICT DO NOTHING",
		"uuid[], text[]"},
	[LOCK] = {"lock",
		"SELECT FROM reporting.score s JOIN unnest($1::uuid[], $2::text[]) AS k(person, "
		"period) ON k.person = s.person AND k.period = s.period ORDER BY s.person, "
		"s.period FOR UPDATE OF s",
		"uuid[], text[]"},
	[TAKE_SCORES] = {"take_scores",
		"UPDATE reporting.score s SET revision = coalesce(x.revision, s.revision), stands "
		"= x.revision IS NOT NULL, results = x.results, rating = x.rating, missing = "
		"coalesce(x.missing, 0) FROM (SELECT DISTINCT ON (c.person, c.period) c.person, "
		"c.period, v.revision, v.results, v.rating, v.missing FROM unnest($1::uuid[], "
		"$2::text[]) AS k(person, period) JOIN reporting.score c ON c.person = k.person "
		"AND c.period = k.period LEFT JOIN scoring.score_view v ON v.person = k.person "
		"AND v.period = k.period WHERE v.revision > c.revision OR (v.revision IS NULL) = "
		"c.stands ORDER BY c.person, c.period) x WHERE s.person = x.person AND s.period = "
		"x.period",
		"uuid[], text[]"},
	/* The last service day under an assignment is its last day in the period, or the day before
	 * an absence, if no absence covers that. The latest of them all decides. Without a service
	 * day, whoever was there last. */
	[TAKE_UNITS] = {"take_units",
		"UPDATE reporting.score s SET unit = x.unit, agency = x.agency, registry = "
		"x.version FROM (SELECT o.person, o.period, r.version, l.unit, l.agency FROM "
		"registry.version_view r CROSS JOIN (SELECT DISTINCT c.person, c.period, p.first, "
		"p.last FROM unnest($1::uuid[], $2::text[]) AS k(person, period) JOIN "
		"reporting.score c ON c.person = k.person AND c.period = k.period AND c.stands "
		"CROSS JOIN LATERAL reporting.days_of(c.period) AS p(first, last) WHERE "
		"c.registry < (SELECT version FROM registry.version_view)) o LEFT JOIN LATERAL "
		"(SELECT a.unit, a.agency FROM registry.assignment_view a LEFT JOIN LATERAL "
		"(SELECT max(d.day) AS day FROM (SELECT least(coalesce(a.until_date, o.last), "
		"o.last) AS day UNION ALL SELECT b.from_date - 1 FROM registry.absence_view b "
		"WHERE b.person = o.person AND b.from_date - 1 <= o.last) d WHERE d.day BETWEEN "
		"greatest(a.from_date, o.first) AND least(coalesce(a.until_date, o.last), o.last) "
		"AND NOT EXISTS (SELECT FROM registry.absence_view b WHERE b.person = o.person "
		"AND d.day BETWEEN b.from_date AND b.until_date)) z ON true WHERE a.person = "
		"o.person ORDER BY z.day DESC NULLS LAST, a.from_date DESC LIMIT 1) l ON true) x "
		"WHERE s.person = x.person AND s.period = x.period",
		"uuid[], text[]"},
	[OUTDATED] = {"outdated",
		"SELECT person, period FROM reporting.score WHERE stands AND registry < (SELECT "
		"version FROM registry.version_view) ORDER BY person, period LIMIT 1000 FOR UPDATE",
		""},
};
const size_t reporting_statements_n = COUNT(reporting_statements);

void store_keys_init(struct store_keys *k)
{
	db_array_init(&k->person, DB_K_UUID);
	db_array_init(&k->period, DB_K_TEXT);
}

void store_keys_done(struct store_keys *k)
{
	db_array_done(&k->person);
	db_array_done(&k->period);
}

bool store_keys_add(struct store_keys *k, const uint8_t person[16], const char *period)
{
	return db_array_add(&k->person, DB_UUID(person)) &&
	       db_array_add(&k->period, DB_TEXT(period));
}

static bool run(struct db *db, enum statement statement, struct store_keys *k,
	struct db_result **out, struct err *e)
{
	return db_exec(
		db, (int)statement, out, e, db_array_value(&k->person), db_array_value(&k->period));
}

bool store_lock(struct db *db, struct store_keys *k, struct err *e)
{
	return run(db, ENSURE, k, NULL, e) && run(db, LOCK, k, NULL, e);
}

bool store_take_scores(struct db *db, struct store_keys *k, int64_t *changed, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!run(db, TAKE_SCORES, k, &r, e))
		return false;
	*changed = db_affected(r);
	return true;
}

bool store_take_units(struct db *db, struct store_keys *k, struct err *e)
{
	return run(db, TAKE_UNITS, k, NULL, e);
}

bool store_outdated(struct db *db, struct db_result **out, struct err *e)
{
	return db_run(db, OUTDATED, NULL, 0, out, e);
}
