/* http_guard: what must hold of a request's head before it is believed. Pure: no I/O, no library.
 *
 * libmicrohttpd, 0.9.75 above all, forgives much that lets two servers in a row disagree about
 * where a request ends (request smuggling). It keeps the head as it came and hands out pointers
 * into it; so the distances between them tell of every byte that it skipped: bare line feeds,
 * folded lines, NULs, repeated spaces.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct http_field {
	const char *name, *value;
	size_t name_len, value_len;
};

struct http_head {
	const char *method, *target, *version; /* NUL-terminated */
	const char *target_at; /* where the library keeps the target, cut up by now */
	size_t size; /* from the method's first byte to the empty line's last */
	const struct http_field *fields;
	size_t n;
};

/* Each returns NULL when all is well, otherwise why not, as a constant text for a problem document.
 */
const char *http_guard_layout(
	const struct http_head *head); /* the pointers lie as a strict parser's would */
const char *http_guard_check(
	const struct http_head *head); /* characters, Host, and the body's framing */

/* The last field of that name, names compared without case; NULL when there is none. */
const struct http_field *http_guard_find(const struct http_head *head, const char *name);

/* Undoes percent-encoding in place; `form`: a plus is a space. False, with the text in shreds, for
 * a bad escape, a NUL, a control character or what is not UTF-8. */
bool http_guard_decode(char *text, bool form);
