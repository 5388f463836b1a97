/* quota: how much of something each of many may do in an hour, in memory: as much at once, and what
 * was used comes back evenly. Who they are is known by a hash alone. A bounded number of them:
 * whoever was not seen the longest makes room. Thread-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct quota;
struct quota *quota_new(int64_t per_hour); /* 0: without bounds. NULL without memory */
void quota_free(struct quota *q); /* accepts NULL */

/* `now` on any clock, in microseconds. *wait: seconds until there is one, when there is none. */
bool quota_take(struct quota *q, uint64_t who, int64_t now, int64_t *wait);
