/* registry_changed: what registry.changed holds: what of a person is to be looked at again. */
#pragma once

#include <jansson.h>

#include "base/digest.h"
#include "base/period.h"
#include "messages/emit.h"

enum registry_change {
	REGISTRY_PERSON, /* all of the year's periods are computed again */
	REGISTRY_RECOMPUTE, /* totals of the period's months from the raw evidence, then scores */
	REGISTRY_CHANGES
};

struct registry_changed {
	enum registry_change kind;
	uint8_t person[DIGEST_KEY];
	struct period period; /* of REGISTRY_PERSON a year */
};

/* NULL without memory. */
json_t *registry_changed_json(const struct registry_changed *m);
bool registry_changed_emit(
	const struct emitter *by, const struct registry_changed *m, struct err *e) MUST_CHECK;
/* False for what is none, and for kinds that this version does not know: it asks nothing. */
bool registry_changed_read(const void *data, size_t len, struct registry_changed *out);
