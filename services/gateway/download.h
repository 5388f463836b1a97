/* download: what a page shows, as a CSV file that spreadsheets of the visitor's country open: with
 * a decimal comma (&locale=id) the separator is a semicolon. */
#pragma once

#include "base/buf.h"
#include "base/dec.h"
#include "visit.h"

struct download {
	size_t columns;
	const char *const *head; /* the first row */
	/* Adds a row of the result with download_row. */
	void (*row)(const struct visit *v, struct buf *out, const struct db_result *r, int row);
};

void download_row(
	const struct visit *v, struct buf *out, const char *const *fields, size_t columns);
/* "95.00" as that country writes it. */
const char *download_figure(const struct visit *v, const char *shown, char out[DEC_TEXT]);
/* Answers with n rows. False: they grew beyond what a file may be. */
bool download_send(struct visit *v, const struct download *d, const struct db_result *r, int n,
	struct err *e) MUST_CHECK;
