/* csv_read: rows of RFC 4180 as spreadsheets write them: any end of line, `,` `;` or tab between
 * the fields, UTF-8 with or without its mark. Pure. */
#pragma once

#include <stddef.h>

#include "base/err.h"

enum { CSV_FIELDS = 256 };

struct csv_reader {
	char *at, *end; /* *end is NUL and may be written to */
	char separator;
	int line; /* on which the next row begins; after an error, where that is */
};

struct csv_row {
	const char *fields[CSV_FIELDS];
	int n;
	int line;
};

/* Takes the text apart where it lies. The first row that holds anything says what separates the
 * fields; a line `sep=;` before it is passed over. ERR_INVALID, with the cure, when it is no CSV in
 * UTF-8: a workbook, a page, UTF-16. */
bool csv_start(struct csv_reader *r, char *text, size_t len, struct err *e) MUST_CHECK;
/* 1: a row (empty lines are passed over), 0: the end, -1: wrong. Empty fields beyond CSV_FIELDS are
 * none. */
int csv_next(struct csv_reader *r, struct csv_row *row, struct err *e) MUST_CHECK;
