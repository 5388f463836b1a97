/* topics: what there is in Kafka. */
#pragma once

#include "admin.h"

/* Creates what is missing: the internal topics if asked for, one for every registered source;
 * prints each. One that Kafka refuses does not keep it from the others: each is told on standard
 * error, and the error counts them. */
bool topics_create(
	struct admin *a, bool internal, int replication, int *created, struct err *e) MUST_CHECK;
