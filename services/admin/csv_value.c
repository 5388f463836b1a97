#include "csv_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/clock.h"
#include "characters.h"

/* What is around a value */

static bool is_utf8(const char *text)
{
	json_auto_t *v = json_string(text);
	return v != NULL;
}

/* Spaces become one plain one each run, and none at the ends, where what is invisible goes, too. */
static char *fold(const char *cell)
{
	char *out = malloc(strlen(cell) + 1), *to = out, *end = out;
	while (out && *cell) {
		const char *from = cell;
		uint32_t c = character_next(&cell);
		bool space = character_is_space(c);
		if ((space || character_is_invisible(c)) && to == out)
			continue;
		if (space && to[-1] != ' ')
			*to++ = ' ';
		if (space)
			continue;
		memcpy(to, from, (size_t)(cell - from));
		to += cell - from;
		if (!character_is_invisible(c))
			end = to;
	}
	if (out)
		*end = '\0';
	return out;
}

static void unwrap(char *text)
{
	size_t len = strlen(text);
	if (len < 3 || text[0] != '=' || text[1] != '"' || text[len - 1] != '"')
		return;
	memmove(text, text + 2, len - 3);
	text[len - 3] = '\0';
}

/* A name keeps its own, as in 'Aisyah; one before what could be a formula was put there when it was
 * exported (base/csv.h). */
static bool is_mark(const char *text, enum csv_kind kind)
{
	const char *next = text;
	if (!*text || !character_is_apostrophe(character_next(&next)))
		return false;
	return kind != CSV_NAME || (*text == '\'' && *next && strchr("=+-@", *next));
}

char *csv_tidy(const char *cell, enum csv_kind kind)
{
	char *text = is_utf8(cell) ? fold(cell) : NULL;
	if (!text)
		return NULL;
	unwrap(text);
	if (is_mark(text, kind)) {
		const char *next = text;
		character_next(&next);
		memmove(text, next, strlen(next) + 1);
	}
	size_t lead = strspn(text, " "), len = strlen(text);
	memmove(text, text + lead, len - lead + 1);
	for (len -= lead; len > 0 && text[len - 1] == ' ';)
		text[--len] = '\0';
	return text;
}

/* NIPs */

enum { NOT_DIGITS = -1, NIP_CUT = 15 /* what a spreadsheet keeps */ };

/* How many digits it has beside what may be between them. */
static int nip_digits(const char *text, char out[NIP_DIGITS + 1])
{
	int n = 0;
	while (*text) {
		uint32_t c = character_next(&text);
		if (c >= '0' && c <= '9') {
			if (n < NIP_DIGITS)
				out[n] = (char)c;
			n++;
		} else if (c != '.' && !character_is_space(c) && !character_is_invisible(c) &&
			   !character_is_hyphen(c)) {
			return NOT_DIGITS;
		}
	}
	out[n < NIP_DIGITS ? n : NIP_DIGITS] = '\0';
	return n;
}

static bool nip_read(const char *text, char out[NIP_DIGITS + 1])
{
	return nip_digits(text, out) == NIP_DIGITS && nip_valid(out, NIP_DIGITS);
}

bool csv_nip(const char *text, char out[NIP_DIGITS + 1])
{
	char *tidy = csv_tidy(text, CSV_NIP);
	bool ok = tidy && nip_read(tidy, out);
	free(tidy);
	return ok;
}

#define DIGITS "0123456789"

/* "1.98609E+17", with the comma of some countries. */
static bool is_exponent(const char *p)
{
	p += strspn(p, DIGITS);
	if (*p == '.' || *p == ',')
		p += 1 + strspn(p + 1, DIGITS);
	if (*p != 'E' && *p != 'e')
		return false;
	p++;
	p += *p == '+' || *p == '-';
	return *p && p[strspn(p, DIGITS)] == '\0';
}

static json_t *nip_value(const struct csv_column *column, const char *text)
{
	char nip[NIP_DIGITS + 1];
	(void)column;
	return nip_read(text, nip) ? json_string(nip) : json_false();
}

#define LOST \
	"in a spreadsheet; give the column the format Text there, enter the NIP again from its " \
	"source, and save anew"

static void nip_fault(const char *text, char out[CSV_FAULT])
{
	char nip[NIP_DIGITS + 1];
	int n = nip_digits(text, nip);
	if (is_exponent(text))
		snprintf(out, CSV_FAULT, "lost its digits " LOST);
	else if (n == NOT_DIGITS)
		snprintf(out, CSV_FAULT, "is no NIP; write its 18 digits and nothing else");
	else if (n != NIP_DIGITS)
		snprintf(out, CSV_FAULT, "has %d %s, where a NIP has 18", n,
			n == 1 ? "digit" : "digits");
	else if (strcmp(nip + NIP_CUT, "000") == 0)
		snprintf(out, CSV_FAULT, "lost its last three digits " LOST);
	else
		snprintf(out, CSV_FAULT,
			"is no NIP: that is a day of birth (YYYYMMDD), a month of appointment "
			"(YYYYMM), 1 or 2, and a number above 000");
}

