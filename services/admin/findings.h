/* findings: what is wrong with something, each with its place, gathered to be told all at once. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"

enum { FINDINGS_MAX = 64 * 1024 * 1024, PLACE_TEXT = 320, FINDING_TEXT = 1024 };

struct findings {
	struct buf text;
	struct buf warnings; /* what is told beside, and stops nothing */
	int count;
	int most; /* so many are told, and all are counted; 0: all */
	/* May be NULL: what is told instead of "place: detail". False: that itself. */
	bool (*retell)(
		const void *arg, const char *place, const char *detail, char told[FINDING_TEXT]);
	const void *arg;
};

void findings_init(struct findings *f);
void findings_done(struct findings *f);

/* Adds a line "place: text", printable whatever it was made of (base/text.h). */
void findings_add(struct findings *f, const char *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same to the warnings. */
void findings_warn(struct findings *f, const char *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The warnings, then what is wrong, and how much of it was not told. */
void findings_print(const struct findings *f, FILE *out);
