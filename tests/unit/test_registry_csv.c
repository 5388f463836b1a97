/* If these fail, a file that any office would send is refused, one that is wrong gets in, or nobody
 * is told in which cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "admin/registry_check.h"
#include "admin/registry_file.h"
#include "base/array.h"

#define ANI "198609262015051001"
#define CITRA "200012312024121001"
#define HEADER "nip,name,unit,position,superior,from,until,email\n"
#define ROW CITRA ",C,pkm,nurse,,2026-01-01,,\n"

static const char known_text[] =
	"{\"agencies\":{\"dinkes\":true},\"units\":{\"pkm\":{\"\":\"dinkes\"}},\"sources\":{},"
	"\"indicators\":{\"visit\":\"more\"},\"positions\":{\"nurse\":{\"\":[]}},\"former\":{},"
	"\"people\":{\"" ANI "\":{\"2026-01-01\":{\"until\":null,\"stated\":null,\"unit\":\"pkm\","
	"\"position\":\"nurse\",\"superior\":null}}},\"absences\":{},\"plans\":{},"
	"\"rulesets\":{}}";
enum { TODAY = 20600 }; /* 2026-05-27 */

struct reading {
	struct registry_file file;
	struct findings found;
	json_t *checked;
};

static struct reading *reading_new(const char *part, const char *text, size_t len)
{
	struct buf bytes;
	struct reading *r = calloc(1, sizeof *r);
	json_auto_t *known = json_loads(known_text, 0, NULL);
	assert_non_null(r);
	findings_init(&r->found);
	buf_init(&bytes, FILE_MOST);
	buf_add(&bytes, text, len);
	if (registry_file_csv(&bytes, part, &r->file, &r->found))
		r->checked = registry_check(&r->file, known, TODAY, &r->found);
	buf_done(&bytes);
	return r;
}

static void reading_free(struct reading *r)
{
	json_decref(r->checked);
	registry_file_done(&r->file);
	findings_done(&r->found);
	free(r);
}

static const char *text_of(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* JSON in single quotes, to be read without backslashes. */
static void assert_rows(const struct reading *r, const char *part, const char *want)
{
	char *text = json_dumps(json_object_get(r->file.root, part), JSON_COMPACT | JSON_SORT_KEYS);
	for (char *p = text; *p; p++)
		*p = *p == '"' ? '\'' : *p;
	assert_string_equal(text, want);
	free(text);
}

#define CITRAS \
	"[{'from':'2026-01-01','name':'C','nip':'" CITRA "','position':'nurse','unit':'pkm'}]"

/* Each says that Citra works, and nothing else. */
static const char *const same[] = {
	HEADER ROW,
	"\xEF\xBB\xBF" HEADER ROW,
	/* any end of line, or none */
	"nip,name,unit,position,from\r\n" CITRA ",C,pkm,nurse,2026-01-01\r\n",
	"nip,name,unit,position,from\r" CITRA ",C,pkm,nurse,2026-01-01\r",
	"nip,name,unit,position,from\n\n\r\n" CITRA ",C,pkm,nurse,2026-01-01",
	/* what separates */
	"nip;name;unit;position;from\n" CITRA ";C;pkm;nurse;2026-01-01\n",
	"nip\tname\tunit\tposition\tfrom\n" CITRA "\tC\tpkm\tnurse\t2026-01-01\n",
	"sep=;\r\nnip;name;unit;position;from\r\n" CITRA ";C;pkm;nurse;2026-01-01\r\n",
	"\xEF\xBB\xBFSEP=,\nnip,name,unit,position,from\n" CITRA ",C,pkm,nurse,2026-01-01\n",
	"\"sep=;\";;;;\nnip;name;unit;position;from\n" CITRA ";C;pkm;nurse;2026-01-01\n",
	"\"nip\";\"name\";\"unit\";\"position\";\"mulai,,,,,,\"\n" CITRA
	";\"C\";pkm;nurse;01/01/2026\n",
	/* empty rows and columns, and rows that end early */
	"nip,name,unit,position,superior,from,until,email,,\n" CITRA
	",C,pkm,nurse,,2026-01-01,,,,\n,,,,,,,,,\n , ,\xC2\xA0,,,,,,,\n,,,,,,,,,\n",
	",,,,,\n\nnip,name,unit,position,from,\n" CITRA ",C,pkm,nurse,2026-01-01\n,,\n",
	",nip,,name,unit,position,from\n," CITRA ",,C,pkm,nurse,2026-01-01,,,,,\n",
	HEADER ROW "\x1A",
	HEADER ROW "\"\",\"\",=\"\",,,,,\n",
	/* names of columns */
	"NIP,NAMA,Unit Kerja,Jabatan,TMT\n" CITRA ",C,pkm,nurse,1/1/2026\n",
	"nip , nama,unit,jabatan,atasan,\"Tanggal\nMulai\",selesai,E-mail\n" CITRA
	",C,pkm,nurse,,1/1/2026,,\n",
	"from,unit,position,nip,name\n2026-01-01,pkm,nurse," CITRA ",C\n",
	/* cells */
	HEADER "=\"" CITRA "\",\"C\",pkm,nurse,,2026-01-01,,\n",
	HEADER "\"=\"\"" CITRA "\"\"\", \"C\" ,pkm,nurse,,2026-01-01,,\n",
	HEADER "'" CITRA ",C,PKM,Nurse,,=\"01/01/2026\",,\n",
};

static void test_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		struct reading *r = reading_new("people", same[i], strlen(same[i]));
		assert_string_equal(text_of(&r->found.text), "");
		assert_string_equal(text_of(&r->found.warnings), "");
		assert_rows(r, "people", CITRAS);
		assert_non_null(r->checked);
		reading_free(r);
	}
}

