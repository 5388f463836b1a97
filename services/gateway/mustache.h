/* mustache: pages out of templates and values. The part of Mustache that the pages use: variables,
 * which are always escaped, sections, inverted sections, partials and comments, as its
 * specification has them. A template that uses more, or is not well formed, is refused when it is
 * compiled. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

struct mustache; /* a compiled template; immutable */

/* `text` is borrowed. ERR_INVALID, with the line, where it is not well formed; ERR_FATAL without
 * memory. */
struct mustache *mustache_new(const char *text, struct err *e) MUST_CHECK;
void mustache_free(struct mustache *m); /* accepts NULL */

struct mustache_job {
	struct buf *out;
	/* The template of a partial; NULL: there is none of that name. */
	const struct mustache *(*partial)(void *arg, const char *name);
	void *arg;
	/* The first name that the values lack, or that is no partial; "" for none. A value is a
	 * text or a whole number; null is a value, too, and so is a false or an empty text, none of
	 * which shows. */
	char missing[64];
	/* The renderer's own. */
	int depth; /* of partials */
	char indentation[64]; /* of a partial's lines */
	size_t indent;
};

/* Appends to job->out. */
void mustache_render(struct mustache_job *job, const struct mustache *m, const json_t *values);

/* Each name that a template takes from its values, or as a partial: kind is '#', '^', '>' or 0 for
 * a variable. */
void mustache_names(
	const struct mustache *m, void (*each)(void *arg, char kind, const char *name), void *arg);
