/* binary: an event in binary mode as HTTP carries it (CloudEvents HTTP binding, 3.1), as the
 * headers that Kafka carries it in: ce-subject becomes ce_subject, and its value what was meant:
 * quotes taken away, then percent-decoded once. The body is the data and stays as it came. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "messages/event.h"

enum {
	BINARY_HEADERS = 64, /* as many as a request's head may have */
	BINARY_BYTES = 32 * 1024, /* more than they can be, of a head of 16 KiB */
	BINARY_FIELD = 72
};

struct binary {
	struct event_header headers[BINARY_HEADERS];
	size_t n;
	char bytes[BINARY_BYTES]; /* of names and values */
	size_t used;
};

bool binary_is_attribute(const char *name); /* of a request's field: begins with ce- */
/* Such a field that names no attribute which may be set: nothing at all, or the data. */
bool binary_is_misnamed(const char *name);
/* Takes an attribute, or the Content-Type; leaves other fields alone. */
void binary_add(struct binary *b, const char *name, const char *value);
/* Where a fault is, as the client wrote it: subject, which the decoder calls so or ce_subject, is
 * ce-subject; what is in the data stays. Returns `out`. */
const char *binary_field(const char *field, char out[BINARY_FIELD]);
