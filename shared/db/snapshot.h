/* snapshot: a value made of many rows as they all were at one moment, read again when their version
 * has grown, and shared by the threads of a process: whoever holds one reads it in peace until it
 * lets go of it.
 *
 * Rows are read over a connection of its own, in one REPEATABLE READ transaction. Errors as in
 * db.h. Thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "db/db.h"

/* What the rows of one statement add to the value; ERR_FATAL for what cannot be read. */
struct snapshot_part {
	int statement;
	bool (*take)(void *value, const struct db_result *rows, struct err *e);
};

struct snapshot_kind {
	const char *name; /* "registry": seen in pg_stat_activity */
	const struct db_statement
		*statements; /* the first has no parameters and gives the version, an int8 */
	size_t n_statements;
	const struct snapshot_part *parts; /* in this order; none has parameters */
	size_t n_parts;
	size_t size; /* of the value, which is zeroed before the first part */
	void (*done)(void *value); /* frees what the parts put into it */
};

/* What a thread holds of it. Zeroed: nothing. */
struct snapshot_hold {
	const void *value;
	int64_t version;
	struct snapshot_version *of; /* the snapshot's own */
};

struct snapshot;
struct snapshot *snapshot_new(
	const char *url, const struct snapshot_kind *kind); /* NULL without memory */
void snapshot_free(struct snapshot *s); /* accepts NULL; nobody holds anything of it any more */

/* Makes *held the value of now. Untouched on failure. *fresh (NULL: nobody asks) says whether it
 * was read just now. */
bool snapshot_refresh(
	struct snapshot *s, struct snapshot_hold *held, bool *fresh, struct err *e) MUST_CHECK;
void snapshot_release(
	struct snapshot *s, struct snapshot_hold *held); /* accepts one that holds nothing */
