/* store_audit: what only auditors are shown. */
#include "base/clock.h"
#include "store.h"
#include "store_statements.h"

bool store_people(struct db *db, const char *search, const uint8_t *after, int32_t day,
	struct db_result **out, struct err *e)
{
	return db_exec(db, PEOPLE, out, e, DB_TEXT(search), after ? DB_UUID(after) : DB_NULL,
		DB_DATE(day));
}

bool store_verified(struct db *db, struct db_result **out, struct err *e)
{
	return db_run(db, VERIFIED, NULL, 0, out, e);
}

struct verified_row store_verified_row(const struct db_result *r)
{
	return (struct verified_row){
		db_time(r, 0, 0), db_int(r, 0, 1), db_int(r, 0, 2), db_int(r, 0, 3)};
}

bool store_refusals(struct db *db, int64_t since, struct db_result **out, struct err *e)
{
	return db_exec(db, REFUSALS, out, e, DB_TIME(since));
}

struct refusals_row store_refusals_row(const struct db_result *r, int row)
{
	return (struct refusals_row){
		db_text(r, row, 0), db_text(r, row, 1), db_int(r, row, 2), db_time(r, row, 3)};
}

bool store_looked(struct db *db, int64_t before, struct db_result **out, struct err *e)
{
	return db_exec(db, LOOKED, out, e, DB_TIME(before));
}

struct looked_row store_looked_row(const struct db_result *r, int row)
{
	return (struct looked_row){
		.at = db_time(r, row, 1),
		.role = store_text_or_null(r, row, 2),
		.by = store_text_or_null(r, row, 3),
		.token = db_int(r, row, 4),
		.what = db_text(r, row, 5),
		.n = db_int(r, row, 6),
		.person = store_text_or_null(r, row, 7),
		.more = db_int(r, row, 8),
	};
}
