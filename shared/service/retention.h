/* retention: what ends with its time. A rule is a statement of the service's table, with an instant
 * and a number: it deletes what is older, at most so many rows, and says how many went. */
#pragma once

#include "service/service.h"

struct retention {
	int statement; /* $1 timestamptz, $2 int4 → one row of one number */
	int64_t days; /* how long; 0: for ever */
};

/* For a timer: once a day each rule in turn, by steps that nobody waits for. What is left after
 * some of them is left for the next call. `day` is the caller's, 0 at first. */
bool retention_keep(struct worker *w, const struct retention *rules, size_t n, int32_t *day,
	struct err *e) MUST_CHECK;
