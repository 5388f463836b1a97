/* findings: what is wrong with something, each with its place, gathered to be told all at once. */
#pragma once

#include <stdio.h>

#include "base/buf.h"

enum { FINDINGS_MAX = 64 * 1024 * 1024, PLACE_TEXT = 320 };

struct findings {
	struct buf text;
	int count;
};

void findings_init(struct findings *f);
void findings_done(struct findings *f);

/* Adds a line "place: text", printable whatever it was made of (base/text.h). */
void findings_add(struct findings *f, const char *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
