/* evidence_rejected: what evidence.rejected holds: what was rejected and why. Whatever it is given,
 * it says less than Kafka takes: of a payload the first 64 KiB, of key and headers what fits their
 * limit. */
#pragma once

#include <stdint.h>

#include <jansson.h>

#include "base/digest.h"
#include "messages/emit.h"

struct evidence_rejected {
	const char *source, *reason, *detail, *topic;
	int32_t partition;
	int64_t offset, at;
	uint8_t sha256[DIGEST_SHA256];
	const void *key, *payload;
	size_t key_len, payload_len;
	const char *headers; /* as headers.h stores them; NULL: none */
};

/* NULL without memory. */
json_t *evidence_rejected_json(const struct evidence_rejected *m);
bool evidence_rejected_emit(
	const struct emitter *by, const struct evidence_rejected *m, struct err *e) MUST_CHECK;
