#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MONTHS = 12, YEAR_FIRST = 1900, YEAR_LAST = 9999 };
#define ZONE (7 * 3600 * CLOCK_SECOND) /* Asia/Pontianak, all year */

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * CLOCK_SECOND + t.tv_nsec / 1000;
}

int64_t clock_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The proleptic Gregorian calendar counted from 1 March 0000, where a leap day ends a year and 400
 * years have 146097 days; 719468 days lie between that day and 1970-01-01. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = floor_div(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

struct civil {
	int64_t year;
	int month, day;
};

static struct civil civil_from_days(int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int month = (int)((5 * day_of_year + 2) / 153); /* 0 is March */
	struct civil c;

	c.year = era * 400 + year_of_era + (month >= 10);
	c.month = month < 10 ? month + 3 : month - 9;
	c.day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	return c;
}

/* What is left to read; `end` bounds it, and reading past what fits makes it fail. */
struct reader {
	const char *at, *end;
	bool ok;
};

static int read_number(struct reader *r, int digits)
{
	int v = 0;

	for (; digits > 0; digits--, r->at++) {
		if (!r->ok || r->at == r->end || *r->at < '0' || *r->at > '9') {
			r->ok = false;
			return 0;
		}
		v = v * 10 + (*r->at - '0');
	}
	return v;
}

static char read_any(struct reader *r, const char *allowed)
{
	if (!r->ok || r->at == r->end || *r->at == '\0' || strchr(allowed, *r->at) == NULL) {
		r->ok = false;
		return '\0';
	}
	return *r->at++;
}

static int read_within(struct reader *r, int digits, int least, int most)
{
	int v = read_number(r, digits);

	r->ok = r->ok && v >= least && v <= most;
	return v;
}

static int32_t read_month(struct reader *r)
{
	int year = read_within(r, 4, YEAR_FIRST, YEAR_LAST);

	read_any(r, "-");
	return year * MONTHS + read_within(r, 2, 1, MONTHS) - 1;
}

static int32_t read_date(struct reader *r)
{
	int32_t month = read_month(r);

	read_any(r, "-");
	if (!r->ok)
		return 0;
	return clock_month_first(month) + read_within(r, 2, 1, clock_month_days(month)) - 1;
}

static int64_t read_time(struct reader *r)
{
	int64_t seconds = read_within(r, 2, 0, 23) * 3600;

	read_any(r, ":");
	seconds += read_within(r, 2, 0, 59) * 60;
	read_any(r, ":");
	return (seconds + read_within(r, 2, 0, 59)) * CLOCK_SECOND;
}

/* What is finer than a microsecond is cut. */
static int64_t read_fraction(struct reader *r)
{
	enum { MOST_DIGITS = 9 };
	int64_t unit = CLOCK_SECOND;
	int64_t fraction = 0;
	int n = 0;

	if (r->at == r->end || *r->at != '.')
		return 0;
	r->at++;
	do {
		unit /= 10;
		fraction += read_number(r, 1) * unit;
	} while (++n < MOST_DIGITS && r->at < r->end && *r->at >= '0' && *r->at <= '9');
	return fraction;
}

static int64_t read_offset(struct reader *r)
{
	char sign = read_any(r, "Z+-");
	int64_t minutes;

	if (sign == 'Z')
		return 0;
	minutes = read_within(r, 2, 0, 23) * 60;
	read_any(r, ":");
	minutes += read_within(r, 2, 0, 59);
	return (sign == '-' ? -minutes : minutes) * 60 * CLOCK_SECOND;
}

bool clock_parse(const char *text, size_t len, int64_t *out)
{
	struct reader r = {text, text + len, true};
	int64_t instant = read_date(&r) * CLOCK_DAY;

	read_any(&r, "T");
	instant += read_time(&r);
	instant += read_fraction(&r);
	instant -= read_offset(&r);
	if (!r.ok || r.at != r.end)
		return false;
	*out = instant;
	return true;
}

const char *clock_format(int64_t instant, char out[CLOCK_TEXT])
{
	int64_t days = floor_div(instant, CLOCK_DAY);
	int64_t rest = instant - days * CLOCK_DAY;
	int seconds = (int)(rest / CLOCK_SECOND);
	int fraction = (int)(rest % CLOCK_SECOND);
	struct civil c = civil_from_days(days);
	int n = snprintf(out, CLOCK_TEXT, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)c.year,
		c.month, c.day, seconds / 3600, seconds / 60 % 60, seconds % 60);

	if (fraction != 0)
		snprintf(out + n, (size_t)(CLOCK_TEXT - n), ".%06dZ", fraction);
	else
		snprintf(out + n, (size_t)(CLOCK_TEXT - n), "Z");
	return out;
}

int32_t clock_date(int64_t instant)
{
	return (int32_t)floor_div(instant + ZONE, CLOCK_DAY);
}

int64_t clock_date_start(int32_t date)
{
	return date * CLOCK_DAY - ZONE;
}

bool clock_date_parse(const char *text, int32_t *out)
{
	struct reader r = {text, text + strlen(text), true};
	int32_t date = read_date(&r);

	if (!r.ok || r.at != r.end)
		return false;
	*out = date;
	return true;
}

const char *clock_date_format(int32_t date, char out[CLOCK_TEXT])
{
	struct civil c = civil_from_days(date);

	snprintf(out, CLOCK_TEXT, "%04lld-%02d-%02d", (long long)c.year, c.month, c.day);
	return out;
}

int32_t clock_month(int32_t date)
{
	struct civil c = civil_from_days(date);

	return (int32_t)(c.year * MONTHS + c.month - 1);
}

int32_t clock_month_first(int32_t month)
{
	int64_t year = floor_div(month, MONTHS);

	return (int32_t)days_from_civil(year, (int)(month - year * MONTHS) + 1, 1);
}

int32_t clock_month_days(int32_t month)
{
	return clock_month_first(month + 1) - clock_month_first(month);
}

bool clock_month_parse(const char *text, int32_t *out)
{
	struct reader r = {text, text + strlen(text), true};
	int32_t month = read_month(&r);

	if (!r.ok || r.at != r.end)
		return false;
	*out = month;
	return true;
}

const char *clock_month_format(int32_t month, char out[CLOCK_TEXT])
{
	int64_t year = floor_div(month, MONTHS);

	snprintf(out, CLOCK_TEXT, "%04lld-%02d", (long long)year, (int)(month - year * MONTHS) + 1);
	return out;
}