#define COLUMNS \
	"nip, name (nama), unit (unit kerja), position (jabatan), superior (atasan), from " \
	"(mulai), until (selesai), email (surel), was (nip lama), removed (dihapus), language " \
	"(bahasa)"
#define MISSING(column_) \
	"line 1: the column " column_ " is missing; the first row names the columns: " COLUMNS "\n"
#define CURE "; save it as \"CSV UTF-8\" (in LibreOffice: Text CSV, character set UTF-8)\n"
#define NONE(part_) \
	": there is no \"x\" among the " part_ ", neither in the file nor in the registry\n"
#define LOST \
	" in a spreadsheet; give the column the format Text there, enter the NIP again from its " \
	"source, and save anew\n"

/* Each file has exactly these faults. */
static const struct {
	const char *file, *faults;
} wrong[] = {
	{"", "line 1: the header is missing; the first row names the columns: " COLUMNS "\n"},
	{",,\n\n", "line 1: the header is missing; the first row names the columns: " COLUMNS "\n"},
	{"nip|name|unit|position|from\n",
		MISSING("nip") MISSING("name") MISSING("unit") MISSING("position") MISSING("from")},
	{"nip,nama,unit,jabatan\n", MISSING("from")},
	{"nip,name,unit,position,from,Nama\n",
		"line 1: the columns \"name\" and \"Nama\" are both name; take one of them out\n"},
	{"nip,name,unit,position,from,NIP\n",
		"line 1: the columns \"nip\" and \"NIP\" are both nip; take one of them out\n"},
	{"\xFF\xFEn", "the file: is \"Unicode text\", UTF-16" CURE},
	{"\xFE\xFF", "the file: is \"Unicode text\", UTF-16" CURE},
	{"PK\x03\x04", "the file: is a workbook (xlsx, ods), not CSV" CURE},
	{"\xD0\xCF\x11\xE0", "the file: is a workbook (xls), not CSV" CURE},
	{"<html>",
		"the file: is a web page or XML whatever its name says; open it in a spreadsheet" CURE},
	{HEADER ANI ",A\n", "line 2, column unit: is missing\nline 2, column position: is missing\n"
			    "line 2, column from: is missing\n"},
	{HEADER ANI ",dr. Siti Aminah, Sp.A.,pkm,nurse,,2026-01-01,,\n",
		"line 2, column unit: \"Sp.A.\": there is no \"sp.a.\" among the units, neither in the file nor in the registry\nline 2, column position: \"pkm\": there is no \"pkm\" among the positions, neither "
		"in the file nor in the registry\n"
		"line 2, column superior: \"nurse\" is no NIP; write its 18 digits and nothing else\n"
		"line 2, column from: is missing\n"},
	{HEADER ANI ",A,pkm,nurse,,2026-01-01,,,x\n",
		"line 2: \"x\" is field 9, where the header has 8; a value that holds a separator "
		"must be in quotes\n"},
	{HEADER "\n" ANI ",\"A\nB\"x,,,,,,\n",
		"line 4: after a closing quote there must be a separator or the line's end; write "
		"a quote within a field twice\n"},
	{HEADER ANI ",A \"B\",,,,,,\n",
		"line 2: a quote in a field that does not begin with one; put the whole field in "
		"quotes, and write those within it twice\n"},
	{HEADER ROW ANI ",\"A\n\n", "line 3: a quote is opened and never closed\n"},
	{HEADER CITRA ",\xff,pkm,nurse,,2026-01-01,,\n",
		"line 2, column name: \"\\xff\" is not UTF-8; save the file as \"CSV UTF-8\" (in "
		"LibreOffice: Text CSV, character set UTF-8)\n"},
	{HEADER CITRA ",\"\xE2\x80\x8B\",pkm,nurse,,2026-01-01,,\n",
		"line 2, column name: is missing\n"},
	{HEADER "1.98609E+17,A,x,x,,2026-01-01,,\n198609262015051000,A,pkm,nurse,,2026-01-01,,\n",
		"line 2, column nip: \"1.98609E+17\" lost its digits" LOST
		"line 2, column unit: \"x\"" NONE("units") "line 2, column position: \"x\"" NONE(
			"positions") "line 3, column nip: \"198609262015051000\" lost its last "
				     "three digits" LOST},
	/* what is in quotes over several lines counts as so many, whatever ends them */
	{HEADER CITRA ",\"C\nC\r\nC\rC\",pkm,nurse,,2026-01-01,,\n" ANI
		      ",A,pkm,nurse,,2026-01-01,,x\n",
		"line 6, column email: \"x\": must be an e-mail address that mail servers take, as siti@dinkes.go.id: at most 64 characters before the @, only "
		"letters, digits and hyphens behind it; no spaces, no accents, no dot at an "
		"end or beside another\n"},
	/* a date that cannot be read is told once, and as it is written */
	{"nip;nama;unit;jabatan;mulai;selesai\n" ANI ";A;pkm;nurse;2026-01-01;31-12-2025\n" CITRA
	 ";C;pkm;nurse;12/31/2026;\n",
		"line 2, column until (selesai): \"31-12-2025\" is no date; write 2026-02-01, or "
		"01/02/2026 with the day first\n"
		"line 3, column from (mulai): \"12/31/2026\" has the month first; write the day "
		"first, as in 01/02/2026 for the first of February, in all dates of the file\n"},
	{"nip,nama,unit,jabatan,mulai,selesai\n" ANI ",A,pkm,nurse,02/01/2026,01/01/2026\n",
		"line 2, column until (selesai): \"01/01/2026\": is before from\n"},
	{HEADER ANI ",A,pkm,nurse,19920222 201505 1 001,2026-01-01,,\n",
		"line 2, column superior: \"19920222 201505 1 001\": there is no such person, "
		"neither in the file nor in the registry\n"},
	{HEADER ROW "20001231 202412 1 001,C,pkm,nurse,,1/1/2026,,\n",
		"line 3: the same nip and from as line 2; take one of them out\n"},
	/* a word that nobody knows is the one thing wrong with its row */
	{"nip,nama,unit,jabatan,mulai,dihapus\n" ANI ",,,,2026-01-01,x\n",
		"line 2, column removed (dihapus): \"x\" is none of true (yes, ya, 1), false (no, "
		"tidak, 0)\n"},
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct reading *r = reading_new("people", wrong[i].file, strlen(wrong[i].file));
		assert_string_equal(text_of(&r->found.text), wrong[i].faults);
		assert_null(r->checked);
		reading_free(r);
	}
}