/* Dates */

enum date_is { DATE, DATE_NONE, DATE_MONTH_FIRST, DATE_IMPOSSIBLE };

/* "1/2/2026": the first of February. */
static enum date_is date_slashes(const char *text, char out[CLOCK_TEXT])
{
	int day, month, year, len = 0;
	int32_t date;
	if (text[strspn(text, DIGITS "/")] != '\0' ||
		sscanf(text, "%2d/%2d/%4d%n", &day, &month, &year, &len) != 3 || text[len] ||
		year < 1000)
		return DATE_NONE;
	snprintf(out, CLOCK_TEXT, "%04d-%02d-%02d", year, month, day);
	if (clock_date_parse(out, &date))
		return DATE;
	return month > 12 && day <= 12 ? DATE_MONTH_FIRST : DATE_IMPOSSIBLE;
}

static enum date_is date_read(const char *text, char out[CLOCK_TEXT])
{
	int32_t date;
	enum date_is slashes = date_slashes(text, out);
	if (slashes != DATE_NONE)
		return slashes;
	snprintf(out, CLOCK_TEXT, "%s", text);
	if (clock_date_parse(text, &date))
		return DATE;
	return strlen(text) == 10 && text[strspn(text, DIGITS "-")] == '\0' && text[4] == '-' &&
			       text[7] == '-'
		       ? DATE_IMPOSSIBLE
		       : DATE_NONE;
}

static json_t *date_value(const struct csv_column *column, const char *text)
{
	char date[CLOCK_TEXT];
	(void)column;
	return date_read(text, date) == DATE ? json_string(date) : json_false();
}

static void date_fault(const char *text, char out[CSV_FAULT])
{
	static const char *const words[] = {
		[DATE_NONE] = "is no date; write 2026-02-01, or 01/02/2026 with the day first",
		[DATE_MONTH_FIRST] =
			"has the month first; write the day first, as in 01/02/2026 for "
			"the first of February, in all dates of the file",
		[DATE_IMPOSSIBLE] = "is a day that does not exist",
	};
	char date[CLOCK_TEXT];
	if (text[strspn(text, DIGITS)] == '\0' && strlen(text) == 5)
		snprintf(out, CSV_FAULT,
			"is a spreadsheet's number for a day; give the column a format of dates "
			"there, and save anew");
	else
		snprintf(out, CSV_FAULT, "%s", words[date_read(text, date)]);
}

/* Numbers */

static json_t *year_value(const struct csv_column *column, const char *text)
{
	(void)column;
	return strlen(text) == 4 && strspn(text, DIGITS) == 4 ? json_integer(atoi(text))
							      : json_false();
}

static void year_fault(const char *text, char out[CSV_FAULT])
{
	(void)text;
	snprintf(out, CSV_FAULT, "is no year; write it as 2026");
}

enum { NUMBER_MOST = 32 };

/* "1.000" is a thousand to some and one to others; "0.125" is the same to all. */
static bool may_be_thousands(const char *text)
{
	size_t whole = strspn(text, DIGITS), behind = strspn(text + whole + 1, DIGITS);
	char last = text[whole + 1 + behind];
	return whole > 0 && whole <= 3 && *text != '0' && behind == 3 &&
	       (last == '\0' || last == '.' || last == ',' || last == '%');
}

/* As JSON writes it, so that it is exact; false when it is no number. */
static bool number_read(const char *text, char out[NUMBER_MOST])
{
	text += strspn(text, " ");
	while (text[0] == '0' && text[1] >= '0' && text[1] <= '9')
		text++;
	size_t whole = strspn(text, DIGITS);
	bool point = text[whole] == '.' || text[whole] == ',';
	size_t behind = point ? strspn(text + whole + 1, DIGITS) : 0;
	const char *rest = text + whole + point + behind;
	rest += strspn(rest, " %");
	if (whole == 0 || *rest || (point && (behind == 0 || may_be_thousands(text))) ||
		whole + behind + 2 > NUMBER_MOST)
		return false;
	snprintf(out, NUMBER_MOST, "%.*s%s%.*s", (int)whole, text, point ? "." : "", (int)behind,
		text + whole + point);
	return true;
}

static json_t *number_value(const struct csv_column *column, const char *text)
{
	char number[NUMBER_MOST];
	(void)column;
	return number_read(text, number) ? json_loads(number, JSON_DECODE_ANY, NULL) : json_false();
}

static void number_fault(const char *text, char out[CSV_FAULT])
{
	if (strpbrk(text, ".,") && text[strspn(text, DIGITS ".,%")] == '\0')
		snprintf(out, CSV_FAULT,
			"may have a separator of thousands; write 1000 without one, and 1.5 or 1,5 "
			"for a fraction");
	else
		snprintf(out, CSV_FAULT, "is no number; write it as 40, 99.5 or 99,5");
}

