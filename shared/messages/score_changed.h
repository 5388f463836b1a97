/* score_changed: how score.changed is keyed: "<person>/<period>". Its value is a score as
 * appraisal/score.h writes it, or nothing: there is no score any more. Readers take the score from
 * scoring's view as it stands; the key alone says which. */
#pragma once

#include "base/digest.h"
#include "base/period.h"
#include "messages/emit.h"

struct score_changed {
	uint8_t person[DIGEST_KEY];
	struct period period;
	char period_text[PERIOD_TEXT]; /* as it is written */
};

/* `score` NULL: there is none any more. */
bool score_changed_emit(const struct emitter *by, const uint8_t person[DIGEST_KEY],
	const char *period, const char *score, struct err *e) MUST_CHECK;
/* What a key says; false for what is none. */
bool score_changed_read(const void *key, size_t len, struct score_changed *out);
