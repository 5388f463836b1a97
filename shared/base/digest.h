/* digest: hashes, random bytes, constant-time comparison and base64; the door to libsodium.
 * Call digest_init once before the others. Thread-safe afterwards. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { DIGEST_SHA256 = 32, DIGEST_KEY = 16, DIGEST_HEX = 65, DIGEST_UUID_TEXT = 37 };

bool digest_init(void);

void digest_sha256(const void *data, size_t len, uint8_t out[DIGEST_SHA256]);
/* BLAKE2b cut to 128 bits: the fixed-size key of an event, the mark of its content. */
void digest_key(const void *data, size_t len, uint8_t out[DIGEST_KEY]);
/* BLAKE2b under a key: nobody without the key can make it, or guess from it. */
void digest_keyed(
	const uint8_t key[DIGEST_SHA256], const void *data, size_t len, uint8_t out[DIGEST_SHA256]);
bool digest_equal(const void *a, const void *b, size_t len); /* constant time */

void digest_random(void *out, size_t len);
void digest_uuid4(uint8_t out[DIGEST_KEY]);
const char *digest_uuid_format(const uint8_t key[DIGEST_KEY], char out[DIGEST_UUID_TEXT]);
bool digest_uuid_parse(
	const char *text, uint8_t out[DIGEST_KEY]); /* lower-case canonical form only */

const char *digest_hex(const uint8_t *data, size_t len, char *out); /* out: 2*len + 1 */
bool digest_base64(struct buf *out, const void *data, size_t len); /* standard alphabet, padded */
bool digest_base64url(struct buf *out, const void *data, size_t len); /* no padding */
/* Decodes the standard alphabet, padded; false when it is not that. */
bool digest_base64_decode(struct buf *out, const char *text);
