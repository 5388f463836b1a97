#include "words.h"

#include <stdio.h>
#include <string.h>

struct term {
	const char *code;
	struct words words;
};

static const struct term ratings[] = {
	{"ABOVE", {"di atas ekspektasi", "above expectations"}},
	{"MEETS", {"sesuai ekspektasi", "meets expectations"}},
	{"BELOW", {"di bawah ekspektasi", "below expectations"}},
	{NULL, {NULL, NULL}},
};

static const struct term grades[] = {
	{"VERY_GOOD", {"sangat baik", "very good"}},
	{"GOOD", {"baik", "good"}},
	{"NEEDS_IMPROVEMENT", {"butuh perbaikan", "needs improvement"}},
	{"POOR", {"kurang", "poor"}},
	{"VERY_POOR", {"sangat kurang", "very poor"}},
	{NULL, {NULL, NULL}},
};

static const struct term kinds[] = {
	{"MAIN", {"utama", "main"}},
	{"ADDITIONAL", {"tambahan", "additional"}},
	{NULL, {NULL, NULL}},
};

static const struct term aspects[] = {
	{"productivity", {"produktivitas", "productivity"}},
	{"service_quality", {"mutu layanan", "service quality"}},
	{"innovation", {"inovasi", "innovation"}},
	{NULL, {NULL, NULL}},
};

/* A code that has no term here stands for itself. */
static struct words find(const struct term *terms, const char *code)
{
	for (; terms->code; terms++)
		if (strcmp(terms->code, code) == 0)
			return terms->words;
	return (struct words){code, code};
}

struct words words_rating(const char *code)
{
	return find(ratings, code);
}

struct words words_grade(const char *code)
{
	return find(grades, code);
}

struct words words_kind(const char *code)
{
	return find(kinds, code);
}

struct words words_aspect(const char *code)
{
	return find(aspects, code);
}

struct words words_period(struct period p, char id[WORDS_PERIOD], char en[WORDS_PERIOD])
{
	static const struct words months[] = {
		{"Januari", "January"},
		{"Februari", "February"},
		{"Maret", "March"},
		{"April", "April"},
		{"Mei", "May"},
		{"Juni", "June"},
		{"Juli", "July"},
		{"Agustus", "August"},
		{"September", "September"},
		{"Oktober", "October"},
		{"November", "November"},
		{"Desember", "December"},
	};
	static const char *const quarters[] = {"I", "II", "III", "IV"};
	int year = period_year(p), month = p.first_month % 12;
	if (p.kind == PERIOD_MONTH) {
		snprintf(id, WORDS_PERIOD, "%s %d", months[month].id, year);
		snprintf(en, WORDS_PERIOD, "%s %d", months[month].en, year);
	} else if (p.kind == PERIOD_QUARTER) {
		snprintf(id, WORDS_PERIOD, "Triwulan %s %d", quarters[month / 3], year);
		snprintf(en, WORDS_PERIOD, "quarter %d of %d", month / 3 + 1, year);
	} else {
		snprintf(id, WORDS_PERIOD, "%d", year);
		snprintf(en, WORDS_PERIOD, "%d", year);
	}
	return (struct words){id, en};
}
