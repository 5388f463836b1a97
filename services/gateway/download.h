/* download: what a page shows, as a CSV file that spreadsheets of the visitor's country open: with
 * a decimal comma (&locale=id) the separator is a semicolon. */
#pragma once

#include "base/buf.h"
#include "base/dec.h"
#include "visit.h"

/* A file whose first row is this; `out` is to be freed by its owner (BUF_AUTO). */
void download_begin(
	const struct visit *v, struct buf *out, const char *const *head, size_t columns);
void download_row(
	const struct visit *v, struct buf *out, const char *const *fields, size_t columns);
/* "95.00" as that country writes it. */
const char *download_figure(const struct visit *v, const char *shown, char out[DEC_TEXT]);
/* Answers with it. False: it grew beyond what a file may be. */
bool download_send(struct visit *v, const struct buf *out, struct err *e) MUST_CHECK;
