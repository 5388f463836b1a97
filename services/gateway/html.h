/* html: a writer that escapes. Tags, attribute names and templates are the program's own constants;
 * all values that come from elsewhere go through html_text, an attribute's value or a template's
 * place. Pure. */
#pragma once

#include "base/buf.h"

/* The same in Indonesian and English; in a template, each %s is a place for a value, each %n for
 * a name. */
struct words {
	const char *id, *en;
};

void html_text(struct buf *b, const char *text);
/* Attributes as pairs of name and value, NULL at the end; one whose value is NULL is left out, one
 * of "" stands alone. */
#define html_open(b_, tag_, ...) html_open_with(b_, tag_, (const char *const[]){__VA_ARGS__})
void html_open_with(struct buf *b, const char *tag, const char *const *attributes);
void html_close(struct buf *b, const char *tag);
/* A name or another text that people typed, isolated: its direction changes nothing around it. */
void html_name(struct buf *b, const char *text);
void html_element(struct buf *b, const char *tag, const char *text);
void html_link(struct buf *b, const char *href, const char *text);
/* A template's text, its places filled with the values in order. */
void html_fill(struct buf *b, const char *template, const char *const *values);
/* Indonesian, and English beside it. */
void html_both(struct buf *b, struct words w);
/* The same as two paragraphs with values, for each language; NULL: none. */
void html_say(
	struct buf *b, struct words w, const char *const *id_values, const char *const *en_values);
#define HTML_VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A value for a URL's query. */
void html_url_encode(struct buf *b, const char *text);
