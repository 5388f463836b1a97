#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void buf_done(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

/* Makes room for `more` bytes and a NUL. */
static bool buf_room(struct buf *b, size_t more)
{
	if (b->failed || more > b->max || b->len > b->max - more) {
		b->failed = true;
		return false;
	}
	size_t want = b->len + more + 1;
	if (want <= b->cap)
		return true;
	size_t cap = b->cap ? b->cap : 256;
	while (cap < want)
		cap += cap / 2 + 64;
	char *data = realloc(b->data, cap);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

bool buf_add(struct buf *b, const void *data, size_t len)
{
	if (!buf_room(b, len))
		return false;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return true;
}

bool buf_adds(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

bool buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !buf_room(b, (size_t)len)) {
		b->failed = true;
		return false;
	}
	va_start(args, format);
	vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
	return true;
}

char *buf_take(struct buf *b)
{
	if (b->failed || !buf_room(b, 0)) {
		buf_done(b);
		return NULL;
	}
	b->data[b->len] = '\0';
	char *data = b->data;
	buf_init(b, b->max);
	return data;
}

bool buf_add16(struct buf *b, uint16_t v)
{
	v = __builtin_bswap16(v);
	return buf_add(b, &v, sizeof v);
}

bool buf_add32(struct buf *b, uint32_t v)
{
	v = __builtin_bswap32(v);
	return buf_add(b, &v, sizeof v);
}

bool buf_add64(struct buf *b, uint64_t v)
{
	v = __builtin_bswap64(v);
	return buf_add(b, &v, sizeof v);
}
