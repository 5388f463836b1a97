/* buf: a growable byte buffer with a named maximum.
 *
 * Appending past the maximum, or without memory, sets `failed` and changes nothing more: write a
 * whole document, then look at `failed` once. `data` is always NUL-terminated once anything was
 * appended.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len, cap, max;
	bool failed;
};

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b); /* frees; the buffer can be initialised again */
void buf_reset(struct buf *b); /* empty again, the memory kept */

bool buf_add(struct buf *b, const void *data, size_t len);
bool buf_adds(struct buf *b, const char *text);
bool buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Gives the bytes away as a string the caller frees; NULL when the buffer had failed. */
char *buf_take(struct buf *b);

/* Big-endian integers, as PostgreSQL's binary formats want them. */
bool buf_add16(struct buf *b, uint16_t v);
bool buf_add32(struct buf *b, uint32_t v);
bool buf_add64(struct buf *b, uint64_t v);

#define BUF_AUTO __attribute__((cleanup(buf_done))) struct buf
