#include "registry_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "csv_columns.h"
#include "csv_read.h"

struct line {
	int number; /* in the file */
	size_t row; /* of the part; several lines are one plan with items */
	const char **cells; /* as many as the header has */
};

struct registry_csv {
	char *text; /* of which the cells are */
	const struct csv_part *part;
	struct csv_row header;
	const struct csv_column *columns[CSV_FIELDS]; /* of the header's; NULL: not read */
	bool warned[CSV_FIELDS];
	struct line *lines;
	size_t n;
	int *firsts; /* the line of each row of the part */
	json_t *plans; /* what lines of one plan have in common → its row */
	struct findings *found;
};

/* What is told */

enum { SHOWN = 121 };

/* A cell as it is in the file, but for its length. */
static const char *shown(const char *cell, char out[SHOWN + 3])
{
	text_printable(out, SHOWN, cell, strlen(cell));
	if (strlen(cell) >= SHOWN)
		strcat(out, "…");
	return out;
}

/* A cell with nothing that people see. What is not UTF-8 is not empty. */
static bool is_empty(const char *cell)
{
	char *text = *cell ? csv_tidy(cell, CSV_TEXT) : NULL;
	bool empty = !*cell || (text && !*text);
	free(text);
	return empty;
}

static const struct line *line_find(const struct registry_csv *csv, int number)
{
	size_t low = 0, high = csv->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (csv->lines[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < csv->n && csv->lines[low].number == number ? &csv->lines[low] : NULL;
}

/* The line of a plan's item. */
static const struct line *item_line(
	const struct registry_csv *csv, const struct line *first, size_t item)
{
	for (const struct line *at = first; at < csv->lines + csv->n; at++)
		if (at->row == first->row && item-- == 0)
			return at;
	return first;
}

static int column_find(const struct registry_csv *csv, const char *name)
{
	for (int i = 0; i < csv->header.n; i++)
		if (csv->columns[i] && strcmp(csv->columns[i]->name, name) == 0)
			return i;
	return -1;
}

/* Where a fault is: "line 5, column unit", or "line 5, column items[2], column target" of the
 * registry file that was made of it. */
struct spot {
	const struct line *line;
	char name[64]; /* of the column; "": the whole line */
	int column; /* -1: the file has none of this name */
};

static bool spot_find(const struct registry_csv *csv, const char *place, struct spot *out)
{
	int number;
	size_t item;
	*out = (struct spot){.column = -1};
	if (sscanf(place, "line %d, column %63[^,]", &number, out->name) < 1 ||
		!(out->line = line_find(csv, number)))
		return false;
	if (sscanf(out->name, "items[%zu]", &item) == 1) {
		out->line = item_line(csv, out->line, item);
		out->name[0] = '\0';
		sscanf(place, "line %*d, column %*[^,], column %63s", out->name);
	} else if (strcmp(out->name, "items") == 0) {
		strcpy(out->name, "weight"); /* their sum is what a plan's items share */
	}
	out->column = column_find(csv, out->name);
	return true;
}

/* A header of another language is told beside the name. */
static void spot_format(
	const struct registry_csv *csv, const struct spot *spot, char out[PLACE_TEXT])
{
	char header[SHOWN + 3];
	snprintf(out, PLACE_TEXT, "line %d", spot->line->number);
	if (!*spot->name)
		return;
	const char *written = spot->column < 0 ? spot->name : csv->header.fields[spot->column];
	size_t len = strlen(out);
	if (strcasecmp(spot->name, written) == 0)
		snprintf(out + len, PLACE_TEXT - len, ", column %s", spot->name);
	else
		snprintf(out + len, PLACE_TEXT - len, ", column %s (%s)", spot->name,
			shown(written, header));
}

/* "the same as in line 5, column items[0]": what stands at the end is a place, too. */
static void detail_format(const struct registry_csv *csv, const char *detail, char out[512])
{
	struct spot spot;
	char place[PLACE_TEXT];
	const char *other = strstr(detail, "line ");
	if (other && strstr(other, "items[") && spot_find(csv, other, &spot)) {
		spot_format(csv, &spot, place);
		snprintf(out, 512, "%.*s%s", (int)(other - detail), detail, place);
	} else {
		snprintf(out, 512, "%s", detail);
	}
}

static bool retell(const void *arg, const char *place, const char *detail, char told[FINDING_TEXT])
{
	const struct registry_csv *csv = arg;
	struct spot spot;
	char at[PLACE_TEXT], why[512], fault[CSV_FAULT], cell[SHOWN + 3];
	if (!spot_find(csv, place, &spot))
		return false;
	const char *text = spot.column < 0 ? "" : spot.line->cells[spot.column];
	spot_format(csv, &spot, at);
	detail_format(csv, detail, why);
	if (is_empty(text))
		snprintf(told, FINDING_TEXT, "%s: %s", at, why);
	else if (csv_fault(csv->columns[spot.column], text, fault))
		snprintf(told, FINDING_TEXT, "%s: \"%s\" %s", at, shown(text, cell), fault);
	else
		snprintf(told, FINDING_TEXT, "%s: \"%s\": %s", at, shown(text, cell), why);
	return true;
}

/* The header */

static bool row_is_empty(const struct csv_row *row)
{
	for (int i = 0; i < row->n; i++)
		if (!is_empty(row->fields[i]))
			return false;
	return true;
}

/* "nip, name (nama), …" */
static const char *columns_list(const struct csv_part *part, char out[400])
{
	size_t len = 0;
	for (int i = 0; i < part->n && len < 400; i++) {
		const struct csv_column *c = &part->columns[i];
		size_t also = strcspn(c->also, ",");
		len += (size_t)snprintf(out + len, 400 - len, also ? "%s%s (%.*s)" : "%s%s",
			i ? ", " : "", c->name, (int)also, c->also);
	}
	return out;
}

static void header_warn(struct registry_csv *csv, int i, const char *place)
{
	char name[SHOWN + 3], list[400];
	findings_warn(csv->found, place, "the column \"%s\" is not read; those that are: %s",
		shown(csv->header.fields[i], name), columns_list(csv->part, list));
}

static void header_column(struct registry_csv *csv, int i, const char *place)
{
	char name[SHOWN + 3], other[SHOWN + 3];
	const struct csv_column *column = csv_column_find(csv->part, csv->header.fields[i]);
	int before = column ? column_find(csv, column->name) : -1;
	if (before >= 0)
		findings_add(csv->found, place,
			"the columns \"%s\" and \"%s\" are both %s; take one of them out",
			shown(csv->header.fields[before], other),
			shown(csv->header.fields[i], name), column->name);
	else if (column)
		csv->columns[i] = column;
	else if (!is_empty(csv->header.fields[i]))
		header_warn(csv, i, place);
}

/* What is taken back is told by the day alone. */
static bool is_needed(const struct registry_csv *csv, const struct csv_column *column)
{
	bool names = strcmp(column->name, "nip") == 0 || strcmp(column->name, "from") == 0;
	return column->needed && (names || column_find(csv, "removed") < 0);
}

static bool header_read(struct registry_csv *csv)
{
	char place[PLACE_TEXT], list[400];
	int before = csv->found->count;
	snprintf(place, sizeof place, "line %d", csv->header.line);
	for (int i = 0; i < csv->header.n; i++)
		header_column(csv, i, place);
	for (int i = 0; i < csv->part->n; i++)
		if (is_needed(csv, &csv->part->columns[i]) &&
			column_find(csv, csv->part->columns[i].name) < 0)
			findings_add(csv->found, place,
				"the column %s is missing; the first row names the columns: %s",
				csv->part->columns[i].name, columns_list(csv->part, list));
	return csv->found->count == before;
}

/* Rows */

/* Room doubles. */
static bool grow(void **list, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return true;
	void *more = realloc(*list, (n ? 2 * n : 1) * size);
	if (more)
		*list = more;
	return more != NULL;
}

/* Spreadsheets leave out empty fields at a row's end, or add some. */
static bool fields_fit(struct registry_csv *csv, const struct csv_row *row)
{
	char place[PLACE_TEXT], text[SHOWN + 3];
	snprintf(place, sizeof place, "line %d", row->line);
	for (int i = csv->header.n; i < row->n; i++) {
		if (is_empty(row->fields[i]))
			continue;
		findings_add(csv->found, place,
			"\"%s\" is field %d, where the header has %d; a value that holds a "
			"separator must be in quotes",
			shown(row->fields[i], text), i + 1, csv->header.n);
		return false;
	}
	return true;
}

static struct line *line_add(struct registry_csv *csv, const struct csv_row *row)
{
	size_t columns = (size_t)csv->header.n;
	const char **cells = calloc(columns, sizeof *cells);
	if (!cells || !grow((void **)&csv->lines, csv->n, sizeof *csv->lines)) {
		free(cells);
		return NULL;
	}
	for (size_t i = 0; i < columns; i++)
		cells[i] = i < (size_t)row->n ? row->fields[i] : "";
	struct line *line = &csv->lines[csv->n++];
	*line = (struct line){.number = row->line, .cells = cells};
	return line;
}

/* The fields of the row itself or of a plan's item; NULL when there are none. */
static json_t *line_object(const struct registry_csv *csv, const struct line *line, bool of_item)
{
	json_t *object = json_object();
	for (int i = 0; i < csv->header.n; i++) {
		const struct csv_column *column = csv->columns[i];
		json_t *v = column && column->of_item == of_item ? csv_value(column, line->cells[i])
								 : NULL;
		if (v)
			json_object_set_new(object, column->name, v);
	}
	if (json_object_size(object) > 0)
		return object;
	json_decref(object);
	return NULL;
}

static bool row_append(struct registry_csv *csv, json_t *rows, json_t *object, struct line *line)
{
	line->row = json_array_size(rows);
	if (!grow((void **)&csv->firsts, line->row, sizeof *csv->firsts)) {
		json_decref(object);
		return false;
	}
	csv->firsts[line->row] = line->number;
	return json_array_append_new(rows, object) == 0;
}

/* Lines with items that are otherwise the same are one plan, wherever they stand. */
static bool item_append(
	struct registry_csv *csv, json_t *rows, json_t *object, json_t *item, struct line *line)
{
	char *key = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	const json_t *row = key ? json_object_get(csv->plans, key) : NULL;
	bool ok = key != NULL;
	if (row) {
		json_decref(object);
		line->row = (size_t)json_integer_value(row);
		json_array_append_new(
			json_object_get(json_array_get(rows, line->row), "items"), item);
	} else {
		json_object_set_new(object, "items", json_pack("[o]", item));
		ok = row_append(csv, rows, object, line) && ok;
		if (ok)
			json_object_set_new(csv->plans, key, json_integer((json_int_t)line->row));
	}
	free(key);
	return ok;
}

/* A row without anything that is read is nothing, such as one that only has a number. */
static bool row_read(struct registry_csv *csv, const struct csv_row *row, json_t *rows)
{
	struct line *line = line_add(csv, row);
	if (!line)
		return false;
	json_t *object = line_object(csv, line, false), *item = line_object(csv, line, true);
	if (!object && !item) {
		free(csv->lines[--csv->n].cells);
		return true;
	}
	if (!object)
		object = json_object();
	return item ? item_append(csv, rows, object, item, line)
		    : row_append(csv, rows, object, line);
}

/* Once for each column that has values but no name. */
static void nameless_warn(struct registry_csv *csv, const struct csv_row *row)
{
	char place[PLACE_TEXT], text[SHOWN + 3];
	for (int i = 0; i < row->n && i < csv->header.n; i++) {
		if (csv->columns[i] || csv->warned[i] || !is_empty(csv->header.fields[i]) ||
			is_empty(row->fields[i]))
			continue;
		csv->warned[i] = true;
		snprintf(place, sizeof place, "line %d", row->line);
		findings_warn(csv->found, place,
			"\"%s\" is in column %d, which has no name and is not read",
			shown(row->fields[i], text), i + 1);
	}
}

static bool rows_read(struct registry_csv *csv, struct csv_reader *r, json_t *rows, struct err *e)
{
	struct csv_row row;
	int got;
	while ((got = csv_next(r, &row, e)) > 0) {
		if (row_is_empty(&row) || !fields_fit(csv, &row))
			continue;
		nameless_warn(csv, &row);
		if (!row_read(csv, &row, rows))
			return err_set(e, ERR_FATAL, "out of memory");
	}
	return got == 0;
}

/* The first row that holds anything. */
static bool header_next(struct registry_csv *csv, struct csv_reader *r, struct err *e)
{
	char list[400];
	int got;
	while ((got = csv_next(r, &csv->header, e)) > 0 && row_is_empty(&csv->header))
		;
	if (got == 0)
		findings_add(csv->found, "line 1",
			"the header is missing; the first row names the columns: %s",
			columns_list(csv->part, list));
	return got > 0;
}

static void text_read(struct registry_csv *csv, size_t len, json_t *rows)
{
	struct csv_reader reader;
	struct err e = {0};
	if (!csv_start(&reader, csv->text, len, &e)) {
		findings_add(csv->found, "the file", "%s", e.text);
		return;
	}
	if (header_next(csv, &reader, &e) && header_read(csv) && rows_read(csv, &reader, rows, &e))
		return;
	if (e.code) {
		char place[PLACE_TEXT];
		snprintf(place, sizeof place, "line %d", reader.line);
		findings_add(csv->found, place, "%s", e.text);
	}
}

struct registry_csv *registry_csv_read(
	char *text, size_t len, const char *part, struct registry_file *out, struct findings *found)
{
	struct registry_csv *csv = calloc(1, sizeof *csv);
	if (!csv) {
		free(text);
		return NULL;
	}
	json_t *rows = json_array();
	csv->text = text;
	csv->part = csv_part_find(part);
	csv->plans = json_object();
	csv->found = found;
	found->most = CSV_TOLD;
	found->retell = retell;
	found->arg = csv;
	*out = (struct registry_file){.root = json_pack("{s:o}", part, rows)};
	text_read(csv, len, rows);
	out->lines = csv->firsts;
	return csv;
}

void registry_csv_free(struct registry_csv *csv)
{
	if (!csv)
		return;
	for (size_t i = 0; i < csv->n; i++)
		free(csv->lines[i].cells);
	free(csv->lines);
	free(csv->firsts);
	json_decref(csv->plans);
	free(csv->text);
	free(csv);
}
