#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

bool digest_init(void)
{
	return sodium_init() >= 0;
}

void digest_sha256(const void *data, size_t len, uint8_t out[DIGEST_SHA256])
{
	crypto_hash_sha256(out, data, len);
}

void digest_key(const void *data, size_t len, uint8_t out[DIGEST_KEY])
{
	crypto_generichash(out, DIGEST_KEY, data, len, NULL, 0);
}

void digest_keyed(
	const uint8_t key[DIGEST_SHA256], const void *data, size_t len, uint8_t out[DIGEST_SHA256])
{
	crypto_generichash(out, DIGEST_SHA256, data, len, key, DIGEST_SHA256);
}

bool digest_equal(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

void digest_random(void *out, size_t len)
{
	randombytes_buf(out, len);
}

void digest_uuid4(uint8_t out[DIGEST_KEY])
{
	digest_random(out, DIGEST_KEY);
	out[6] = (uint8_t)((out[6] & 0x0f) | 0x40);
	out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
}

const char *digest_hex(const uint8_t *data, size_t len, char *out)
{
	return sodium_bin2hex(out, 2 * len + 1, data, len);
}

const char *digest_uuid_format(const uint8_t key[DIGEST_KEY], char out[DIGEST_UUID_TEXT])
{
	static const int ends[] = {4, 6, 8, 10, 16};
	char *p = out;
	for (int part = 0, i = 0; part < 5; part++) {
		digest_hex(key + i, (size_t)(ends[part] - i), p);
		p += 2 * (ends[part] - i);
		i = ends[part];
		*p++ = '-';
	}
	p[-1] = '\0';
	return out;
}

static int digest_nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool digest_uuid_parse(const char *text, uint8_t out[DIGEST_KEY])
{
	uint8_t key[DIGEST_KEY];
	if (strlen(text) != DIGEST_UUID_TEXT - 1)
		return false;
	for (int i = 0; i < DIGEST_KEY; i++) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return false;
		int high = digest_nibble(text[0]), low = digest_nibble(text[1]);
		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	memcpy(out, key, sizeof key);
	return true;
}

static bool digest_encode(struct buf *out, const void *data, size_t len, int variant)
{
	size_t room = sodium_base64_encoded_len(len, variant);
	char *text = malloc(room);
	if (!text)
		return false;
	sodium_bin2base64(text, room, data, len, variant);
	bool ok = buf_adds(out, text);
	free(text);
	return ok;
}

bool digest_base64(struct buf *out, const void *data, size_t len)
{
	return digest_encode(out, data, len, sodium_base64_VARIANT_ORIGINAL);
}

bool digest_base64url(struct buf *out, const void *data, size_t len)
{
	return digest_encode(out, data, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool digest_base64_decode(struct buf *out, const char *text)
{
	size_t len = strlen(text), got = 0;
	uint8_t *data = malloc(len + 1);
	if (!data)
		return false;
	bool ok = sodium_base642bin(data, len, text, len, NULL, &got, NULL,
			  sodium_base64_VARIANT_ORIGINAL) == 0 &&
		  buf_add(out, data, got);
	free(data);
	return ok;
}
