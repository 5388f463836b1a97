/* store_pages: what only the pages ask for. */
#include "base/clock.h"
#include "store.h"
#include "store_statements.h"

bool store_inbox_unread(struct db *db, const uint8_t person[16], int64_t *n, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!db_exec(db, INBOX_UNREAD, &r, e, DB_UUID(person)))
		return false;
	*n = db_int(r, 0, 0);
	return true;
}

bool store_inbox_read(
	struct db *db, const uint8_t person[16], int64_t id, int64_t now, struct err *e)
{
	return db_exec(db, INBOX_READ, NULL, e, DB_UUID(person), DB_INT8(id), DB_TIME(now));
}

bool store_looks(struct db *db, const uint8_t person[16], struct db_result **out, struct err *e)
{
	return db_exec(db, LOOKS, out, e, DB_UUID(person));
}

bool store_ruleset(struct db *db, const char *version, struct db_result **out, struct err *e)
{
	return db_exec(db, RULESET, out, e, DB_TEXT(version));
}

bool store_team_month(
	struct db *db, const uint8_t superior[16], int32_t day, struct period *month, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	char text[PERIOD_TEXT];
	*month = period_of(PERIOD_MONTH, clock_month(day));
	if (!db_exec(db, TEAM_MONTH, &r, e, DB_UUID(superior), DB_DATE(day),
		    DB_TEXT(period_format(*month, text))))
		return false;
	if (!db_is_null(r, 0, 0))
		period_parse(db_text(r, 0, 0), month);
	return true;
}

bool store_team(struct db *db, const uint8_t superior[16], int32_t day, struct period month,
	struct db_result **out, struct err *e)
{
	char text[PERIOD_TEXT];
	return db_exec(db, TEAM, out, e, DB_UUID(superior), DB_DATE(day),
		DB_TEXT(period_format(month, text)), DB_DATE(period_first_day(month)),
		DB_DATE(period_last_day(month)));
}

struct team_row store_team_row(const struct db_result *r, int row)
{
	return (struct team_row){
		.person = db_uuid(r, row, 0),
		.name = db_text(r, row, 1),
		.unit = db_text(r, row, 2),
		.unit_name = db_text(r, row, 3),
		.score = store_text_or_null(r, row, 4),
		.days = {db_int(r, row, 5), db_int(r, row, 6)},
		.last = db_is_null(r, row, 7) ? 0 : db_time(r, row, 7),
	};
}
