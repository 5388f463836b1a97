/* text: text from outside as it may be shown. What ends in a fault, an error or a log line went
 * through here: it is UTF-8 without control characters, bounded, and never cut within a character.
 * Pure. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* How many characters a text in UTF-8 has. */
size_t text_length(const char *text);

/* Any bytes as printable text of at most `size` - 1 bytes and a NUL: a byte that is no part of a
 * character in UTF-8, or of a control character, becomes \xNN. What does not fit is left out, from
 * a character's or an escape's beginning on. Printable text stays as it is. Returns `out`; the
 * bytes are not within it. */
const char *text_printable(char *out, size_t size, const void *data, size_t len);

/* Like snprintf, but what comes out is printable, whatever the arguments hold. `size` is at most
 * TEXT_MOST; arguments may lie in `out`. */
enum { TEXT_MOST = 1024 };
const char *text_vformat(char *out, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
const char *text_format(char *out, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
