/* print: what commands print for other programs. */
#pragma once

#include <stddef.h>

/* One row of CSV on standard output; a NULL field is empty. Lines end in LF, as the shell's tools
 * want them. */
void print_row(const char *const *fields, size_t n);
