#include "csv_read.h"

#include <string.h>

void csv_start(struct csv_reader *r, char *text, size_t len)
{
	static const char mark[] = "\xEF\xBB\xBF"; /* spreadsheets put it first */
	*r = (struct csv_reader){.at = text, .end = text + len, .line = 1};
	if (len >= 3 && memcmp(text, mark, 3) == 0)
		r->at += 3;
}

static bool at_break(const struct csv_reader *r)
{
	return r->at[0] == '\n' || (r->at[0] == '\r' && r->at[1] == '\n');
}

static void pass_break(struct csv_reader *r)
{
	r->at += r->at[0] == '\r' ? 2 : 1;
	r->line++;
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
		if (*r->at == '\n')
			r->line++;
		*to++ = *r->at;
	}
}

static char *read_plain(struct csv_reader *r, struct err *e)
{
	while (r->at < r->end && *r->at != ',' && !at_break(r)) {
		if (*r->at == '"') {
			err_set(e, ERR_INVALID, "a quote in a field that does not begin with one");
			return NULL;
		}
		r->at++;
	}
	return r->at;
}

/* One field, and what ends it; *more: another follows in the row. */
static const char *read_field(struct csv_reader *r, bool *more, struct err *e)
{
	char *field = r->at;
	char *end = *r->at == '"' ? read_quoted(r, e) : read_plain(r, e);
	if (!end)
		return NULL;
	*more = *r->at == ',';
	if (*more) {
		r->at++;
	} else if (at_break(r)) {
		pass_break(r);
	} else if (r->at < r->end) {
		err_set(e, ERR_INVALID,
			"after a closing quote there must be a comma or the line's end");
		return NULL;
	}
	*end = '\0';
	return field;
}

int csv_next(struct csv_reader *r, struct csv_row *row, struct err *e)
{
	while (r->at < r->end && at_break(r))
		pass_break(r);
	if (r->at == r->end)
		return 0;
	row->n = 0;
	row->line = r->line;
	for (bool more = true; more;) {
		if (row->n == CSV_FIELDS) {
			err_set(e, ERR_INVALID, "more than %d fields", CSV_FIELDS);
			return -1;
		}
		const char *field = read_field(r, &more, e);
		if (!field)
			return -1;
		row->fields[row->n++] = field;
	}
	return 1;
}
