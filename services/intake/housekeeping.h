/* housekeeping: what intake does besides batches: corrections that find their original, those that
 * never do, totals built anew on an operator's request, and what need no longer be kept. */
#pragma once

#include "batch.h"

struct intake_settings {
	int64_t keep_rejections_days, keep_tally_days; /* 0: for ever */
};

/* registry.changed: rebuilds the totals that a recompute names, a person's at a time, and says on
 * evidence.accepted to look at them; other kinds ask nothing. */
bool housekeeping_recompute(
	struct worker *w, const struct bus_message *messages, int n, struct err *e) MUST_CHECK;

/* Timers. */
bool housekeeping_resolve(struct worker *w, struct err *e) MUST_CHECK;
bool housekeeping_open(struct worker *w, struct err *e) MUST_CHECK;
bool housekeeping_expire(struct worker *w, struct err *e) MUST_CHECK;
