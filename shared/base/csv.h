/* csv: RFC 4180 written into a buffer, safe to open in a spreadsheet. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* One field, quoted when it must be; NULL is an empty one. A text that a spreadsheet would take for
 * a formula (it begins with = + - @, a tab or a line end) gets an apostrophe in front, unless it is
 * a plain number. */
bool csv_field(struct buf *out, const char *text);
/* One row: its fields, commas between them, CRLF behind. */
bool csv_row(struct buf *out, const char *const *fields, size_t n);
