/* store_agencies: what is asked for of agencies. */
#include "store.h"
#include "store_statements.h"

bool store_agency_scores(struct db *db, const char *agency, struct period p, const uint8_t *after,
	struct db_result **out, struct err *e)
{
	char text[PERIOD_TEXT];
	return db_exec(db, AGENCY_SCORES, out, e, DB_TEXT(agency), DB_TEXT(period_format(p, text)),
		after ? DB_UUID(after) : DB_NULL);
}

bool store_agency_report(struct db *db, const char *agency, const char *period,
	struct db_result **out, struct err *e)
{
	return db_exec(db, AGENCY_REPORT, out, e, DB_TEXT(agency), DB_TEXT(period));
}

const uint8_t *store_agency_score_person(const struct db_result *r, int row)
{
	return db_uuid(r, row, 0);
}

const char *store_agency_score_body(const struct db_result *r, int row)
{
	return db_text(r, row, 1);
}

bool store_agencies(struct db *db, struct db_result **out, struct err *e)
{
	return db_run(db, AGENCIES, NULL, 0, out, e);
}

bool store_agency_known(struct db *db, const char *agency, bool *known, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!db_exec(db, AGENCY_KNOWN, &r, e, DB_TEXT(agency)))
		return false;
	*known = db_rows(r) > 0;
	return true;
}
