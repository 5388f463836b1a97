#include "base/nip.h"

#include <string.h>

#include "base/clock.h"

static bool only_digits(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
	}
	return true;
}

/* YYYYMMDD, a day that exists. */
static bool is_date(const char *digits)
{
	char text[] = "yyyy-mm-dd";
	int32_t date;

	memcpy(text, digits, 4);
	memcpy(text + 5, digits + 4, 2);
	memcpy(text + 8, digits + 6, 2);
	return clock_date_parse(text, &date);
}

/* Years begin in 1900, as everywhere; a month 01–12 is a tenured servant's, 2 and the count of
 * contracts the other's. */
static bool is_appointment(const char *digits)
{
	int year = (digits[0] - '0') * 1000 + (digits[1] - '0') * 100;
	int month = (digits[4] - '0') * 10 + (digits[5] - '0');

	return year >= 1900 && ((month >= 1 && month <= 12) || (month >= 21 && month <= 29));
}

bool nip_valid(const char *text, size_t len)
{
	return len == NIP_DIGITS && only_digits(text, len) && is_date(text) &&
	       is_appointment(text + 8) && (text[14] == '1' || text[14] == '2') &&
	       memcmp(text + 15, "000", 3) != 0;
}
