/* share: how many requests of each token are under way, so that one alone cannot take every thread
 * and every connection. Thread-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct share;
struct share *share_new(unsigned most); /* for each; NULL without memory */
void share_free(struct share *s); /* accepts NULL */
/* False when that one has as many as it may, or for want of memory. */
bool share_take(struct share *s, int64_t token);
void share_give(struct share *s, int64_t token);
