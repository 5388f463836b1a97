#include "cursor.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"

enum { CHECK = 8, WHOLE = sizeof(struct cursor) + CHECK };

static void cursor_check(const struct cursor *c, const char *list, uint8_t out[CHECK])
{
	uint8_t key[DIGEST_KEY];
	BUF_AUTO all;
	buf_init(&all, 4096);
	buf_add(&all, c, sizeof *c);
	buf_adds(&all, list);
	digest_key(all.data, all.len, key);
	memcpy(out, key, CHECK);
}

const char *cursor_format(const struct cursor *c, const char *list, char out[CURSOR_TEXT])
{
	uint8_t whole[WHOLE];
	memcpy(whole, c, sizeof *c);
	cursor_check(c, list, whole + sizeof *c);
	return digest_hex(whole, sizeof whole, out);
}

bool cursor_parse(const char *text, const char *list, struct cursor *out)
{
	uint8_t whole[WHOLE], check[CHECK];
	if (strlen(text) != 2 * WHOLE || strspn(text, "0123456789abcdef") != 2 * WHOLE)
		return false;
	for (size_t i = 0; i < WHOLE; i++) {
		unsigned byte;
		sscanf(text + 2 * i, "%2x", &byte);
		whole[i] = (uint8_t)byte;
	}
	struct cursor c;
	memcpy(&c, whole, sizeof c);
	cursor_check(&c, list, check);
	if (memcmp(check, whole + sizeof c, CHECK) != 0)
		return false;
	*out = c;
	return true;
}