static void test_nul(void **state)
{
	static const char utf16[] = "n\0i\0p\0";
	struct reading *r = reading_new("people", utf16, sizeof utf16 - 1);
	(void)state;
	assert_string_equal(
		text_of(&r->found.text), "the file: holds NUL bytes, as UTF-16 does: not CSV" CURE);
	reading_free(r);
}

static void test_warnings(void **state)
{
	static const char text[] = "No,nip,name,unit,position,from,Pangkat / Gol.,,email\n1," CITRA
				   ",C,pkm,nurse,2026-01-01,III/a,,\n2,,,,,,,,\n3," ANI
				   ",A,pkm,nurse,2026-01-01,,lihat SK,\n4,,,,,,,and more,\n";
	struct reading *r = reading_new("people", text, strlen(text));
	(void)state;
	assert_string_equal(text_of(&r->found.text), "");
	assert_string_equal(text_of(&r->found.warnings),
		"warning: line 1: the column \"No\" is not read; those that are: " COLUMNS "\n"
		"warning: line 1: the column \"Pangkat / Gol.\" is not read; those that are: " COLUMNS
		"\nwarning: line 4: \"lihat SK\" is in column 8, which has no name and is not read\n");
	assert_int_equal(json_array_size(json_object_get(r->file.root, "people")), 2);
	reading_free(r);
}

