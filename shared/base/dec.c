#include "base/dec.h"

#include <string.h>

enum { DECIMALS = 4 };

static const int64_t powers[DECIMALS + 1] = {1, 10, 100, 1000, 10000};
static const int64_t limit = INT64_C(1000000000000000); /* 10^15 has too many digits */

static dec_wide magnitude(dec_wide v)
{
	return v < 0 ? -v : v;
}

dec_wide dec_div(dec_wide a, dec_wide b)
{
	dec_wide quotient = a / b;
	dec_wide rest = magnitude(a % b);

	if (rest < magnitude(b) - rest) /* twice the rest could overflow */
		return quotient;
	return (a < 0) == (b < 0) ? quotient + 1 : quotient - 1;
}

static int bits(dec_wide v)
{
	int n = 0;

	for (; v > 0; v >>= 1)
		n++;
	return n;
}

/* Doubles proper fractions, and returns how many wholes came of it. */
static dec_wide twice(struct dec_fraction *parts, size_t n)
{
	dec_wide wholes = 0;

	for (size_t i = 0; i < n; i++) {
		parts[i].over *= 2;
		if (parts[i].over >= parts[i].under) {
			parts[i].over -= parts[i].under;
			wholes++;
		}
	}
	return wholes;
}

/* Whether proper fractions add up to `wanted` or more. Their common denominator may be too great
 * for any integer, so both sides are doubled until they are further apart than n fractions can be;
 * if they are not after as many times as that denominator can have bits, they are equal. */
static bool reach(struct dec_fraction *parts, size_t n, dec_wide wanted)
{
	int times = bits((dec_wide)n);

	for (size_t i = 0; i < n; i++)
		times += bits(parts[i].under);
	for (; times >= 0 && wanted > 0 && wanted < (dec_wide)n; times--)
		wanted = 2 * wanted - twice(parts, n);
	return times < 0 || wanted <= 0;
}

/* The whole part of a sum of proper fractions. */
static dec_wide whole_of(struct dec_fraction *parts, size_t n)
{
	enum { TIMES = 60 };
	dec_wide wholes = 0;
	dec_wide most;

	for (int i = 0; i < TIMES; i++)
		wholes = 2 * wholes + twice(parts, n);
	most = (wholes + (dec_wide)n - 1) >> TIMES; /* or one less */
	return reach(parts, n, (most << TIMES) - wholes) ? most : most - 1;
}

/* Rounded half-up is the whole part of twice the sum and one, halved. */
dec_wide dec_div_sum(struct dec_fraction *parts, size_t n)
{
	dec_wide halves = 1;

	for (size_t i = 0; i < n; i++) {
		halves += 2 * parts[i].over / parts[i].under;
		parts[i].over = 2 * parts[i].over % parts[i].under;
	}
	return n == 0 ? 0 : (halves + whole_of(parts, n)) / 2;
}

dec_wide dec_shown(dec_wide value)
{
	return dec_div(value, DEC_VALUE / DEC_SHOWN);
}

bool dec_from_int(int64_t number, dec_wide *out)
{
	if (number <= -limit || number >= limit)
		return false;
	*out = (dec_wide)number * DEC_VALUE;
	return true;
}

/* A double stands for k/10^d when it is the double nearest to that. Below the limit both k and 10^d
 * are exact as doubles and the division is rounded correctly, so this compares exactly; and no two
 * decimals of at most 15 digits share a double. */
static bool is_decimal(double number, int decimals, int64_t *k)
{
	double scale = (double)powers[decimals];
	double scaled = number * scale;

	if (!(scaled > -(double)limit && scaled < (double)limit)) /* also what is not a number */
		return false;
	*k = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
	return *k > -limit && *k < limit && (double)*k / scale == number;
}

bool dec_from_real(double number, dec_wide *out)
{
	int64_t k;

	for (int d = 0; d <= DECIMALS; d++) {
		if (is_decimal(number, d, &k)) {
			*out = (dec_wide)k * powers[DECIMALS - d];
			return true;
		}
	}
	return false;
}

/* Appends n digits to *k; false when that makes too many. */
static bool append_digits(const char *digits, size_t n, dec_wide *k)
{
	for (size_t i = 0; i < n && *k < limit; i++)
		*k = *k * 10 + (digits[i] - '0');
	return *k < limit;
}

