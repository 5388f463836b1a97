/* cursor: where the next page of a list begins, as an opaque text. It is good for the list that
 * handed it out alone: part of it is a hash over what identifies the list. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cursor {
	int64_t number; /* a serial number or an instant */
	uint8_t key[16];
};

enum { CURSOR_TEXT = 65 };

/* `list` names the list, its filters included. */
const char *cursor_format(const struct cursor *c, const char *list, char out[CURSOR_TEXT]);
bool cursor_parse(const char *text, const char *list, struct cursor *out);
