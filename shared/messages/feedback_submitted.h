/* feedback_submitted: what feedback.submitted holds: a citizen's answer to the survey. It says
 * nothing of who gave it, and no time finer than the day. */
#pragma once

#include <jansson.h>

#include "base/dec.h"
#include "base/digest.h"
#include "base/fields.h"
#include "messages/emit.h"

enum { FEEDBACK_ELEMENTS = 9, FEEDBACK_CODE_TEXT = 65 };

struct feedback_submitted {
	uint8_t id[DIGEST_KEY]; /* what the tracking code hashes to */
	const char *agency, *unit; /* codes; unit NULL: the agency as a whole */
	int32_t on; /* the day on which it was received, see clock.h */
	dec_wide elements[FEEDBACK_ELEMENTS]; /* in the law's order, units of 0.0001 */
};

/* The nine elements, into `elements` of a struct feedback_submitted; for whoever reads them. */
extern const struct fields_table feedback_survey;
/* A code as the registry has them. */
bool feedback_is_code(const char *text);

bool feedback_submitted_emit(
	const struct emitter *by, const struct feedback_submitted *m, struct err *e) MUST_CHECK;
/* NULL for what is none: it asks nothing. Else texts of *out are borrowed from what is returned,
 * which is the caller's. */
json_t *feedback_submitted_read(const void *data, size_t len, struct feedback_submitted *out);
