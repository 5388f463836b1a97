/* tracking: the codes by which citizens ask what became of their feedback: 25 letters and digits,
 * of which 20 are 100 bits that nobody can guess, and 5 a check under the gateways' key, by which a
 * code is known that is not stored yet. Nothing stores a code: what is stored is what it hashes to.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"

enum { TRACKING_TEXT = 26 };

/* The code that comes of a seed: the same for the same. */
void tracking_make(const uint8_t key[DIGEST_SHA256], const uint8_t seed[DIGEST_SHA256],
	char out[TRACKING_TEXT]);
/* Tidies what somebody typed: capitals, without spaces and hyphens. False when it is none of ours.
 */
bool tracking_read(const uint8_t key[DIGEST_SHA256], const char *text, char out[TRACKING_TEXT]);
void tracking_id(const char code[TRACKING_TEXT], uint8_t out[DIGEST_KEY]);
