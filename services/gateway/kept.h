/* kept: answers that are the same for everybody, kept in memory with an ETag. One is made anew when
 * it is asked for and is KEPT_MS old, by one of those who ask; the others get the old one
 * meanwhile. A bounded number of them. Thread-safe. */
#pragma once

#include "visit.h"

enum { KEPT_MS = 2000 };

struct kept;
struct kept *kept_new(void); /* NULL without memory */
void kept_free(struct kept *k); /* accepts NULL */

/* Answers the visit, with 304 where its If-None-Match names what is kept. `make` gives the body of
 * a 200, or NULL when it failed or has answered otherwise, which is not kept; the visit is
 * connected then. What the path and the query name is all that it may look at. */
bool kept_answer(
	struct visit *v, json_t *(*make)(struct visit *v, struct err *e), struct err *e) MUST_CHECK;
