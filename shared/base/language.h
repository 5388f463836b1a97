/* language: how figures, periods, dates and times are written for people, in each language. What
 * programs read keeps points and ISO 8601. Pure; instants and dates as in clock.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/dec.h"
#include "base/period.h"

enum language { LANGUAGE_ID, LANGUAGE_EN, LANGUAGES };
extern const char *const language_codes[LANGUAGES]; /* "id", "en" */

/* False when it is none of them, or NULL. */
bool language_parse(const char *code, enum language *out);
/* The one that an Accept-Language field likes best; Indonesian where it likes none, or is NULL. */
enum language language_accepted(const char *field);

/* Hundredths: "1.234,50", "1,234.50"; with `whole`, "1.234" when nothing is behind the comma. */
const char *language_figure(
	enum language language, dec_wide hundredths, bool whole, char out[DEC_TEXT]);
/* Units of 0.0001 without zeros at the end: "1.234,5". */
const char *language_value(enum language language, dec_wide value, char out[DEC_TEXT]);

enum { LANGUAGE_TEXT = 48 };
/* "Maret 2026", "triwulan I 2026", "tahun 2026"; "March 2026", "the first quarter of 2026", "the
 * year 2026". */
const char *language_period(enum language language, struct period p, char out[LANGUAGE_TEXT]);
const char *language_month(enum language language, int month); /* 0: "Januari" */
/* "1 Oktober 2026", "1 October 2026"; in Pontianak. */
const char *language_date(enum language language, int32_t date, char out[LANGUAGE_TEXT]);
/* "1 Oktober 2026 pukul 13.24 WIB", "1 October 2026, 13:24 WIB". */
const char *language_time(enum language language, int64_t instant, char out[LANGUAGE_TEXT]);
/* "13.24", "13:24" */
const char *language_hour(enum language language, int64_t instant, char out[LANGUAGE_TEXT]);
