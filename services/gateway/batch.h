/* batch: a JSON array of events as a list of its elements' own bytes, so that each is published as
 * it came. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct batch_piece {
	const char *data; /* within the text; without the spaces around it */
	size_t len;
};

/* Cuts the array into its elements. Returns how many (0 for an empty array), `most` + 1 when there
 * are more than that, or -1 when the text is no array. An element may still be no JSON: whoever
 * reads it finds out; that all are JSON then makes the whole JSON. */
int batch_cut(const char *text, size_t len, struct batch_piece *out, int most);
