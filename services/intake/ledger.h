/* ledger: how much evidence a batch adds to each month, and a digest of where it came from, which
 * does not depend on the order. `admin verify` makes the same of what is there (022_ledger.sql). */
#pragma once

#include "store.h"

struct ledger_month {
	int32_t month;
	int64_t n;
	uint64_t digest;
};

struct ledger { /* empty: all zero */
	struct ledger_month *months;
	int n;
};

bool ledger_add(struct ledger *l, const struct evidence *x, const struct origin *from, int64_t now,
	struct err *e) MUST_CHECK;
/* Into the rows of this worker. */
bool ledger_write(
	const struct ledger *l, struct db *db, const char *worker, struct err *e) MUST_CHECK;
void ledger_done(struct ledger *l);
