/* notification_sent: what notification.sent holds: which feedback a person was given, and how. */
#pragma once

#include <stdint.h>

#include <jansson.h>

#include "base/digest.h"
#include "messages/emit.h"

struct notification_sent {
	uint8_t person[DIGEST_KEY];
	const char *period; /* texts are borrowed */
	const char *kind; /* "pace" or "closed" */
	const char *indicator; /* NULL: it is about the whole period */
	const char *channel; /* "inbox" or "email" */
	int64_t at; /* instant */
};

/* NULL without memory. */
json_t *notification_sent_json(const struct notification_sent *m);
/* Its id is the same whenever it is said again. */
bool notification_sent_emit(
	const struct emitter *by, const struct notification_sent *m, struct err *e) MUST_CHECK;