/* Thousands of columns without anything are what a spreadsheet writes when somebody touched its
 * last one. */
static void test_very_wide(void **state)
{
	struct buf text;
	(void)state;
	buf_init(&text, 1 << 20);
	buf_adds(&text, "nip,name,unit,position,from");
	for (int i = 0; i < 16000; i++)
		buf_adds(&text, ",");
	buf_adds(&text, "\n" CITRA ",C,pkm,nurse,2026-01-01,,,\n");
	struct reading *r = reading_new("people", text.data, text.len);
	assert_string_equal(text_of(&r->found.text), "");
	assert_rows(r, "people", CITRAS);
	reading_free(r);
	buf_done(&text);
}

static void test_a_hundred_are_told(void **state)
{
	struct buf text;
	char *told = NULL;
	size_t size = 0;
	(void)state;
	buf_init(&text, 1 << 20);
	buf_adds(&text, HEADER);
	for (int i = 0; i < 250; i++)
		buf_adds(&text, "x,A,pkm,nurse,,2026-01-01,,\n");
	struct reading *r = reading_new("people", text.data, text.len);
	assert_int_equal(r->found.count, 250);
	FILE *out = open_memstream(&told, &size);
	findings_print(&r->found, out);
	fclose(out);
	assert_non_null(strstr(told, "\nline 101, column nip: \"x\" is no NIP"));
	assert_null(strstr(told, "line 102"));
	assert_string_equal(told + size - strlen("\n… and 150 more\n"), "\n… and 150 more\n");
	free(told);
	reading_free(r);
	buf_done(&text);
}

/* Of a long cell, enough to find it. */
static void test_a_long_cell(void **state)
{
	char text[2000] = HEADER;
	(void)state;
	for (int i = 0; i < 300; i++)
		strcat(text, "é");
	strcat(text, ",A,pkm,nurse,,2026-01-01,,\n");
	struct reading *r = reading_new("people", text, strlen(text));
	assert_non_null(strstr(text_of(&r->found.text), "é…\" is no NIP"));
	assert_true(strlen(text_of(&r->found.text)) < 250);
	reading_free(r);
}

static void test_absences(void **state)
{
	static const char text[] = "NIP;Tanggal Mulai;Tanggal Selesai;Jenis\r\n19860926 201505 1 "
				   "001;02/02/2026;13/02/2026;cuti melahirkan\r\n";
	static const char faulty[] = "nip,from,until,kind\n" ANI ",1/3/2026,2/2/2026,sakit\n" CITRA
				     ",1/3/2026,2/4/2026,\n";
	struct reading *r = reading_new("absences", text, strlen(text));
	(void)state;
	assert_string_equal(text_of(&r->found.text), "");
	assert_rows(r, "absences",
		"[{'from':'2026-02-02','kind':'cuti melahirkan','nip':'" ANI
		"','until':'2026-02-13'}]");
	reading_free(r);
	r = reading_new("absences", faulty, strlen(faulty));
	assert_string_equal(text_of(&r->found.text),
		"line 2, column until: \"2/2/2026\": is before from\n"
		"line 3, column nip: \"" CITRA
		"\": there is no such person, neither in the file nor in the registry\n"
		"line 3, column kind: is missing\n");
	reading_free(r);
}

