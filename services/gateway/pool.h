/* pool: a fixed number of connections to PostgreSQL, shared by the threads that answer requests. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "db/db.h"

struct pool;

/* Connects nothing yet. NULL without memory. The texts and the table are borrowed. */
struct pool *pool_new(int size, const char *url, const char *application,
	const struct db_statement *table, size_t n);
void pool_free(struct pool *p); /* when all are given back; accepts NULL */

enum { POOL_FOR_ALL }; /* an owner that stands for many */

/* Waits a few seconds for a free one, and connects it; NULL: ERR_RETRY. One that lay idle is asked
 * first whether it still answers, so that a restart of PostgreSQL costs no request that comes after
 * it. An owner, who is a token or an address, has half of them at most: the others never wait for
 * one alone. */
struct db *pool_take(struct pool *p, uint64_t owner, struct err *e) MUST_CHECK;
void pool_give(struct pool *p, struct db *db); /* rolls back what is open; accepts NULL */
