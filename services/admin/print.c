#include "print.h"

#include <stdio.h>

#include "base/csv.h"

enum { ROW_MOST = 64 * 1024 };

void print_row(const char *const *fields, size_t n)
{
	BUF_AUTO row;
	buf_init(&row, ROW_MOST);
	for (size_t i = 0; i < n; i++) {
		buf_adds(&row, i ? "," : "");
		csv_field(&row, ',', fields[i]);
	}
	if (buf_adds(&row, "\n"))
		fwrite(row.data, 1, row.len, stdout);
}
