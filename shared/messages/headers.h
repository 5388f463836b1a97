/* headers: a message's Kafka headers as they are stored: JSON, [[name, value], …] in their order,
 * both in base64, a null value null.
 *
 * Key and headers of an event are bounded (event_fits). Of what is beyond the bounds exactly one
 * byte or one header more is kept: sent again as it is stored, it is too large again, rather than
 * taken for the whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"
#include "bus/bus.h"
#include "messages/event.h"

enum { HEADERS_MOST = EVENT_MAX_HEADERS + 1 };

/* The message's headers, borrowed from it; returns how many, at most HEADERS_MOST. */
size_t headers_of(const struct bus_message *m, struct event_header out[HEADERS_MOST]);
/* How much of the message's key is kept. */
size_t headers_key(const struct bus_message *m);
/* The stored form, to be freed by the caller; NULL when there are none. False without memory. */
bool headers_json(const struct bus_message *m, char **out);

/* What others are shown of a stored form: [[name, base64 or null], …] in their order; a name that
 * is no text is
 * {"base64": …}. Of names and values together at most `most` bytes: the first header that is too
 * much ends it. An empty list for NULL. */
json_t *headers_shown(const void *json, size_t len, size_t most);

struct stored_headers {
	struct event_header *list; /* data NULL: the header's value is null */
	size_t n;
	struct buf bytes;
};

/* The headers of a stored form. False when the text is not of that form. Free with headers_done in
 * any case. */
bool headers_read(const void *json, size_t len, struct stored_headers *out);
void headers_done(struct stored_headers *h);
