/* status: how far the system is. */
#pragma once

#include "admin.h"

/* Waits until nothing is under way, upstream first, seen twice in a row. False at the deadline,
 * with what is left in the error (ERR_NOT_FOUND), or what went wrong. */
bool status_wait(struct admin *a, int64_t seconds, struct err *e) MUST_CHECK;
