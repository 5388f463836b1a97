/* Rows of the answers that store.c asks for. */
#include "store.h"

#include <string.h>

#include "store_statements.h"

const char *store_unit_name(const struct db_result *r, const char *code)
{
	for (int i = 0; i < db_rows(r); i++)
		if (strcmp(db_text(r, i, 0), code) == 0)
			return db_text(r, i, 1);
	return code;
}

struct period_row store_period_row(const struct db_result *r, int row)
{
	return (struct period_row){db_text(r, row, 0), !db_is_null(r, row, 1),
		dec_shown(db_numeric(r, row, 1)), store_text_or_null(r, row, 2)};
}

struct looks_row store_looks_row(const struct db_result *r, int row)
{
	return (struct looks_row){
		db_time(r, row, 0), db_text(r, row, 1), db_text(r, row, 2), db_text(r, row, 3)};
}

struct inbox_row store_inbox_row(const struct db_result *r, int row)
{
	return (struct inbox_row){
		.id = db_int(r, row, 0),
		.at = db_time(r, row, 1),
		.period = db_text(r, row, 2),
		.kind = db_text(r, row, 3),
		.title = {[LANGUAGE_ID] = db_text(r, row, 4), [LANGUAGE_EN] = db_text(r, row, 5)},
		.body = {[LANGUAGE_ID] = db_text(r, row, 6), [LANGUAGE_EN] = db_text(r, row, 7)},
		.read = db_int(r, row, 8),
	};
}

struct indicator_row store_indicator_row(const struct db_result *r, int row)
{
	return (struct indicator_row){
		.code = db_text(r, row, 0),
		.name = {[LANGUAGE_ID] = db_text(r, row, 1), [LANGUAGE_EN] = db_text(r, row, 2)},
		.measure = db_text(r, row, 3),
		.direction = db_text(r, row, 4),
		.unit = {[LANGUAGE_ID] = db_text(r, row, 5), [LANGUAGE_EN] = db_text(r, row, 6)},
	};
}

struct indicator_row store_indicator_find(const struct db_result *r, const char *code)
{
	for (int i = 0; i < db_rows(r); i++) {
		const struct indicator_row x = store_indicator_row(r, i);
		if (strcmp(x.code, code) == 0)
			return x;
	}
	return (struct indicator_row){code, {code, code}, "", "", {"", ""}};
}

struct people_row store_people_row(const struct db_result *r, int row)
{
	return (struct people_row){
		db_uuid(r, row, 0), db_text(r, row, 1), db_text(r, row, 2), db_text(r, row, 3)};
}
