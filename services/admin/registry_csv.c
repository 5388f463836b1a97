/* People as CSV: each line becomes a row of "people", an empty field one that is left out. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "csv_read.h"
#include "registry_file.h"

static const char *const columns[] = {
	"nip", "name", "unit", "position", "superior", "from", "until", "email"};
static const char *const needed[] = {"nip", "name", "unit", "position", "from"};

static bool is_among(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static bool header_check(const struct csv_row *header, struct findings *found)
{
	char place[PLACE_TEXT], name[81];
	snprintf(place, sizeof place, "line %d", header->line);
	if (header->n == 1 && strchr(header->fields[0], ';'))
		findings_add(
			found, place, "the columns must be separated by commas, not by semicolons");
	for (int i = 0; i < header->n && found->count == 0; i++) {
		if (!is_among(header->fields[i], columns, COUNT(columns)))
			findings_add(found, place,
				"\"%s\" is no column; those are nip, name, unit, position, "
				"superior, from, until, email",
				text_printable(name, sizeof name, header->fields[i],
					strlen(header->fields[i])));
		else if (is_among(header->fields[i], header->fields, (size_t)i))
			findings_add(
				found, place, "the column %s is there twice", header->fields[i]);
	}
	for (size_t i = 0; i < COUNT(needed) && found->count == 0; i++)
		if (!is_among(needed[i], header->fields, (size_t)header->n))
			findings_add(found, place, "the column %s is missing", needed[i]);
	return found->count == 0;
}

/* The row as an object; NULL with the finding when a text is not UTF-8 or there are too many or too
 * few. */
static json_t *row_object(
	const struct csv_row *header, const struct csv_row *row, struct findings *found)
{
	char place[PLACE_TEXT];
	snprintf(place, sizeof place, "line %d", row->line);
	if (row->n != header->n) {
		findings_add(found, place, "%d fields, where the header has %d", row->n, header->n);
		return NULL;
	}
	json_t *object = json_object();
	for (int i = 0; i < row->n; i++) {
		json_t *text = json_string(row->fields[i]);
		if (!text)
			findings_add(found, place, "column %s: not UTF-8", header->fields[i]);
		if (text && json_string_length(text) == 0)
			json_decref(text);
		else if (text)
			json_object_set_new(object, header->fields[i], text);
	}
	return object;
}

/* Keeps the line beside the row; room doubles. */
static bool line_add(int **lines, size_t n, int line)
{
	if ((n & (n - 1)) == 0) {
		int *more = realloc(*lines, (n ? 2 * n : 1) * sizeof **lines);
		if (!more)
			return false;
		*lines = more;
	}
	(*lines)[n] = line;
	return true;
}

static bool rows_read(struct csv_reader *r, const struct csv_row *header, json_t *people,
	int **lines, struct findings *found, struct err *e)
{
	struct csv_row row;
	int got;
	while ((got = csv_next(r, &row, e)) > 0) {
		json_t *object = row_object(header, &row, found);
		if (!object)
			continue;
		if (!line_add(lines, json_array_size(people), row.line) ||
			json_array_append_new(people, object) != 0)
			return err_set(e, ERR_FATAL, "out of memory");
	}
	return got == 0;
}

bool registry_file_csv(struct buf *text, struct registry_file *out, struct findings *found)
{
	struct csv_reader reader;
	struct csv_row header;
	struct err e = {0};
	int *lines = NULL;
	json_t *people = json_array();
	*out = (struct registry_file){.root = json_pack("{s:o}", "people", people)};
	if (memchr(text->data, '\0', text->len)) {
		findings_add(found, "the file", "holds a NUL byte: not CSV");
		return false;
	}
	csv_start(&reader, text->data, text->len);
	int got = csv_next(&reader, &header, &e);
	if (got == 0)
		findings_add(found, "line 1",
			"the header is missing: nip,name,unit,position,superior,from,until,email");
	if (got > 0 && header_check(&header, found))
		rows_read(&reader, &header, people, &lines, found, &e);
	out->lines = lines;
	if (e.code) {
		char place[PLACE_TEXT];
		snprintf(place, sizeof place, "line %d", reader.line);
		findings_add(found, place, "%s", e.text);
	}
	return found->count == 0;
}
