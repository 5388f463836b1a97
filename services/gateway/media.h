/* media: what a Content-Type says of a body (RFC 9110, 8.3). Pure. */
#pragma once

#include <stdbool.h>

struct media {
	char type[128]; /* "application/json", in lower case; "" for none or one that is longer */
	char charset[32]; /* in lower case; "" for none */
};

void media_parse(const char *text, struct media *out); /* NULL: there is no Content-Type */
bool media_is_json(const struct media *m); /* application/json, or a +json type */
bool media_is_utf8(const struct media *m); /* says so, or says nothing; ASCII is UTF-8 */
