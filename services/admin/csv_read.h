/* csv_read: rows of RFC 4180. Pure. */
#pragma once

#include <stddef.h>

#include "base/err.h"

enum { CSV_FIELDS = 32 };

struct csv_reader {
	char *at, *end; /* *end is NUL and may be written to */
	int line; /* on which the next row begins; after an error, where that is */
};

struct csv_row {
	const char *fields[CSV_FIELDS];
	int n;
	int line;
};

/* Takes the text apart where it lies; it holds no NUL. */
void csv_start(struct csv_reader *r, char *text, size_t len);
/* 1: a row (empty lines are passed over), 0: the end, -1: wrong. */
int csv_next(struct csv_reader *r, struct csv_row *row, struct err *e) MUST_CHECK;
