/* db_schema: whether a program and the schema that it meets can work together; used by db.c. See
 * docs/decisions/0014. */
#pragma once

#include <stdbool.h>

#include <libpq-fe.h>

#include "base/err.h"

/* Tells PostgreSQL for which schema this program was built, for as long as the connection stands
 * (`admin migrate` takes away nothing that it needs meanwhile), and asks for which programs the
 * schema is. ERR_RETRY: it is older than the program wants. ERR_FATAL: it is not for this one any
 * more. */
bool db_schema_fits(PGconn *conn, struct err *e) MUST_CHECK;
