/* Rows of an answer, read; and values that come as text. */
#include "db/db.h"

#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "db/db_wire.h"

void db_result_free(struct db_result *r)
{
	PQclear((PGresult *)r);
}

static const PGresult *db_pg(const struct db_result *r)
{
	return (const PGresult *)r;
}

int db_rows(const struct db_result *r)
{
	return r ? PQntuples(db_pg(r)) : 0;
}

int64_t db_affected(const struct db_result *r)
{
	return r ? strtoll(PQcmdTuples((PGresult *)(uintptr_t)r), NULL, 10) : 0;
}

bool db_is_null(const struct db_result *r, int row, int column)
{
	return PQgetisnull(db_pg(r), row, column);
}

int64_t db_int(const struct db_result *r, int row, int column)
{
	int64_t v =
		db_wire_int(PQgetvalue(db_pg(r), row, column), PQgetlength(db_pg(r), row, column));
	return PQftype(db_pg(r), column) == 1082 ? v + DB_EPOCH / 86400 : v;
}

int64_t db_time(const struct db_result *r, int row, int column)
{
	int len = PQgetlength(db_pg(r), row, column);
	return len ? db_wire_int(PQgetvalue(db_pg(r), row, column), len) + DB_EPOCH * 1000000 : 0;
}

int32_t db_date(const struct db_result *r, int row, int column)
{
	int len = PQgetlength(db_pg(r), row, column);
	return len ? (int32_t)(db_wire_int(PQgetvalue(db_pg(r), row, column), len) +
			       DB_EPOCH / 86400)
		   : 0;
}

dec_wide db_numeric(const struct db_result *r, int row, int column)
{
	return db_wire_numeric(
		PQgetvalue(db_pg(r), row, column), PQgetlength(db_pg(r), row, column));
}

const char *db_text(const struct db_result *r, int row, int column)
{
	const char *text = PQgetvalue(db_pg(r), row, column);
	enum { JSONB = 3802 };
	return PQftype(db_pg(r), column) == JSONB && *text ? text + 1
							   : text; /* after jsonb's version byte */
}

const void *db_bytes(const struct db_result *r, int row, int column, size_t *len)
{
	*len = (size_t)PQgetlength(db_pg(r), row, column);
	return db_is_null(r, row, column) ? NULL : PQgetvalue(db_pg(r), row, column);
}

const uint8_t *db_uuid(const struct db_result *r, int row, int column)
{
	static const uint8_t none[16];
	return PQgetlength(db_pg(r), row, column) == 16
		       ? (const uint8_t *)PQgetvalue(db_pg(r), row, column)
		       : none;
}

struct db_value db_text_value_n(const char *text, size_t len)
{
	return text ? (struct db_value){.kind = DB_K_TEXT, .data = text, .len = len} : DB_NULL;
}

struct db_value db_text_value(const char *text)
{
	return db_text_value_n(text, text ? strlen(text) : 0);
}

struct db_value db_json_value(const char *text)
{
	struct db_value v = db_text_value(text);
	if (text)
		v.kind = DB_K_JSON;
	return v;
}
