/* web: the pages as web/ has them: HTML in Mustache's syntax, a file for each page and each piece
 * that several have, and words, a file for each language. Words are partials, too: `{{> w.key}}` is
 * the sentence of that key in the reader's language, its places filled from the same values.
 *
 * All of it is compiled once, when the program begins, which says then what is not well formed.
 * Thread-safe after that. */
#pragma once

#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/language.h"

struct web;
struct web *web_new(struct err *e) MUST_CHECK;
void web_free(struct web *w); /* accepts NULL */

/* Appends the page. What its values lack is left empty, and logged: the tests look for that. False:
 * something was lacking. */
bool web_render(const struct web *w, enum language language, const char *page, const json_t *values,
	struct buf *out);
/* The words of `group`.`code`, which have no places; the code itself where there are none. */
const char *web_word(
	const struct web *w, enum language language, const char *group, const char *code);

/* A file of web/ that is no template; NULL: there is none. */
const char *web_file(const char *name);
