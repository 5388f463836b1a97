/* Periods and days from text, for tests by table. */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/period.h"

static inline struct period period_of_text(const char *text)
{
	struct period p = {0};

	assert_true(period_parse(text, &p));
	return p;
}

/* NULL: never. */
static inline int32_t day(const char *text)
{
	int32_t date = INT32_MAX;

	assert_true(text == NULL || clock_date_parse(text, &date));
	return date;
}
