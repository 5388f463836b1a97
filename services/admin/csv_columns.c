#include "csv_columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static const struct csv_word yes[] = {
	{"true", "true"},
	{"yes", "true"},
	{"ya", "true"},
	{"1", "true"},
	{"false", "false"},
	{"no", "false"},
	{"tidak", "false"},
	{"0", "false"},
	{NULL, NULL},
};
static const struct csv_word languages[] = {
	{"id", "id"},
	{"indonesia", "id"},
	{"en", "en"},
	{"inggris", "en"},
	{NULL, NULL},
};
static const struct csv_word statuses[] = {
	{"DRAFT", "DRAFT"},
	{"draf", "DRAFT"},
	{"SUBMITTED", "SUBMITTED"},
	{"diajukan", "SUBMITTED"},
	{"AGREED", "AGREED"},
	{"disepakati", "AGREED"},
	{"WITHDRAWN", "WITHDRAWN"},
	{"dicabut", "WITHDRAWN"},
	{NULL, NULL},
};
static const struct csv_word item_kinds[] = {
	{"MAIN", "MAIN"},
	{"utama", "MAIN"},
	{"ADDITIONAL", "ADDITIONAL"},
	{"tambahan", "ADDITIONAL"},
	{NULL, NULL},
};

#define FROM "mulai, tanggal mulai, tmt"
#define UNTIL "selesai, tanggal selesai, sampai"

static const struct csv_column people[] = {
	{"nip", CSV_NIP, .needed = true, .also = ""},
	{"name", CSV_NAME, .needed = true, .also = "nama"},
	{"unit", CSV_CODE, .needed = true, .also = "unit kerja"},
	{"position", CSV_CODE, .needed = true, .also = "jabatan"},
	{"superior", CSV_NIP, .also = "atasan, nip atasan"},
	{"from", CSV_DATE, .needed = true, .also = FROM},
	{"until", CSV_DATE, .also = UNTIL},
	{"email", CSV_TEXT, .also = "surel"},
	{"was", CSV_NIP, .also = "nip lama"},
	{"removed", CSV_YES, .also = "dihapus", .words = yes},
	{"language", CSV_WORD, .also = "bahasa", .words = languages},
};
static const struct csv_column absences[] = {
	{"nip", CSV_NIP, .needed = true, .also = ""},
	{"from", CSV_DATE, .needed = true, .also = FROM},
	{"until", CSV_DATE, .needed = true, .also = UNTIL},
	{"kind", CSV_NAME, .needed = true, .also = "jenis"},
	{"removed", CSV_YES, .also = "dihapus", .words = yes},
};
static const struct csv_column plans[] = {
	{"nip", CSV_NIP, .needed = true, .also = ""},
	{"year", CSV_YEAR, .needed = true, .also = "tahun"},
	{"status", CSV_WORD, .needed = true, .also = "", .words = statuses},
	{"from", CSV_DATE, .also = FROM},
	{"indicator", CSV_CODE, .of_item = true, .also = "indikator"},
	{"target", CSV_TARGET, .of_item = true, .also = ""},
	{"weight", CSV_NUMBER, .of_item = true, .also = "bobot"},
	{"kind", CSV_WORD, .of_item = true, .also = "jenis", .words = item_kinds},
};

static const struct csv_part parts[] = {
	{"people", people, COUNT(people)},
	{"absences", absences, COUNT(absences)},
	{"plans", plans, COUNT(plans)},
};

const struct csv_part *csv_part_find(const char *name)
{
	for (size_t i = 0; i < COUNT(parts); i++)
		if (strcmp(parts[i].name, name) == 0)
			return &parts[i];
	return NULL;
}

/* "E-Mail" and "Tanggal  Mulai" as their small letters alone. */
static void letters(char *text)
{
	char *to = text;
	for (const char *p = text; *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*to++ = (char)(*p - 'A' + 'a');
		else if (*p < 0 || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9'))
			*to++ = *p;
	}
	*to = '\0';
}

/* The name at the list's beginning, but for its spaces. */
static bool is_first(const char *word, const char *list)
{
	for (; *list && *list != ','; list++)
		if (*list != ' ' && *list != *word++)
			return false;
	return *word == '\0';
}

static bool is_among(const char *word, const char *list)
{
	for (; *list; list += strcspn(list, ","), list += *list == ',')
		if (is_first(word, list))
			return true;
	return false;
}

const struct csv_column *csv_column_find(const struct csv_part *part, const char *header)
{
	const struct csv_column *found = NULL;
	char *word = csv_tidy(header, CSV_TEXT);
	if (word)
		letters(word);
	for (int i = 0; word && !found && i < part->n; i++)
		if (strcmp(part->columns[i].name, word) == 0 ||
			is_among(word, part->columns[i].also))
			found = &part->columns[i];
	free(word);
	return found;
}
