/* csv_columns: the parts of a registry file that come as CSV, and their columns. */
#pragma once

#include "csv_value.h"

struct csv_part {
	const char *name; /* of the registry file */
	const struct csv_column *columns;
	int n;
};

/* NULL: there is none of this name. */
const struct csv_part *csv_part_find(const char *name);

/* The column of a header's field: its name or one that it also has, whatever the case and with any
 * spaces or signs between its letters. NULL: none. */
const struct csv_column *csv_column_find(const struct csv_part *part, const char *header);
