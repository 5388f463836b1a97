/* topics: what there is in Kafka. */
#pragma once

#include "admin.h"

/* Creates what is missing: the internal topics if asked for, one for every registered source; prints each. */
bool topics_create(struct admin *a, bool internal, int replication, int *created, struct err *e);
