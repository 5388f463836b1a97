/* digests: what is said of periods after their own time, a message for each person. */
#pragma once

#include "service/service.h"

/* Looks at the late periods of some people; *n is how many were due. In one transaction: all of a
 * person's late rows that wait are locked first, so that two at work never make two digests of
 * them. */
bool digest_once(struct worker *w, int *n, struct err *e) MUST_CHECK;
