/* csv: RFC 4180 written into a buffer, with commas or semicolons, safe to open in a spreadsheet.
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define CSV_MARK "\xEF\xBB\xBF" /* in front of a file: spreadsheets take it for UTF-8 by it */

/* One field, quoted when it must be; NULL is an empty one. What a spreadsheet would take for a
 * formula (it begins with = + - @, a tab or a line end) gets an apostrophe in front, unless the
 * whole is a plain number. So does it within a text, behind whatever ends a cell for a spreadsheet
 * that separates by something else: a comma, a semicolon, a tab, a line end. */
bool csv_field(struct buf *out, char separator, const char *text);
/* One row: its fields, separators between them, CRLF behind. */
bool csv_row(struct buf *out, char separator, const char *const *fields, size_t n);
