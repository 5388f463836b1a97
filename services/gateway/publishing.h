/* publishing: events on their way to Kafka for one visit, which is answered when all of them are
 * acknowledged: 202, or what failed. No thread waits for that. */
#pragma once

#include "visit.h"

struct publishing;
/* The visit is answered later, by publishing_end or after it: 202 with `answer`, which is taken in
 * any case; `metric` of enum gateway_metric grows by n. NULL without memory. */
struct publishing *publishing_begin(
	struct visit *v, int n, int metric, json_t *answer, struct err *e) MUST_CHECK;
struct bus_delivery *publishing_delivery(struct publishing *p); /* to produce for */
/* All is produced; or, if the error is set, could not be. */
void publishing_end(struct publishing *p, const struct err *e);
