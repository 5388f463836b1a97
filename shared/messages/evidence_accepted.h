/* evidence_accepted: what evidence.accepted holds: a person's or a unit's month that is to be
 * looked at. */
#pragma once

#include <jansson.h>

#include "base/digest.h"
#include "messages/emit.h"

enum { EVIDENCE_UNIT_TEXT = 65 };

struct evidence_accepted {
	uint8_t person[DIGEST_KEY]; /* unless it is about a unit */
	char unit[EVIDENCE_UNIT_TEXT]; /* its code; "" when it is about a person */
	int32_t month; /* clock.h's */
};

/* NULL without memory. */
json_t *evidence_accepted_json(const struct evidence_accepted *m);
bool evidence_accepted_emit(
	const struct emitter *by, const struct evidence_accepted *m, struct err *e) MUST_CHECK;
/* False for what is none: it asks nothing. */
bool evidence_accepted_read(const void *data, size_t len, struct evidence_accepted *out);