/* digits·10^exponent; `n` digits without the zeros at either end. */
struct token {
	int64_t digits;
	int n, exponent;
};

enum { DIGITS = 15, EXPONENT_MOST = 1000000 /* more than a text has digits */ };

/* A digit that is not 0 makes those before it count. */
static bool token_digit(struct token *t, int digit, int *zeros)
{
	if (digit == 0) {
		*zeros += t->n > 0;
		return true;
	}
	t->n += *zeros + 1;
	if (t->n > DIGITS)
		return false;
	for (; *zeros > 0; --*zeros)
		t->digits *= 10;
	t->digits = t->digits * 10 + digit;
	return true;
}

static int token_exponent(const char *at, const char *end)
{
	bool negative = at < end && *at == '-';
	int v = 0;

	for (at += at < end && (*at == '-' || *at == '+'); at < end && v < EXPONENT_MOST; at++)
		v = v * 10 + (*at - '0');
	return negative ? -v : v;
}

static bool token_read(const char *at, const char *end, struct token *t)
{
	bool point = false;
	int zeros = 0;

	for (; at < end && *at != 'e' && *at != 'E'; at++) {
		if (*at == '.')
			point = true;
		else if (!token_digit(t, *at - '0', &zeros))
			return false;
		else
			t->exponent -= point;
	}
	t->exponent += zeros + (at < end ? token_exponent(at + 1, end) : 0);
	return true;
}

bool dec_from_token(const char *text, size_t len, dec_wide *out)
{
	const char *first = len > 0 && *text == '-' ? text + 1 : text;
	struct token t = {0};
	dec_wide v;

	if (!token_read(first, text + len, &t))
		return false;
	if (t.n > 0 && (t.exponent < -DECIMALS || t.n > DIGITS || t.exponent > DIGITS - t.n))
		return false;
	v = t.digits;
	for (int i = -DECIMALS; t.n > 0 && i < t.exponent; i++)
		v *= 10;
	*out = first == text ? v : -v;
	return true;
}

static const char digits[] = "0123456789";

/* "40" or "40.5" without its sign; n digits stand before the point. */
static bool has_decimal_form(const char *whole, size_t n, const char *fraction)
{
	size_t decimals = strspn(fraction, digits);

	return n > 0 && (n == 1 || *whole != '0') && (whole[n] == '.' || whole[n] == '\0') &&
	       decimals > 0 && fraction[decimals] == '\0';
}

bool dec_parse(const char *text, dec_wide *out)
{
	const char *whole = *text == '-' ? text + 1 : text;
	size_t n = strspn(whole, digits);
	const char *fraction = whole[n] == '.' ? whole + n + 1 : "0";
	size_t decimals = strlen(fraction);
	dec_wide k = 0;

	if (!has_decimal_form(whole, n, fraction))
		return false;
	while (decimals > 0 && fraction[decimals - 1] == '0') /* zeros at the end say nothing */
		decimals--;
	if (decimals > DECIMALS || !append_digits(whole, n, &k) ||
		!append_digits(fraction, decimals, &k))
		return false;
	k *= powers[DECIMALS - decimals];
	*out = *text == '-' ? -k : k;
	return true;
}

/* Writes backwards from `end`; 39 digits at most. */
static char *write_digits(char *end, dec_wide v, int at_least)
{
	for (; v > 0 || at_least > 0; v /= 10, at_least--)
		*--end = (char)('0' + (int)(v % 10));
	return end;
}

static const char *format(dec_wide v, int decimals, int64_t scale, char out[DEC_TEXT])
{
	char *at = &out[DEC_TEXT - 1];

	*at = '\0';
	if (decimals > 0) {
		at = write_digits(at, magnitude(v % scale), decimals);
		*--at = '.';
	}
	at = write_digits(at, magnitude(v / scale), 1);
	if (v < 0)
		*--at = '-';
	return memmove(out, at, (size_t)(out + DEC_TEXT - at));
}

const char *dec_format_shown(dec_wide hundredths, char out[DEC_TEXT])
{
	return format(hundredths, 2, DEC_SHOWN, out);
}

const char *dec_format_value(dec_wide value, char out[DEC_TEXT])
{
	int decimals = DECIMALS;

	while (decimals > 0 && value % 10 == 0) {
		value /= 10;
		decimals--;
	}
	return format(value, decimals, powers[decimals], out);
}
