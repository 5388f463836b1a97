/* store: all of reporting's SQL. Errors as in db.h. */
#pragma once

#include "db/db.h"

extern const struct db_statement reporting_statements[];
extern const size_t reporting_statements_n;
extern const int reporting_reading; /* for the skeleton: see struct service */

/* Rows are a person and a period each, as two arrays of the same length; repetitions are fine. */
struct store_keys {
	struct db_array person, period;
};
void store_keys_init(struct store_keys *k);
void store_keys_done(struct store_keys *k);
bool store_keys_add(struct store_keys *k, const uint8_t person[16], const char *period);

/* Makes rows where there are none, and locks them all in order. In a transaction. */
bool store_lock(struct db *db, struct store_keys *k, struct err *e) MUST_CHECK;
/* After the lock, so that it reads what whoever held it before left: the scores that stand now, and
 * that others do not stand any more. How many rows that changed. */
bool store_take(struct db *db, struct store_keys *k, int64_t *changed, struct err *e) MUST_CHECK;
