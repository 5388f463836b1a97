/* If these fail, what people write into a cell is refused though anybody could read it, or is read
 * as something that they did not mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "admin/csv_columns.h"
#include "admin/registry_texts.h"
#include "base/array.h"

#define ANI "198609262015051001"
#define LOST \
	" in a spreadsheet; give the column the format Text there, enter the NIP again from its " \
	"source, and save anew"
#define WRONG_NIP \
	"is no NIP: that is a day of birth (YYYYMMDD), a month of appointment (YYYYMM), 1 or 2, " \
	"and a number above 000"
#define WRONG_DATE "is no date; write 2026-02-01, or 01/02/2026 with the day first"
#define MONTH_FIRST \
	"has the month first; write the day first, as in 01/02/2026 for the first of February, in " \
	"all dates of the file"
#define THOUSANDS \
	"may have a separator of thousands; write 1000 without one, and 1.5 or 1,5 for a fraction"
#define NOT_UTF8 \
	"is not UTF-8; save the file as \"CSV UTF-8\" (in LibreOffice: Text CSV, character set " \
	"UTF-8)"

/* What a cell means, as JSON (or nothing), or why it means nothing. */
static const struct {
	const char *part, *column, *cell, *means, *fault;
} cells[] = {
	/* NIPs: the official way of writing them, and what exports and copying leave in them */
	{"people", "nip", ANI, "\"" ANI "\"", NULL},
	{"people", "nip", "19860926 201505 1 001", "\"" ANI "\"", NULL},
	{"people", "nip", "19860926.201505.1.001", "\"" ANI "\"", NULL},
	{"people", "nip", "19860926-201505-1-001", "\"" ANI "\"", NULL},
	{"people", "nip", "19860926\u2013201505\u20111\u2212001", "\"" ANI "\"", NULL},
	{"people", "nip", "'" ANI, "\"" ANI "\"", NULL},
	{"people", "nip", "\u2019" ANI, "\"" ANI "\"", NULL},
	{"people", "nip", "=\"" ANI "\"", "\"" ANI "\"", NULL},
	{"people", "nip", " =\"'19860926 201505 1 001 \" ", "\"" ANI "\"", NULL},
	{"people", "nip", "\u00A0 " ANI "\u202F\t", "\"" ANI "\"", NULL},
	{"people", "nip", "19860926\u2009201505\u00A01\u2003001", "\"" ANI "\"", NULL},
	{"people", "nip", "\uFEFF\u202A" ANI "\u202C\u200B", "\"" ANI "\"", NULL},
	{"people", "nip", "19860926\u200B201505\u20601\u00AD001", "\"" ANI "\"", NULL},
	{"people", "superior", "19860926 201505 1 001", "\"" ANI "\"", NULL},
	{"people", "superior", "", NULL, NULL},
	{"people", "superior", " \u00A0\u200B", NULL, NULL},
	{"people", "superior", "=\"\"", NULL, NULL},
	{"people", "superior", "'", NULL, NULL},
	{"people", "nip", "1.98609E+17", NULL, "lost its digits" LOST},
	{"people", "nip", "1,98609262015051E+17", NULL, "lost its digits" LOST},
	{"people", "nip", "2e17", NULL, "lost its digits" LOST},
	{"people", "nip", "198609262015051000", NULL, "lost its last three digits" LOST},
	{"people", "nip", "19860926 201505 1 000", NULL, "lost its last three digits" LOST},
	{"people", "nip", "19860926201505100", NULL, "has 17 digits, where a NIP has 18"},
	{"people", "nip", "198609262015051001.00", NULL, "has 20 digits, where a NIP has 18"},
	{"people", "nip", "1", NULL, "has 1 digit, where a NIP has 18"},
	{"people", "nip", "-", NULL, "has 0 digits, where a NIP has 18"},
	{"people", "nip", "198613262015051001", NULL, WRONG_NIP},
	{"people", "nip", "NIP " ANI, NULL, "is no NIP; write its 18 digits and nothing else"},
	{"people", "nip", "Siti", NULL, "is no NIP; write its 18 digits and nothing else"},
	{"people", "nip", "\xFF", NULL, NOT_UTF8},
	/* dates */
	{"people", "from", "2026-02-01", "\"2026-02-01\"", NULL},
	{"people", "from", "01/02/2026", "\"2026-02-01\"", NULL},
	{"people", "from", "1/2/2026", "\"2026-02-01\"", NULL},
	{"people", "from", " '31/12/2026\u00A0", "\"2026-12-31\"", NULL},
	{"people", "until", "29/02/2028", "\"2028-02-29\"", NULL},
	{"people", "until", "", NULL, NULL},
	{"people", "until", "31-12-2026", NULL, WRONG_DATE},
	{"people", "until", "2026/12/31", NULL, WRONG_DATE},
	{"people", "until", "31.12.2026", NULL, WRONG_DATE},
	{"people", "until", "31/12/26", NULL, WRONG_DATE},
	{"people", "until", "1 Februari 2026", NULL, WRONG_DATE},
	{"people", "until", "1/2/2026 0:00", NULL, WRONG_DATE},
	{"people", "until", "2026-02-01T00:00:00", NULL, WRONG_DATE},
	{"people", "until", "001/02/2026", NULL, WRONG_DATE},
	{"people", "until", "1/2/20261", NULL, WRONG_DATE},
	{"people", "until", "//", NULL, WRONG_DATE},
	{"people", "until", "-", NULL, WRONG_DATE},
	{"people", "until", "12/31/2026", NULL, MONTH_FIRST},
	{"people", "until", "30/02/2026", NULL, "is a day that does not exist"},
	{"people", "until", "31/13/2026", NULL, "is a day that does not exist"},
	{"people", "until", "2026-02-29", NULL, "is a day that does not exist"},
	{"people", "until", "46054", NULL,
		"is a spreadsheet's number for a day; give the column a format of dates there, and "
		"save anew"},
	/* names stay as they are */
	{"people", "name", "Ma'ruf", "\"Ma'ruf\"", NULL},
	{"people", "name", "'Aisyah", "\"'Aisyah\"", NULL},
	{"people", "name", "\u02BBAin", "\"\u02BBAin\"", NULL},
	{"people", "name", "-Joko", "\"-Joko\"", NULL},
	{"people", "name", "'-Joko", "\"-Joko\"", NULL}, /* as it was exported */
	{"people", "name", "O", "\"O\"", NULL},
	{"people", "name", "dr. Siti Aminah, Sp.A., M.Kes.", "\"dr. Siti Aminah, Sp.A., M.Kes.\"",
		NULL},
	{"people", "name", "Budi \"Boy\" Santoso", "\"Budi \\\"Boy\\\" Santoso\"", NULL},
	{"people", "name", "Jos\u00E9 \U0001F642", "\"Jos\u00E9 \U0001F642\"", NULL},
	{"people", "name", "Siti\r\nAminah\u00A0 S.Pd. \u200B", "\"Siti Aminah S.Pd.\"", NULL},
	{"people", "name", "Siti\u200DA", "\"Siti\u200DA\"", NULL},
	{"people", "name", "Jos\xE9", NULL, NOT_UTF8},
	{"people", "unit", " PKM-Kampung ", "\"pkm-kampung\"", NULL},
	{"people", "unit", "Puskesmas \u00C9", "\"puskesmas \u00C9\"", NULL},
	{"people", "email", "\u00A0siti@contoh.go.id\u200B", "\"siti@contoh.go.id\"", NULL},
	{"people", "removed", "Ya", "true", NULL},
	{"people", "removed", "tidak", NULL, NULL},
	{"people", "removed", "perhaps", "\"perhaps\"",
		"is none of true (yes, ya, 1), false (no, tidak, 0)"},
	{"people", "language", "EN", "\"en\"", NULL},
	{"people", "language", "jv", "\"jv\"", "is none of id (indonesia), en (inggris)"},
	{"absences", "kind", "cuti melahirkan", "\"cuti melahirkan\"", NULL},
	/* plans */
	{"plans", "status", "agreed", "\"AGREED\"", NULL},
	{"plans", "status", "Dicabut", "\"WITHDRAWN\"", NULL},
	{"plans", "status", "disetujui", "\"disetujui\"",
		"is none of DRAFT (draf), SUBMITTED (diajukan), AGREED (disepakati), WITHDRAWN "
		"(dicabut)"},
	{"plans", "status", "", NULL, NULL},
	{"plans", "kind", "Utama", "\"MAIN\"", NULL},
	{"plans", "year", "2026", "2026", NULL},
	{"plans", "year", "26", NULL, "is no year; write it as 2026"},
	{"plans", "weight", "40", "40", NULL},
	{"plans", "weight", "40%", "40", NULL},
	{"plans", "weight", "0", "0", NULL},
	{"plans", "weight", "040", "40", NULL},
	{"plans", "weight", "12,5 %", "12.5", NULL},
	{"plans", "weight", "0,125", "0.125", NULL},
	{"plans", "weight", "1.000", NULL, THOUSANDS},
	{"plans", "weight", "1,000", NULL, THOUSANDS},
	{"plans", "weight", "1.000,00", NULL, THOUSANDS},
	{"plans", "weight", "5.", NULL, THOUSANDS},
	{"plans", "weight", "forty", NULL, "is no number; write it as 40, 99.5 or 99,5"},
	{"plans", "weight", "-5", NULL, "is no number; write it as 40, 99.5 or 99,5"},
	{"plans", "target", "99,5", "99.5", NULL},
	{"plans", "target", "20..30", "[20, 30]", NULL},
	{"plans", "target", "20,5 s.d. 30", "[20.5, 30]", NULL},
	{"plans", "target", "20 \u2013 30", "[20, 30]", NULL},
	{"plans", "target", "20-30", "[20, 30]", NULL},
	{"plans", "target", "1.000", NULL, THOUSANDS},
	{"plans", "target", "12-Jan", NULL,
		"is no target; write a number as 40, 99.5 or 99,5, or a range as 20..30"},
	{"plans", "target", "1..2..3", NULL,
		"is no target; write a number as 40, 99.5 or 99,5, or a range as 20..30"},
};

