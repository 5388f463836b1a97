#include "store.h"
#include "base/array.h"
#include "service/reading_statements.h"

enum statement { ENSURE, LOCK, TAKE, READING };

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
	[TAKE] = {"take",
		"UPDATE reporting.score s SET revision = coalesce(x.revision, s.revision), stands "
		"= x.revision IS NOT NULL, results = x.results, rating = x.rating, missing = "
		"coalesce(x.missing, 0), unit = x.unit FROM (SELECT DISTINCT ON (c.person, "
		"c.period) c.person, c.period, v.revision, v.results, v.rating, v.missing, v.unit "
		"FROM unnest($1::uuid[], $2::text[]) AS k(person, period) JOIN reporting.score c "
		"ON c.person = k.person AND c.period = k.period LEFT JOIN scoring.score_view v ON "
		"v.person = k.person AND v.period = k.period WHERE v.revision > c.revision OR "
		"(v.revision IS NULL) = c.stands ORDER BY c.person, c.period) x WHERE s.person = "
		"x.person AND s.period = x.period",
		"uuid[], text[]"},
	READING_STATEMENTS(READING, "reporting")};
const size_t reporting_statements_n = COUNT(reporting_statements);
const int reporting_reading = READING; /* for the skeleton: see struct service */

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

bool store_take(struct db *db, struct store_keys *k, int64_t *changed, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!run(db, TAKE, k, &r, e))
		return false;
	*changed = db_affected(r);
	return true;
}
