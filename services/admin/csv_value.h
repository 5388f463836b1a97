/* csv_value: what people write into a cell, as JSON of a registry file, or why it cannot be that.
 * Around any value, spaces of any kind and invisible characters are nothing, and ="…" and the
 * apostrophe in front are a spreadsheet's, not the value's. Pure. */
#pragma once

#include <jansson.h>

#include "base/nip.h"

enum csv_kind {
	CSV_TEXT, /* one line */
	CSV_NAME, /* the same, but an apostrophe in front may be the name's own */
	CSV_CODE, /* in small letters */
	CSV_NIP, /* spaces, dots and hyphens within are nothing */
	CSV_DATE, /* 2026-02-01, 01/02/2026 and 1/2/2026, the day first */
	CSV_YEAR,
	CSV_NUMBER, /* 12.5, 12,5, 12%; none that could have a separator of thousands */
	CSV_TARGET, /* a number, or two: 20..30 */
	CSV_WORD, /* one of `words` without case */
	CSV_YES, /* the same, of "true" and "false"; the latter is as if it were left out */
	CSV_KINDS
};

struct csv_word {
	const char *written, *meant; /* the last: NULL */
};

struct csv_column {
	const char *name;
	enum csv_kind kind;
	bool needed; /* a file without it is refused */
	bool of_item; /* several lines of a plan have it, each for one item */
	const char *also; /* other names, commas between them */
	const struct csv_word *words;
};

/* The cell without what is around it; NULL when it is not UTF-8 (or without memory). To be freed.
 */
char *csv_tidy(const char *cell, enum csv_kind kind);

/* What the cell says; NULL when it is empty. `false` when it cannot be read, so that every check of
 * the value fails and csv_fault says why; a word that is none of its column's stays as it is, which
 * does the same. */
json_t *csv_value(const struct csv_column *column, const char *cell);

enum { CSV_FAULT = 256 };
/* Why the cell cannot be read, with the cure. False when it can: something else is wrong with it.
 */
bool csv_fault(const struct csv_column *column, const char *cell, char out[CSV_FAULT]);

/* A NIP as people write it. */
bool csv_nip(const char *text, char out[NIP_DIGITS + 1]);
