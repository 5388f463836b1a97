/* housekeeping: what intake does besides batches: corrections that find their original, those that
 * never do, totals built anew on an operator's request, and ids that need no longer be remembered.
 */
#pragma once

#include "batch.h"

/* True for messages of registry.changed. */
bool housekeeping_is_request(const struct bus_message *m);
/* Rebuilds the totals that a recompute names and queues evidence.accepted for them; other kinds ask
 * nothing. */
bool housekeeping_rebuild(struct worker *w, const struct bus_message *m, struct err *e) MUST_CHECK;

/* Timers. */
bool housekeeping_resolve(struct worker *w, struct err *e) MUST_CHECK;
bool housekeeping_open(struct worker *w, struct err *e) MUST_CHECK;
bool housekeeping_expire(struct worker *w, struct err *e) MUST_CHECK;
