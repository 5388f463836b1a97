#include "messages/number.h"

#include <string.h>

static bool precede(const json_t *v, const json_t *wanted, size_t *n);

static bool precede_within(const json_t *v, const json_t *wanted, size_t *n)
{
	const char *key;
	json_t *child;
	size_t i;
	json_object_foreach ((json_t *)(uintptr_t)v, key, child)
		if (precede(child, wanted, n))
			return true;
	json_array_foreach (v, i, child)
		if (precede(child, wanted, n))
			return true;
	return false;
}

/* How many numbers come before the wanted one: jansson keeps the order of the text, and where no
 * key is repeated all of its values. */
static bool precede(const json_t *v, const json_t *wanted, size_t *n)
{
	if (v == wanted)
		return true;
	*n += json_is_number(v);
	return precede_within(v, wanted, n);
}

static const char *string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		at += *at == '\\';
	return at;
}

static size_t token_length(const char *at, const char *end)
{
	size_t len = 0;
	while (at + len < end && strchr("+-.eE0123456789", at[len]) && at[len])
		len++;
	return len;
}

/* The n-th number of a well-formed text, from 0. */
static const char *token_find(const char *at, const char *end, size_t n, size_t *len)
{
	for (; at < end; at++) {
		if (*at == '"') {
			at = string_end(at, end);
		} else if (*at == '-' || (*at >= '0' && *at <= '9')) {
			*len = token_length(at, end);
			if (n-- == 0)
				return at;
			at += *len - 1;
		}
	}
	return NULL;
}

bool number_exact(
	const char *text, size_t len, const json_t *root, const json_t *number, dec_wide *out)
{
	size_t n = 0, length = 0;
	if (!json_is_real(number)) /* an integer is what it says */
		return true;
	const char *token =
		precede(root, number, &n) ? token_find(text, text + len, n, &length) : NULL;
	return token && dec_from_token(token, length, out);
}
