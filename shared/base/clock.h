/* clock: the one door for time. Instants are microseconds since 1970-01-01T00:00:00Z. Dates are
 * those of Asia/Pontianak, UTC+7 without summer time, as days since 1970-01-01; months as year*12 +
 * (month-1). Pure code takes instants as arguments and never asks for the time itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLOCK_TEXT = 40 };
#define CLOCK_SECOND INT64_C(1000000)
#define CLOCK_DAY (86400 * CLOCK_SECOND)

int64_t clock_now(void); /* the wall clock, µs */
int64_t clock_monotonic(void); /* for durations and deadlines, µs */

/* RFC 3339 with an offset or Z, at most nine fractional digits, cut to the microsecond, a date that
 * exists, years 1900–9999; a leap second is refused. `len` bytes, not NUL-terminated. */
bool clock_parse(const char *text, size_t len, int64_t *out);
/* "2026-03-04T01:15:00Z", with ".ffffff" only when the fraction is not zero. */
const char *clock_format(int64_t instant, char out[CLOCK_TEXT]);

int32_t clock_date(int64_t instant); /* the date in Pontianak of an instant */
int64_t clock_date_start(int32_t date); /* that date's first instant in Pontianak */
bool clock_date_parse(const char *text, int32_t *out); /* "2026-03-04" */
const char *clock_date_format(int32_t date, char out[CLOCK_TEXT]);

int32_t clock_month(int32_t date);
int32_t clock_month_first(int32_t month); /* its first day */
int32_t clock_month_days(int32_t month); /* 28–31 */
bool clock_month_parse(const char *text, int32_t *out); /* "2026-03" */
const char *clock_month_format(int32_t month, char out[CLOCK_TEXT]);
