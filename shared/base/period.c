#include "base/period.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { MONTHS = 12, QUARTER = 3 };

static const int32_t lengths[] = {
	[PERIOD_MONTH] = 1,
	[PERIOD_QUARTER] = QUARTER,
	[PERIOD_YEAR] = MONTHS,
};

struct period period_of(enum period_kind kind, int32_t month)
{
	int32_t length = lengths[kind];

	return (struct period){
		.kind = kind, .first_month = month - month % length, .months = length};
}

/* The year's January, from the four digits that every period begins with. */
static bool parse_january(const char *text, int32_t *january)
{
	char first[] = "yyyy-01";

	if (strnlen(text, 4) < 4)
		return false;
	memcpy(first, text, 4);
	return clock_month_parse(first, january);
}

bool period_parse(const char *text, struct period *out)
{
	int32_t month;

	if (clock_month_parse(text, &month)) {
		*out = period_of(PERIOD_MONTH, month);
		return true;
	}
	if (!parse_january(text, &month))
		return false;
	if (text[4] == '\0') {
		*out = period_of(PERIOD_YEAR, month);
		return true;
	}
	if (strncmp(text + 4, "-Q", 2) != 0 || text[6] < '1' || text[6] > '4' || text[7] != '\0')
		return false;
	*out = period_of(PERIOD_QUARTER, month + (text[6] - '1') * QUARTER);
	return true;
}

const char *period_format(struct period p, char out[PERIOD_TEXT])
{
	char month[CLOCK_TEXT];

	clock_month_format(p.first_month, month);
	if (p.kind == PERIOD_YEAR)
		snprintf(out, PERIOD_TEXT, "%.4s", month);
	else if (p.kind == PERIOD_QUARTER)
		snprintf(out, PERIOD_TEXT, "%.4s-Q%c", month,
			'1' + p.first_month % MONTHS / QUARTER);
	else
		snprintf(out, PERIOD_TEXT, "%.7s", month);
	return out;
}

int32_t period_first_day(struct period p)
{
	return clock_month_first(p.first_month);
}

int32_t period_last_day(struct period p)
{
	return clock_month_first(p.first_month + p.months) - 1;
}

int32_t period_year(struct period p)
{
	return p.first_month / MONTHS;
}

void period_all(int32_t year, struct period out[PERIODS_OF_YEAR])
{
	int32_t january = year * MONTHS;

	*out++ = period_of(PERIOD_YEAR, january);
	for (int32_t month = 0; month < MONTHS; month += QUARTER)
		*out++ = period_of(PERIOD_QUARTER, january + month);
	for (int32_t month = 0; month < MONTHS; month++)
		*out++ = period_of(PERIOD_MONTH, january + month);
}
