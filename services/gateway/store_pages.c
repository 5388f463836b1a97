/* store_pages: what only the pages ask for. */
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
