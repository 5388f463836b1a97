/* pool: a fixed number of connections to PostgreSQL, shared by the threads that answer requests. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "db/db.h"

struct pool;

/* The texts and the table are borrowed. */
struct pool_config {
	int size;
	const char *url, *application;
	const struct db_statement *table;
	size_t n;
	int64_t wait_ms; /* for how long a PostgreSQL that is away is waited for */
	int most_waiting; /* requests that do so */
};

/* Connects nothing yet. NULL without memory. */
struct pool *pool_new(const struct pool_config *config);
void pool_free(struct pool *p); /* when all are given back; accepts NULL */

enum { POOL_FOR_ALL }; /* an owner that stands for many */

/* Waits a few seconds for a free one, and connects it; NULL: ERR_RETRY. One that lay idle is asked
 * first whether it still answers, and a PostgreSQL that went away is waited for, so that a restart
 * costs no request that comes after it began. What is away for longer than that is not waited for
 * by anybody. An owner, who is a token or an address, has half of them at most: the others never
 * wait for one alone. */
struct db *pool_take(struct pool *p, uint64_t owner, struct err *e) MUST_CHECK;
void pool_give(struct pool *p, struct db *db); /* rolls back what is open; accepts NULL */

/* Of work that may be begun anew: how often it is, with another connection, when the one that it
 * had was lost. */
enum { POOL_TRIES = 3 };
