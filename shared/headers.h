/* headers: a message's Kafka headers as they are stored: JSON, {"name": base64 or null}; a name that is repeated has an
 * array of those, in order. At most HEADERS_MOST are kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "buf.h"
#include "bus.h"

enum { HEADERS_MOST = 256 };

/* The stored form, to be freed by the caller; NULL when there are none. */
char *headers_json(const struct bus_message *m);

/* What others are shown of it: {"name": base64 or null}, of repeated ones the last. An empty object for NULL. */
json_t *headers_shown(const void *json, size_t len);

struct stored_header {
	const char *name, *data; /* data NULL: the header's value is null */
	size_t len;
};

struct stored_headers {
	struct stored_header *list;
	size_t n;
	struct buf bytes;
	void *root;
};

/* The headers of a stored form. False when the text is not of that form. Free with headers_done in any case. */
bool headers_read(const void *json, size_t len, struct stored_headers *out);
void headers_done(struct stored_headers *h);
