#include "db/db_schema.h"

#include <string.h>

/* make says it: the newest migration that the program needs, "023". The number of the lock is
 * services/admin/migrate.c's, too. */
#define BUILT_FOR SCHEMA_LEVEL "::int"

/* In this order: what the schema says is only believed with the lock in hand, for which the program
 * waits while somebody takes away what it needs. */
static const char question[] =
	"SELECT pg_advisory_lock_shared(1413829190, " BUILT_FOR ");"
	"SELECT level >= " BUILT_FOR ", coalesce(oldest <= " BUILT_FOR ", true),"
	" to_char(level, 'FM000'), to_char(oldest, 'FM000') FROM release.level_view";

enum { IS_NEW_ENOUGH, IS_OLD_ENOUGH, LEVEL, OLDEST };

static bool is_true(const PGresult *r, int column)
{
	return strcmp(PQgetvalue(r, 0, column), "t") == 0;
}

static bool schema_judge(const PGresult *r, struct err *e)
{
	if (!is_true(r, IS_NEW_ENOUGH))
		return err_set(e, ERR_RETRY,
			"PostgreSQL: the schema is at %s, and this program wants " SCHEMA_LEVEL
			": admin migrate brings it there",
			PQgetvalue(r, 0, LEVEL));
	if (!is_true(r, IS_OLD_ENOUGH))
		return err_set(e, ERR_FATAL,
			"PostgreSQL: the schema is at %s, which programs older than %s cannot "
			"read; this one was built for " SCHEMA_LEVEL ": replace it by a newer one",
			PQgetvalue(r, 0, LEVEL), PQgetvalue(r, 0, OLDEST));
	return true;
}

/* Before it could say for which programs it is, there was no such view. */
static bool schema_silent(const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	return state && (strcmp(state, "42P01") == 0 || strcmp(state, "3F000") == 0);
}

bool db_schema_fits(PGconn *conn, struct err *e)
{
	PGresult *r = PQexec(conn, question);
	const char *text = PQerrorMessage(conn);
	bool fits = false;
	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		fits = schema_judge(r, e);
	else if (schema_silent(r))
		err_set(e, ERR_RETRY,
			"PostgreSQL: this program wants a schema of " SCHEMA_LEVEL
			", and it is older: admin migrate brings it there");
	else
		err_set(e, ERR_RETRY, "PostgreSQL, for which programs the schema is: %.*s",
			(int)strcspn(text, "\n"), text);
	PQclear(r);
	return fits;
}
