/* housekeeping: what intake does besides batches: corrections that find their original, those that
 * never do, totals built anew on an operator's request, and ids that need no longer be remembered.
 */
#pragma once

#include "batch.h"

/* registry.changed: rebuilds the totals that a recompute names, a person's at a time, and says on
 * evidence.accepted to look at them; other kinds ask nothing. */
bool housekeeping_recompute(
	struct worker *w, const struct bus_message *messages, int n, struct err *e) MUST_CHECK;

/* Timers. */
bool housekeeping_resolve(struct worker *w, struct err *e) MUST_CHECK;
bool housekeeping_open(struct worker *w, struct err *e) MUST_CHECK;
bool housekeeping_expire(struct worker *w, struct err *e) MUST_CHECK;
