#include "csv_read.h"

#include <string.h>
#include <strings.h>

#include "base/array.h"

#define CURE "; save it as \"CSV UTF-8\" (in LibreOffice: Text CSV, character set UTF-8)"

/* What people send for CSV, by its first bytes. */
static const struct {
	const char *begins;
	size_t len;
	const char *is;
} others[] = {
	{"\xFF\xFE", 2, "is \"Unicode text\", UTF-16" CURE},
	{"\xFE\xFF", 2, "is \"Unicode text\", UTF-16" CURE},
	{"PK\x03\x04", 4, "is a workbook (xlsx, ods), not CSV" CURE},
	{"\xD0\xCF\x11\xE0", 4, "is a workbook (xls), not CSV" CURE},
	{"<", 1, "is a web page or XML whatever its name says; open it in a spreadsheet" CURE},
};

static bool at_break(const struct csv_reader *r)
{
	return r->at < r->end && (*r->at == '\n' || *r->at == '\r');
}

/* Old spreadsheets on a Mac end lines with CR alone. */
static void pass_break(struct csv_reader *r)
{
	r->at += r->at[0] == '\r' && r->at[1] == '\n' ? 2 : 1;
	r->line++;
}

/* For those who edit: a spreadsheet obeys it and does not show it. It may be in quotes, and have
 * the separators of empty fields behind it. */
static void pass_sep(struct csv_reader *r)
{
	const char *word = *r->at == '"' ? r->at + 1 : r->at;
	if (strncasecmp(word, "sep=", 4) != 0)
		return;
	while (r->at < r->end && !at_break(r))
		r->at++;
	if (at_break(r))
		pass_break(r);
}

/* What is most often between the fields of the first row that holds anything; those in quotes do
 * not count. */
static char separator_find(const char *text)
{
	static const char candidates[] = ",;\t";
	size_t counts[sizeof candidates] = {0}, most = 0;
	bool quoted = false;
	text += strspn(text, ",;\t \r\n");
	for (; *text && (quoted || !strchr("\r\n", *text)); text++) {
		const char *found = strchr(candidates, *text);
		quoted ^= *text == '"';
		if (found && !quoted)
			counts[found - candidates]++;
	}
	for (size_t i = 1; i < sizeof candidates - 1; i++)
		if (counts[i] > counts[most])
			most = i;
	return candidates[most];
}

bool csv_start(struct csv_reader *r, char *text, size_t len, struct err *e)
{
	static const char mark[] = "\xEF\xBB\xBF"; /* spreadsheets put it first */
	*r = (struct csv_reader){.at = text, .end = text + len, .line = 1};
	for (size_t i = 0; i < COUNT(others); i++)
		if (len >= others[i].len && memcmp(text, others[i].begins, others[i].len) == 0)
			return err_set(e, ERR_INVALID, "%s", others[i].is);
	if (memchr(text, '\0', len))
		return err_set(e, ERR_INVALID, "holds NUL bytes, as UTF-16 does: not CSV" CURE);
	if (len >= 3 && memcmp(text, mark, 3) == 0)
		r->at += 3;
	pass_sep(r);
	r->separator = separator_find(r->at);
	return true;
}

/* A field in quotes: moves its text together over the doubled ones. Returns where it ends. */
static char *read_quoted(struct csv_reader *r, struct err *e)
{
	char *to = r->at;
	int line = r->line;
	for (r->at++;; r->at++) {
		if (r->at == r->end) {
			r->line = line;
			err_set(e, ERR_INVALID, "a quote is opened and never closed");
			return NULL;
		}
		if (*r->at == '"' && *++r->at != '"')
			return to;
		if (*r->at == '\n' || (*r->at == '\r' && r->at[1] != '\n'))
			r->line++;
		*to++ = *r->at;
	}
}

/* Quotes may be in ="…" alone, by which spreadsheets are told that it is a text. */
static char *read_plain(struct csv_reader *r, struct err *e)
{
	bool formula = r->at[0] == '=' && r->at[1] == '"', inside = false;
	while (r->at < r->end && (inside || *r->at != r->separator) && !at_break(r)) {
		if (*r->at == '"' && !formula) {
			err_set(e, ERR_INVALID,
				"a quote in a field that does not begin with one; put the whole "
				"field in quotes, and write those within it twice");
			return NULL;
		}
		inside ^= *r->at == '"';
		r->at++;
	}
	return r->at;
}

static void pass_spaces(struct csv_reader *r)
{
	while (*r->at == ' ')
		r->at++;
}

/* One field, and what ends it; *more: another follows in the row. */
static const char *read_field(struct csv_reader *r, bool *more, struct err *e)
{
	pass_spaces(r);
	char *field = r->at;
	bool quoted = *r->at == '"';
	char *end = quoted ? read_quoted(r, e) : read_plain(r, e);
	if (!end)
		return NULL;
	if (quoted)
		pass_spaces(r);
	*more = r->at < r->end && *r->at == r->separator;
	if (*more) {
		r->at++;
	} else if (at_break(r)) {
		pass_break(r);
	} else if (r->at < r->end) {
		err_set(e, ERR_INVALID,
			"after a closing quote there must be a separator or the line's end; write "
			"a quote within a field twice");
		return NULL;
	}
	*end = '\0';
	return field;
}

static bool row_add(struct csv_row *row, const char *field, struct err *e)
{
	if (row->n < CSV_FIELDS)
		row->fields[row->n++] = field;
	else if (*field)
		return err_set(e, ERR_INVALID, "more than %d fields", CSV_FIELDS);
	return true;
}

int csv_next(struct csv_reader *r, struct csv_row *row, struct err *e)
{
	while (at_break(r))
		pass_break(r);
	if (r->at == r->end)
		return 0;
	row->n = 0;
	row->line = r->line;
	for (bool more = true; more;) {
		const char *field = read_field(r, &more, e);
		if (!field || !row_add(row, field, e))
			return -1;
	}
	return 1;
}
