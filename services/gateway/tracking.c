#include "tracking.h"

#include <string.h>

enum { RANDOM = 20, CHECK = 5, ALL = RANDOM + CHECK };

/* Crockford's: nobody takes an O for a 0. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Five bits a character. */
static void spell(const uint8_t *bits, int n, char *out)
{
	for (int i = 0; i < n; i++) {
		int at = 5 * i / 8, shift = 5 * i % 8;
		unsigned two = (unsigned)bits[at] << 8 | bits[at + 1];
		out[i] = alphabet[two >> (11 - shift) & 31];
	}
}

static void check(const uint8_t key[DIGEST_SHA256], const char *code, char out[CHECK])
{
	uint8_t hash[DIGEST_SHA256];
	char text[sizeof "tracking" + RANDOM] = "tracking";
	memcpy(text + sizeof "tracking", code, RANDOM);
	digest_keyed(key, text, sizeof text, hash);
	spell(hash, CHECK, out);
}

void tracking_make(const uint8_t key[DIGEST_SHA256], const uint8_t seed[DIGEST_SHA256],
	char out[TRACKING_TEXT])
{
	spell(seed, RANDOM, out);
	check(key, out, out + RANDOM);
	out[ALL] = '\0';
}

bool tracking_read(const uint8_t key[DIGEST_SHA256], const char *text, char out[TRACKING_TEXT])
{
	char right[CHECK];
	size_t n = 0;
	for (; *text && n < ALL; text++) {
		char c = *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;
		if (c != ' ' && c != '-')
			out[n++] = c;
	}
	text += strspn(text, " -");
	memset(out + n, '0', ALL - n);
	out[ALL] = '\0';
	check(key, out, right);
	return digest_equal(right, out + RANDOM, CHECK) && n == ALL && !*text;
}

void tracking_id(const char code[TRACKING_TEXT], uint8_t out[DIGEST_KEY])
{
	uint8_t hash[DIGEST_SHA256];
	digest_sha256(code, ALL, hash);
	memcpy(out, hash, DIGEST_KEY);
}
