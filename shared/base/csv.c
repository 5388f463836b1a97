#include "base/csv.h"

#include <string.h>

#include "base/array.h"

/* "-12.50", "-12,50": what a spreadsheet reads as a number, and nothing more. */
static bool is_number(const char *text)
{
	static const char digits[] = "0123456789";
	const char *p = *text == '-' ? text + 1 : text;
	size_t whole = strspn(p, digits);
	bool point = p[whole] == '.' || p[whole] == ',';
	size_t decimals = point ? strspn(p + whole + 1, digits) : 0;
	return whole > 0 && (p[whole] == '\0' || (decimals > 0 && p[whole + 1 + decimals] == '\0'));
}

/* The wide forms are what Chinese and Japanese keyboards write, and those spreadsheets read. */
static bool is_formula(const char *text)
{
	static const char *const wide[] = {"＝", "＋", "－", "＠"};
	for (size_t i = 0; i < COUNT(wide); i++)
		if (strncmp(text, wide[i], strlen(wide[i])) == 0)
			return true;
	return *text && strchr("=+-@", *text);
}

/* Quotes at a cell's beginning are not seen there. */
static void text_field(struct buf *out, const char *text)
{
	bool begins = true; /* a cell, for one spreadsheet or another */
	buf_adds(out, *text && strchr("\t\r\n", *text) ? "'" : "");
	for (; *text; text++) {
		buf_adds(out, begins && is_formula(text) ? "'" : "");
		buf_add(out, text, 1);
		if (*text == '"')
			buf_add(out, text, 1);
		else
			begins = strchr(",;\t\r\n", *text) != NULL;
	}
}

bool csv_field(struct buf *out, char separator, const char *text)
{
	if (!text)
		return !out->failed;
	bool number = is_number(text);
	bool quoted =
		number ? strchr(text, separator) != NULL : strpbrk(text, "\",;\t\r\n") != NULL;
	buf_adds(out, quoted ? "\"" : "");
	if (number)
		buf_adds(out, text);
	else
		text_field(out, text);
	return buf_adds(out, quoted ? "\"" : "");
}

bool csv_row(struct buf *out, char separator, const char *const *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add(out, &separator, 1);
		csv_field(out, separator, fields[i]);
	}
	return buf_adds(out, "\r\n");
}
