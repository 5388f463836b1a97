/* counting: whether a piece of evidence counts in its person's scores, and why it does not. The day
 * on which it lies decides, by the same arithmetic that the scores are made with (day_says in
 * appraisal/stretch.h) and the registry as it is now. */
#pragma once

#include "appraisal/stretch.h"
#include "db/snapshot.h"
#include "visit.h"

struct counting {
	struct snapshot *registry;
	struct snapshot_hold held; /* of a struct roster */
	struct score_facts facts; /* the person's */
};

/* Of the person that the path names. End it after a success. */
bool counting_begin(struct counting *c, struct visit *v, struct err *e) MUST_CHECK;
void counting_end(struct counting *c);

/* Why it does not count, as the API calls it; the pages' words have the same keys. NULL: it counts.
 */
const char *counting_of(const struct counting *c, const struct evidence_row *x);
