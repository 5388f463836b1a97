/* headers: a stored message's Kafka headers, {"name": base64 or null} as JSON. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

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

/* False when the text is not of that form. Free with headers_done in any case. */
bool headers_read(const void *json, size_t len, struct stored_headers *out);
void headers_done(struct stored_headers *h);
