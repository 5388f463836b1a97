/* number: numbers of a JSON text as they are written. jansson keeps the double nearest to a number,
 * in which digits that are too many are lost: whether there were any, only the text knows. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/dec.h"

/* The figure that `number` stands for in the text that `root` was parsed from, without repeated
 * keys. `number` is in `root`, and may be NULL or no number: then nothing is asked of it. False
 * when it has too many digits, see dec.h. */
bool number_exact(
	const char *text, size_t len, const json_t *root, const json_t *number, dec_wide *out);
