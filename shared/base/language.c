#include "base/language.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

const char *const language_codes[LANGUAGES] = {"id", "en"};

static const char *const months[LANGUAGES][12] = {
	{"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
		"Oktober", "November", "Desember"},
	{"January", "February", "March", "April", "May", "June", "July", "August", "September",
		"October", "November", "December"},
};

bool language_parse(const char *code, enum language *out)
{
	for (int l = 0; code && l < LANGUAGES; l++)
		if (strcmp(code, language_codes[l]) == 0) {
			*out = (enum language)l;
			return true;
		}
	return false;
}

/* Thousandths of a quality such as "0.8"; 1000 for none. */
static int quality_of(const char *parameters, size_t len)
{
	const char *q = memmem(parameters, len, "q=", 2);
	return q ? (int)(strtod(q + 2, NULL) * 1000) : 1000;
}

enum language language_accepted(const char *field)
{
	enum language best = LANGUAGE_ID;
	int most = 0;
	for (const char *p = field; p && *p; p += *p == ',') {
		p += strspn(p, " \t");
		size_t len = strcspn(p, ","), name = strcspn(p, "-;, \t");
		int quality = quality_of(p, len);
		for (int l = 0; l < LANGUAGES; l++)
			if (name == 2 && strncasecmp(p, language_codes[l], 2) == 0 &&
				quality > most) {
				best = (enum language)l;
				most = quality;
			}
		p += len;
	}
	return best;
}

/* "1234567.50" → "1.234.567,50" */
static const char *write_figure(enum language language, const char *plain, char out[DEC_TEXT])
{
	char separator = language == LANGUAGE_ID ? '.' : ',',
	     mark = language == LANGUAGE_ID ? ',' : '.';
	size_t digits = strspn(plain, "-0123456789"), n = 0;
	for (size_t i = 0; plain[i] && n < DEC_TEXT - 2; i++) {
		if (i > 0 && i < digits && plain[i - 1] != '-' && (digits - i) % 3 == 0)
			out[n++] = separator;
		out[n++] = plain[i] == '.' ? mark : plain[i];
	}
	out[n] = '\0';
	return out;
}

const char *language_figure(
	enum language language, dec_wide hundredths, bool whole, char out[DEC_TEXT])
{
	char plain[DEC_TEXT];
	dec_format_shown(hundredths, plain);
	if (whole && hundredths % DEC_SHOWN == 0)
		*strchr(plain, '.') = '\0';
	return write_figure(language, plain, out);
}

const char *language_value(enum language language, dec_wide value, char out[DEC_TEXT])
{
	char plain[DEC_TEXT];
	return write_figure(language, dec_format_value(value, plain), out);
}

const char *language_month(enum language language, int month)
{
	return months[language][month];
}

const char *language_period(enum language language, struct period p, char out[LANGUAGE_TEXT])
{
	static const char *const quarters[LANGUAGES][4] = {
		{"triwulan I", "triwulan II", "triwulan III", "triwulan IV"},
		{"the first quarter of", "the second quarter of", "the third quarter of",
			"the fourth quarter of"},
	};
	static const char *const years[LANGUAGES] = {"tahun", "the year"};
	int month = p.first_month % 12;
	const char *name = p.kind == PERIOD_MONTH     ? months[language][month]
			   : p.kind == PERIOD_QUARTER ? quarters[language][month / 3]
						      : years[language];
	snprintf(out, LANGUAGE_TEXT, "%s %d", name, (int)period_year(p));
	return out;
}

const char *language_date(enum language language, int32_t date, char out[LANGUAGE_TEXT])
{
	int32_t month = clock_month(date);
	snprintf(out, LANGUAGE_TEXT, "%d %s %d", (int)(date - clock_month_first(month) + 1),
		months[language][month % 12], (int)(month / 12));
	return out;
}

const char *language_hour(enum language language, int64_t instant, char out[LANGUAGE_TEXT])
{
	int minute = (int)((instant - clock_date_start(clock_date(instant))) / CLOCK_SECOND / 60);
	snprintf(out, LANGUAGE_TEXT, language == LANGUAGE_ID ? "%02d.%02d" : "%02d:%02d",
		minute / 60 % 24, minute % 60);
	return out;
}

const char *language_time(enum language language, int64_t instant, char out[LANGUAGE_TEXT])
{
	char date[LANGUAGE_TEXT], hour[LANGUAGE_TEXT];
	language_date(language, clock_date(instant), date);
	language_hour(language, instant, hour);
	snprintf(out, LANGUAGE_TEXT,
		language == LANGUAGE_ID ? "%.24s pukul %.8s WIB" : "%.24s, %.8s WIB", date, hour);
	return out;
}
