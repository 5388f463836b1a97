#include "base/csv.h"

#include <string.h>

/* "-12.50": what a spreadsheet reads as a number, and nothing more. */
static bool is_number(const char *text)
{
	static const char digits[] = "0123456789";
	const char *p = *text == '-' ? text + 1 : text;
	size_t whole = strspn(p, digits);
	size_t decimals = p[whole] == '.' ? strspn(p + whole + 1, digits) : 0;
	return whole > 0 && (p[whole] == '\0' || (decimals > 0 && p[whole + 1 + decimals] == '\0'));
}

static bool is_formula(const char *text)
{
	return *text && strchr("=+-@\t\r\n", *text) && !is_number(text);
}

bool csv_field(struct buf *out, const char *text)
{
	if (!text)
		return !out->failed;
	bool quoted = strpbrk(text, "\",\r\n") != NULL;
	buf_adds(out, quoted ? "\"" : "");
	buf_adds(out, is_formula(text) ? "'" : "");
	for (const char *quote; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
		buf_add(out, text, (size_t)(quote - text));
		buf_adds(out, "\"\"");
	}
	buf_adds(out, text);
	return buf_adds(out, quoted ? "\"" : "");
}

bool csv_row(struct buf *out, const char *const *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_adds(out, i ? "," : "");
		csv_field(out, fields[i]);
	}
	return buf_adds(out, "\r\n");
}
