/* period: a month, a quarter or a year, as `2026-03`, `2026-Q1`, `2026`. Years 1900–9999. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum period_kind { PERIOD_MONTH, PERIOD_QUARTER, PERIOD_YEAR };
enum { PERIOD_TEXT = 12, PERIODS_OF_YEAR = 17 };

struct period {
	enum period_kind kind;
	int32_t first_month; /* clock.h's months */
	int32_t months; /* 1, 3 or 12 */
};

bool period_parse(const char *text, struct period *out);
const char *period_format(struct period p, char out[PERIOD_TEXT]);

/* The period of the given kind that contains the month. */
struct period period_of(enum period_kind kind, int32_t month);

int32_t period_first_day(struct period p);
int32_t period_last_day(struct period p); /* included */
int32_t period_year(struct period p);

/* All of a year: the year, its quarters, its months, in that order. */
void period_all(int32_t year, struct period out[PERIODS_OF_YEAR]);
