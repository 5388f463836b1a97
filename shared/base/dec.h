/* dec: exact decimals as scaled integers. No score is ever computed in floating point.
 *
 * Two scales are used: values from events and targets have four decimals (DEC_VALUE, "units of
 * 0.0001"); every figure that is shown has two (DEC_SHOWN, "hundredths"). Rounding is half-up, away
 * from zero (domain.md, "Achievement of one indicator"; the same as ROUND_HALF_UP elsewhere).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef __int128 dec_wide; /* sums and products of 64-bit figures fit without overflow */

#define DEC_VALUE 10000 /* units of 0.0001 */
#define DEC_SHOWN 100 /* hundredths */

enum { DEC_TEXT = 48 }; /* room for any formatted figure with its NUL */

/* a/b rounded half-up, away from zero; b is not 0. */
dec_wide dec_div(dec_wide a, dec_wide b);

/* over/under: `over` not negative, `under` positive, both below 10^37. */
struct dec_fraction {
	dec_wide over, under;
};
/* The sum of n fractions rounded once, half-up, exact whatever the denominators; 0 of none.
 * Uses up `parts`. */
dec_wide dec_div_sum(struct dec_fraction *parts, size_t n);

/* From units of 0.0001 to hundredths. */
dec_wide dec_shown(dec_wide value);

/* A JSON number that jansson read, exactly, in units of 0.0001. False when it has more than 4
 * decimals or more than 15 digits in all (|v| < 10^15; with d decimals, |v| < 10^(15-d)), or is not
 * finite. */
bool dec_from_int(int64_t number, dec_wide *out);
bool dec_from_real(double number, dec_wide *out);

/* A JSON number as it is written, such as "1.50e1", of `len` bytes: exact however many digits a
 * double would lose, by value, so that zeros at its ends say nothing. The same limits; the text is
 * a JSON number. */
bool dec_from_token(const char *text, size_t len, dec_wide *out);

/* Decimal text such as "12", "-0.5", "3.1416" in units of 0.0001, the same limits. */
bool dec_parse(const char *text, dec_wide *out);

/* "95.00": hundredths with two places. "12.0345": units of 0.0001 without trailing zeros ("12"). */
const char *dec_format_shown(dec_wide hundredths, char out[DEC_TEXT]);
const char *dec_format_value(dec_wide value, char out[DEC_TEXT]);
