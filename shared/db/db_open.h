/* db_open: making a connection to PostgreSQL. */
#pragma once

#include <stdbool.h>

#include <libpq-fe.h>

#include "base/err.h"

/* Nothing that PostgreSQL says is ever printed. An address of the URL's that says nothing for 5 s
 * is given up. NULL: ERR_RETRY, or ERR_FATAL for a URL that is none. */
PGconn *db_open(const char *url, const char *application, struct err *e) MUST_CHECK;
