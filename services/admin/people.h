/* people: who an operator means. */
#pragma once

#include "admin.h"

/* The ids of people named by NIP, as people write it, or uuid; ERR_NOT_FOUND says which of them
 * there is not, by its place. */
bool people_find(struct admin *a, const char *const *names, int n, struct db_array *out,
	struct err *e) MUST_CHECK;