/* What may be between the bounds of a range, the longer ones first. */
static const char *const between[] = {"..", "s.d.", "s/d", "\xE2\x80\x93", "-"};

static json_t *range_value(const char *text, const char *at, size_t len)
{
	char low[NUMBER_MOST];
	if (at - text >= NUMBER_MOST)
		return NULL;
	snprintf(low, sizeof low, "%.*s", (int)(at - text), text);
	json_auto_t *first = number_value(NULL, low);
	json_auto_t *second = number_value(NULL, at + len);
	return json_is_number(first) && json_is_number(second) ? json_pack("[O, O]", first, second)
							       : NULL;
}

static json_t *target_value(const struct csv_column *column, const char *text)
{
	json_t *v = number_value(column, text);
	for (size_t i = 0; json_is_false(v) && i < COUNT(between); i++) {
		const char *at = strstr(text, between[i]);
		json_t *range = at ? range_value(text, at, strlen(between[i])) : NULL;
		v = range ? range : v;
	}
	return v;
}

static void target_fault(const char *text, char out[CSV_FAULT])
{
	if (text[strspn(text, DIGITS ".,%")] == '\0' && !strstr(text, ".."))
		number_fault(text, out);
	else
		snprintf(out, CSV_FAULT,
			"is no target; write a number as 40, 99.5 or 99,5, or a range as 20..30");
}

/* Words */

static const char *word_meant(const struct csv_word *words, const char *text)
{
	for (; words->written; words++)
		if (strcasecmp(words->written, text) == 0)
			return words->meant;
	return NULL;
}

/* One that is not among them goes on as it is: the check of the value knows those that are. */
static json_t *word_value(const struct csv_column *column, const char *text)
{
	const char *meant = word_meant(column->words, text);
	return json_string(meant ? meant : text);
}

static json_t *yes_value(const struct csv_column *column, const char *text)
{
	const char *meant = word_meant(column->words, text);
	if (!meant)
		return json_string(text);
	return strcmp(meant, "true") == 0 ? json_true() : NULL;
}

/* "is none of DRAFT (draf), AGREED (disepakati)": each that is meant as it is written first, then
 * its other names. */
static void words_fault(const struct csv_word *words, char out[CSV_FAULT])
{
	size_t len = (size_t)snprintf(out, CSV_FAULT, "is none of %s", words->written);
	bool within = false;
	for (const struct csv_word *w = words + 1; w->written && len < CSV_FAULT; w++) {
		bool other = strcmp(w->meant, w[-1].meant) == 0;
		const char *gap = other && !within ? " (" : within && !other ? "), " : ", ";
		within = other;
		len += (size_t)snprintf(out + len, CSV_FAULT - len, "%s%s", gap, w->written);
	}
	if (within && len < CSV_FAULT)
		snprintf(out + len, CSV_FAULT - len, ")");
}

static json_t *text_value(const struct csv_column *column, const char *text)
{
	(void)column;
	return json_string(text);
}

/* Spreadsheets like a capital at the beginning; codes have none. */
static json_t *code_value(const struct csv_column *column, const char *text)
{
	char *code = strdup(text);
	(void)column;
	for (char *p = code; p && *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
	json_t *v = code ? json_string(code) : NULL;
	free(code);
	return v;
}

static const struct {
	json_t *(*value)(const struct csv_column *column, const char *text);
	void (*fault)(const char *text, char out[CSV_FAULT]); /* NULL: all can be read */
} kinds[CSV_KINDS] = {
	[CSV_TEXT] = {text_value, NULL},
	[CSV_NAME] = {text_value, NULL},
	[CSV_CODE] = {code_value, NULL},
	[CSV_NIP] = {nip_value, nip_fault},
	[CSV_DATE] = {date_value, date_fault},
	[CSV_YEAR] = {year_value, year_fault},
	[CSV_NUMBER] = {number_value, number_fault},
	[CSV_TARGET] = {target_value, target_fault},
	[CSV_WORD] = {word_value, NULL},
	[CSV_YES] = {yes_value, NULL},
};

json_t *csv_value(const struct csv_column *column, const char *cell)
{
	char *text = csv_tidy(cell, column->kind);
	json_t *v = !text ? json_false() : *text ? kinds[column->kind].value(column, text) : NULL;
	free(text);
	return v;
}

bool csv_fault(const struct csv_column *column, const char *cell, char out[CSV_FAULT])
{
	json_auto_t *v = csv_value(column, cell);
	char *text = csv_tidy(cell, column->kind);
	bool no_word = text && *text && column->words && !word_meant(column->words, text);
	if (!no_word && !json_is_false(v)) {
		free(text);
		return false;
	}
	if (no_word)
		words_fault(column->words, out);
	else if (text)
		kinds[column->kind].fault(text, out);
	else
		snprintf(out, CSV_FAULT,
			"is not UTF-8; save the file as \"CSV UTF-8\" (in LibreOffice: Text CSV, "
			"character set UTF-8)");
	free(text);
	return true;
}