/* What is taken back is named by NIP and day alone. */
static void test_removed_needs_no_more(void **state)
{
	static const char text[] = "nip,mulai,dihapus\n" ANI ",2/2/2026,ya\n";
	struct reading *r = reading_new("absences", text, strlen(text));
	(void)state;
	assert_rows(r, "absences", "[{'from':'2026-02-02','nip':'" ANI "','removed':true}]");
	assert_null(strstr(text_of(&r->found.text), "the column"));
	reading_free(r);
}

/* A line with two numbers alone says that they are one person's. */
static void test_a_correction_alone(void **state)
{
	static const char text[] = "nip,name,unit,position,from,nip lama\n" CITRA
				   ",,,,,199105052020121001\n" CITRA ",C,pkm,nurse,1/1/2026,\n";
	struct reading *r = reading_new("people", text, strlen(text));
	(void)state;
	assert_string_equal(text_of(&r->found.text), "");
	json_t *former = json_object_get(r->checked, "former");
	assert_int_equal(json_array_size(former), 1);
	reading_free(r);
}

static void test_plans(void **state)
{
	static const char text[] =
		"nip,tahun,status,indikator,target,bobot,jenis\n" ANI ",2026,agreed,,,,\n" ANI
		",2027,AGREED,visit,40,60%,utama\n" ANI ",2028,draf,,,,\n" ANI
		",2027,agreed,Visit,\"20..30\",\"40,5\",tambahan\n";
	struct reading *r = reading_new("plans", text, strlen(text));
	(void)state;
	assert_rows(r, "plans",
		"[{'nip':'" ANI "','status':'AGREED','year':2026},"
		"{'items':[{'indicator':'visit','kind':'MAIN','target':40,'weight':60},"
		"{'indicator':'visit','kind':'ADDITIONAL','target':[20,30],'weight':40.5}],"
		"'nip':'" ANI "','status':'AGREED','year':2027},"
		"{'nip':'" ANI "','status':'DRAFT','year':2028}]");
	assert_string_equal(text_of(&r->found.text),
		"line 5, column indicator (indikator): \"Visit\": the same as in line 3\n");
	reading_free(r);
}

/* A plan's lines may lie apart; each is told by its own. */
static void test_wrong_plans(void **state)
{
	static const char text[] =
		"nip,year,status,from,indicator,target,weight,kind\n" ANI
		",2027,AGREED,,visit,40,0,MAIN\n" ANI ",2026,soon,,,,,\n" ANI
		",2027,AGREED,,x,1.000,0,main\n" ANI ",2027,AGREED,,,0,,MAIN\n" ANI
		",26,DRAFT,2026-07-01,,,,\n" CITRA ",2026,DRAFT,,,,,\n";
	struct reading *r = reading_new("plans", text, strlen(text));
	(void)state;
	assert_string_equal(text_of(&r->found.text),
		"line 4, column indicator: \"x\"" NONE(
			"indicators") "line 4, column target: \"1.000\" may have a separator of thousands; write 1000 "
				      "without one, and 1.5 or 1,5 for a fraction\n"
				      "line 5, column indicator: is missing\nline 5, column weight: is missing\n"
				      "line 2, column weight: \"0\": the sum of the weights must be above 0\n"
				      "line 3, column status: \"soon\" is none of DRAFT (draf), SUBMITTED (diajukan), AGREED (disepakati), WITHDRAWN (dicabut)\n"
				      "line 6, column year: \"26\" is no year; write it as 2026\n"
				      "line 7, column nip: \"" CITRA
				      "\": there is no such person, neither in the file nor in the registry\n");
	reading_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_very_wide),
		cmocka_unit_test(test_a_hundred_are_told),
		cmocka_unit_test(test_a_long_cell),
		cmocka_unit_test(test_absences),
		cmocka_unit_test(test_removed_needs_no_more),
		cmocka_unit_test(test_a_correction_alone),
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_wrong_plans),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