static void test_cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cells); i++) {
		char fault[CSV_FAULT] = "";
		const struct csv_column *column =
			csv_column_find(csv_part_find(cells[i].part), cells[i].column);
		assert_non_null(column);
		json_auto_t *v = csv_value(column, cells[i].cell);
		assert_int_equal(csv_fault(column, cells[i].cell, fault), cells[i].fault != NULL);
		assert_string_equal(fault, cells[i].fault ? cells[i].fault : "");
		char *text = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) : NULL;
		const char *means = cells[i].fault && !cells[i].means ? "false" : cells[i].means;
		if (!means || !text)
			assert_ptr_equal(text, means);
		else
			assert_string_equal(text, means);
		free(text);
	}
}

static void test_headers(void **state)
{
	static const struct {
		const char *part, *header, *column;
	} headers[] = {
		{"people", "nip", "nip"},
		{"people", "NIP", "nip"},
		{"people", " \u00A0N.I.P. ", "nip"},
		{"people", "\uFEFFnip\u200B", "nip"},
		{"people", "E-Mail", "email"},
		{"people", "Nama", "name"},
		{"people", "UNIT KERJA", "unit"},
		{"people", "NIP_Atasan", "superior"},
		{"people", "Tanggal\r\nMulai", "from"},
		{"people", "TMT", "from"},
		{"people", "tanggal", NULL},
		{"people", "mulai,", "from"},
		{"people", "nama,", "name"},
		{"people", "golongan", NULL},
		{"people", "", NULL},
		{"people", "\xFF", NULL},
		{"absences", "Jenis", "kind"},
		{"absences", "nama", NULL},
		{"plans", "Bobot", "weight"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		const struct csv_column *found =
			csv_column_find(csv_part_find(headers[i].part), headers[i].header);
		if (!found || !headers[i].column)
			assert_true(!found && !headers[i].column);
		else
			assert_string_equal(found->name, headers[i].column);
	}
	assert_null(csv_part_find("units"));
}

/* The person for whom an operator looks. */
static void test_nip_as_people_write_it(void **state)
{
	char nip[NIP_DIGITS + 1];
	(void)state;
	assert_true(csv_nip("19860926 201505 1 001", nip));
	assert_string_equal(nip, ANI);
	assert_false(csv_nip("198609262015051000", nip));
	assert_false(csv_nip("Siti", nip));
	assert_false(csv_nip("", nip));
	assert_false(csv_nip("\xFF", nip));
}

#define SIXTY_FOUR "ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"

static void test_addresses(void **state)
{
	static const struct {
		const char *text;
		bool sendable;
	} addresses[] = {
		{"siti@contoh.go.id", true},
		{"s@c.id", true},
		{"siti.aminah+skp@dinas-kota.go.id", true},
		{"o'neil_2026@x1.example", true},
		{SIXTY_FOUR "@contoh.go.id", true},
		{"siti@123.go.id", true},
		{"", false},
		{"siti", false},
		{"siti@", false},
		{"@contoh.go.id", false},
		{"siti@contoh.go.id.", false},
		{"siti@contoh..go.id", false},
		{"siti@.contoh.go.id", false},
		{".siti@contoh.go.id", false},
		{"siti.@contoh.go.id", false},
		{"si..ti@contoh.go.id", false},
		{"siti@dinas_kota.go.id", false},
		{"siti@-dinas.go.id", false},
		{"siti@dinas-.go.id", false},
		{"sit\u00EF@contoh.go.id", false},
		{"siti@contoh.\u00EFd", false},
		{"s" SIXTY_FOUR "@contoh.go.id", false},
		{"siti@" SIXTY_FOUR ".id", false},
		{"siti@dinas@kota.go.id", false},
		{"siti@dinas", false},
		{"siti@10.0.0.1", false},
		{"siti@[10.0.0.1]", false},
		{"\"siti\"@contoh.go.id", false},
		{"Siti <siti@contoh.go.id>", false},
		{"siti@contoh.go.id, budi@contoh.go.id", false},
		{"siti@contoh.go.id\n", false},
		{"siti@" SIXTY_FOUR "." SIXTY_FOUR, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++)
		assert_int_equal(email_is_sendable(addresses[i].text), addresses[i].sendable);
}

static void test_what_shows(void **state)
{
	(void)state;
	assert_true(text_is_visible("O"));
	assert_true(text_is_visible("\u200B\u00E9"));
	assert_true(text_is_visible("\U0001F642"));
	assert_false(text_is_visible(""));
	assert_false(text_is_visible(" \u00A0\u3000"));
	assert_false(text_is_visible("\u200B\u200D\uFEFF\u202E\u2060\u00AD\u3164\U000E0041"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_nip_as_people_write_it),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_what_shows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
