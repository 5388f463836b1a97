/* store_pages: what only the pages ask for. */
#include "base/clock.h"
#include "store.h"
#include "store_statements.h"

bool store_person(
	struct db *db, const uint8_t person[16], int32_t day, struct db_result **out, struct err *e)
{
	return db_exec(db, PERSON, out, e, DB_UUID(person), DB_DATE(day));
}

struct person_row store_person_row(const struct db_result *r)
{
	return (struct person_row){db_text(r, 0, 0), db_text(r, 0, 1), db_text(r, 0, 2),
		db_text(r, 0, 3), db_text(r, 0, 4)};
}

bool store_units_of(struct db *db, const uint8_t person[16], struct db_result **out, struct err *e)
{
	return db_exec(db, UNITS_OF, out, e, DB_UUID(person));
}

bool store_score(struct db *db, const uint8_t person[16], const char *period,
	struct db_result **out, struct err *e)
{
	return db_exec(db, SCORE, out, e, DB_UUID(person), DB_TEXT(period));
}

bool store_periods(struct db *db, const uint8_t person[16], struct db_result **out, struct err *e)
{
	return db_exec(db, PERIODS, out, e, DB_UUID(person));
}

bool store_service_days(struct db *db, const uint8_t person[16], struct period p, int32_t today,
	struct service_days *out, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	char text[PERIOD_TEXT];
	if (!db_exec(db, SERVICE_DAYS, &r, e, DB_UUID(person), DB_TEXT(period_format(p, text)),
		    DB_DATE(today)))
		return false;
	*out = (struct service_days){db_int(r, 0, 0), db_int(r, 0, 1)};
	return true;
}

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

bool store_months(struct db *db, const uint8_t person[16], int32_t first, int32_t last,
	struct db_result **out, struct err *e)
{
	char from[PERIOD_TEXT], until[PERIOD_TEXT];
	return db_exec(db, MONTHS, out, e, DB_UUID(person),
		DB_TEXT(period_format(period_of(PERIOD_MONTH, first), from)),
		DB_TEXT(period_format(period_of(PERIOD_MONTH, last), until)));
}

struct month_row store_month_row(const struct db_result *r, int row)
{
	struct period p = {0};
	period_parse(db_text(r, row, 0), &p);
	return (struct month_row){p.first_month % 12, db_text(r, row, 1)};
}

bool store_sources(struct db *db, struct db_result **out, struct err *e)
{
	return db_run(db, SOURCES, NULL, 0, out, e);
}

struct source_row store_source_row(const struct db_result *r, int row)
{
	return (struct source_row){db_text(r, row, 0), db_text(r, row, 1)};
}

bool store_rejected_of(
	struct db *db, const struct evidence_query *q, struct db_result **out, struct err *e)
{
	return db_exec(db, REJECTED_OF, out, e, DB_UUID(q->person),
		q->has_period ? DB_DATE(period_first_day(q->period)) : DB_NULL,
		q->has_period ? DB_DATE(period_last_day(q->period)) : DB_NULL,
		DB_INT4(q->indicator));
}

struct rejected_row store_rejected_row(const struct db_result *r, int row)
{
	return (struct rejected_row){
		.at = db_time(r, row, 0),
		.day = db_date(r, row, 1),
		.indicator = store_text_or_null(r, row, 2),
		.source = db_is_null(r, row, 3) ? db_text(r, row, 4) : db_text(r, row, 3),
		.reason = db_text(r, row, 5),
		.event = store_text_or_null(r, row, 6),
	};
}
