/* Rows of the answers that store.c asks for. */
#include "store.h"

#include <string.h>

const char *store_unit_name(const struct db_result *r, const char *code)
{
	for (int i = 0; i < db_rows(r); i++)
		if (strcmp(db_text(r, i, 0), code) == 0)
			return db_text(r, i, 1);
	return code;
}

struct inbox_row store_inbox_row(const struct db_result *r, int row)
{
	return (struct inbox_row){db_int(r, row, 0), db_time(r, row, 1), db_text(r, row, 2),
		db_text(r, row, 3), db_text(r, row, 4), db_text(r, row, 5), db_text(r, row, 6),
		db_text(r, row, 7)};
}

struct indicator_row store_indicator_row(const struct db_result *r, int row)
{
	return (struct indicator_row){db_text(r, row, 0), db_text(r, row, 1), db_text(r, row, 2),
		db_text(r, row, 3), db_text(r, row, 4), db_text(r, row, 5)};
}

struct indicator_row store_indicator_find(const struct db_result *r, const char *code)
{
	for (int i = 0; i < db_rows(r); i++) {
		const struct indicator_row x = store_indicator_row(r, i);
		if (strcmp(x.code, code) == 0)
			return x;
	}
	return (struct indicator_row){code, code, code, "", "", ""};
}

struct people_row store_people_row(const struct db_result *r, int row)
{
	return (struct people_row){
		db_uuid(r, row, 0), db_text(r, row, 1), db_text(r, row, 2), db_text(r, row, 3)};
}
