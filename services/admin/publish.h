/* publish: says on registry.changed what registry.outbox holds. */
#pragma once

#include <stdint.h>

#include "admin.h"

/* Publishes all of it, and deletes it once Kafka has acknowledged. Adds how many to *said. */
bool publish_outbox(struct admin *a, int64_t *said, struct err *e) MUST_CHECK;
