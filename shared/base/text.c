#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"

size_t text_length(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

/* Well-formed UTF-8 (The Unicode Standard, table 3-7): by the first byte, how many there are, and
 * what the second may be; all others are 80 to BF. */
static const struct {
	unsigned char first, last; /* of first bytes */
	unsigned char len, low, high;
} forms[] = {
	{0x00, 0x7F, 1, 0, 0},
	{0xC2, 0xDF, 2, 0x80, 0xBF},
	{0xE0, 0xE0, 3, 0xA0, 0xBF},
	{0xE1, 0xEC, 3, 0x80, 0xBF},
	{0xED, 0xED, 3, 0x80, 0x9F},
	{0xEE, 0xEF, 3, 0x80, 0xBF},
	{0xF0, 0xF0, 4, 0x90, 0xBF},
	{0xF1, 0xF3, 4, 0x80, 0xBF},
	{0xF4, 0xF4, 4, 0x80, 0x8F},
};

/* The bytes of the character that begins here; 0: none does. */
static size_t character(const unsigned char *p, size_t left)
{
	size_t i = 0;
	while (i < COUNT(forms) && (*p < forms[i].first || *p > forms[i].last))
		i++;
	if (i == COUNT(forms) || forms[i].len > left)
		return 0;
	if (forms[i].len > 1 && (p[1] < forms[i].low || p[1] > forms[i].high))
		return 0;
	for (size_t k = 2; k < forms[i].len; k++)
		if ((p[k] & 0xC0) != 0x80)
			return 0;
	return forms[i].len;
}

static bool is_control(const unsigned char *p, size_t len)
{
	return len == 1 ? *p < 0x20 || *p == 0x7F : len == 2 && *p == 0xC2 && p[1] < 0xA0;
}

const char *text_printable(char *out, size_t size, const void *data, size_t len)
{
	enum { ESCAPE = sizeof "\\xff" - 1 };
	const unsigned char *p = data, *end = p + len;
	size_t at = 0;
	while (p < end) {
		size_t n = character(p, (size_t)(end - p));
		bool shown = n && !is_control(p, n);
		if (at + (shown ? n : ESCAPE) >= size)
			break;
		if (shown)
			memcpy(out + at, p, n);
		else
			snprintf(out + at, size - at, "\\x%02x", *p);
		at += shown ? n : ESCAPE;
		p += shown ? n : 1;
	}
	out[at] = '\0';
	return out;
}

/* A character that begins within what fits is whole in `raw`. */
const char *text_vformat(char *out, size_t size, const char *format, va_list args)
{
	enum { CHARACTER = 4 };
	char raw[TEXT_MOST + CHARACTER];
	size_t most = size < TEXT_MOST ? size : TEXT_MOST;
	vsnprintf(raw, most + CHARACTER, format, args);
	return text_printable(out, most, raw, strlen(raw));
}

const char *text_format(char *out, size_t size, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	text_vformat(out, size, format, args);
	va_end(args);
	return out;
}
