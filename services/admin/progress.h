/* progress: how far a long command is, for who looks on: one line on standard error, written over
 * in place; nothing when that is no terminal. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool terminal; /* somebody looks on */
	bool shown; /* a line stands there */
	int64_t at; /* when it was written, monotonic µs */
};

void progress_init(struct progress *p);
/* Says how far it is, in less than a line; a few times a second at most. */
void progress_tell(struct progress *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Takes the line away: before anything else is printed, and at the end. */
void progress_clear(struct progress *p);
