/* verify: findings as they are met: what does not agree, and where. No line carries a NIP. */
#pragma once

#include <stdint.h>

#include "admin.h"

struct verify {
	struct admin *admin;
	int64_t found; /* lines printed */
	int64_t archived; /* originals that lie in their month's archive */
	int64_t all_originals, all_people; /* how many there are; 0 when nobody looks on */
};

/* Prints one line, "place: what". */
void verify_found(struct verify *v, const char *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Every score equals one made from raw evidence, byte for byte but for its revision, and none is
 * missing. Adds how many there are to *scores. */
bool verify_scores(struct verify *v, int64_t *scores, struct err *e) MUST_CHECK;
