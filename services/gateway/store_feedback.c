/* store_feedback: what citizens say of agencies. */
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "store.h"
#include "store_statements.h"

/* The same for all gateways: whoever comes first has made it. */
bool store_secret(struct db *db, uint8_t out[32], struct err *e)
{
	uint8_t fresh[DIGEST_SHA256];
	size_t len;
	DB_RESULT_AUTO *r = NULL;
	digest_random(fresh, sizeof fresh);
	if (!db_exec(db, SECRET_ADD, NULL, e, DB_BYTES(fresh, sizeof fresh)) ||
		!db_run(db, SECRET, NULL, 0, &r, e))
		return false;
	const void *key = db_bytes(r, 0, 0, &len);
	if (db_rows(r) != 1 || len != DIGEST_SHA256)
		return err_set(e, ERR_FATAL, "the gateways' key is not what it should be");
	memcpy(out, key, DIGEST_SHA256);
	return true;
}

bool store_repetition(struct db *db, const uint8_t key[32], const uint8_t body[32], int32_t until,
	enum repetition *out, struct err *e)
{
	/* Twice: one that another has just added is not visible to the statement that found it in
	 * its way. */
	for (int attempt = 0; attempt < 2; attempt++) {
		DB_RESULT_AUTO *r = NULL;
		size_t len;
		if (!db_exec(db, REPETITION, &r, e, DB_BYTES(key, 32), DB_BYTES(body, 32),
			    DB_DATE(until)))
			return false;
		if (db_rows(r) == 0)
			continue;
		const void *stored = db_bytes(r, 0, 0, &len);
		*out = db_int(r, 0, 1)                               ? REPETITION_NONE
		       : len == 32 && digest_equal(stored, body, 32) ? REPETITION_SAME
								     : REPETITION_OTHER;
		return true;
	}
	return err_set(e, ERR_RETRY, "an Idempotency-Key is being added");
}

bool store_repetitions_expire(struct db *db, int32_t today, struct err *e)
{
	return db_exec(db, REPETITIONS_EXPIRE, NULL, e, DB_DATE(today));
}

bool store_place(struct db *db, const char *agency, const char *unit, bool *has_agency,
	bool *has_unit, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!db_exec(db, PLACE, &r, e, DB_TEXT(agency), DB_TEXT(unit)))
		return false;
	*has_agency = db_int(r, 0, 0);
	*has_unit = db_int(r, 0, 1);
	return true;
}

bool store_agency_units(struct db *db, const char *agency, struct db_result **out, struct err *e)
{
	return db_exec(db, AGENCY_UNITS, out, e, DB_TEXT(agency));
}

bool store_answer(struct db *db, const uint8_t key[16], bool *found, int32_t *day, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!db_exec(db, ANSWER, &r, e, DB_UUID(key)))
		return false;
	*found = db_rows(r) == 1;
	*day = *found ? db_date(r, 0, 0) : 0;
	return true;
}

bool store_answers(struct db *db, int32_t first, int32_t last, const char *agency,
	struct db_result **out, struct err *e)
{
	return db_exec(db, ANSWERS, out, e, DB_DATE(first), DB_DATE(last), DB_TEXT(agency));
}

struct answers_row store_answers_row(const struct db_result *r, int row)
{
	struct answers_row x = {.agency = db_text(r, row, 0), .unit = db_text(r, row, 1)};
	x.sums.n = db_int(r, row, 2);
	for (int i = 0; i < SURVEY_ELEMENTS; i++)
		x.sums.sums[i] = db_int(r, row, 3 + i);
	x.sums.squares = db_int(r, row, 3 + SURVEY_ELEMENTS);
	return x;
}
