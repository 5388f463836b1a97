/* authority: who may do what the table of routes says. */
#pragma once

#include "visit.h"

/* Who asks alone decides, whatever the request names. */
bool authority_by_role(const struct route *route);
/* Whether who asks may; v->who and, unless authority_by_role, the parameters are there. */
bool authority_may(struct visit *v, bool *may, struct err *e) MUST_CHECK;
/* Whether who asks may see the bytes that evidence came as: the person, and auditors. They hold the
 * person's NIP, which is not a superior's to know. */
bool authority_sees_originals(const struct visit *v);
/* Whether the registry knows what the route wants known, which is not KNOWN_UNASKED. */
bool authority_known(struct visit *v, bool *known, struct err *e) MUST_CHECK;
