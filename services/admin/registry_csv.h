/* registry_csv: one part of a registry file as CSV (csv_columns.h). Empty rows, and columns without
 * a name, are nothing; columns that nobody knows are named in a warning; an empty cell is a field
 * that is left out. Pure. */
#pragma once

#include "findings.h"
#include "registry_check.h"

enum { CSV_TOLD = 100 /* faults of a file; the others are counted */ };

struct registry_csv;

/* Reads the text, which it takes. What is wrong with a row, here or in registry_check, is found
 * there with the line and the column as they are in the file, and the cell itself; `found` is not
 * used after registry_csv_free. NULL without memory. */
struct registry_csv *registry_csv_read(char *text, size_t len, const char *part,
	struct registry_file *out, struct findings *found);
void registry_csv_free(struct registry_csv *csv);
