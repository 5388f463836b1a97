/* If these fail, a name with a comma shifts a report's columns, or a name that is a formula runs on
 * a head's computer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/csv.h"

static void test_fields(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{NULL, ""},
		{"", ""},
		{"Siti Aminah", "Siti Aminah"},
		{"Siti Aminah, S.Pd.", "\"Siti Aminah, S.Pd.\""},
		{"\"Nur\"", "\"\"\"Nur\"\"\""},
		{"a\nb", "\"a\nb\""},
		{"a\r\nb", "\"a\r\nb\""},
		{" x ", " x "},
		{"Ibu Ratna 🙂", "Ibu Ratna 🙂"},
		/* numbers stay numbers */
		{"95.00", "95.00"},
		{"-3.50", "-3.50"},
		{"-12", "-12"},
		/* whatever a spreadsheet could run does not */
		{"=1+1", "'=1+1"},
		{"=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
		{"+1", "'+1"},
		{"-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"},
		{"-", "'-"},
		{"-.5", "'-.5"},
		{"-5.", "'-5."},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"\t=1", "\"'\t'=1\""},
		{"\r=1", "\"'\r'=1\""},
		{"\n=1", "\"'\n'=1\""},
		{"＝1+1", "'＝1+1"},
		{"－1", "'－1"},
		/* nor where another separator than this file's begins a cell */
		{"Budi;=1+1", "\"Budi;'=1+1\""},
		{"Budi,=1+1", "\"Budi,'=1+1\""},
		{"Budi\t@x", "\"Budi\t'@x\""},
		{"Budi\r\n+1", "\"Budi\r\n'+1\""},
		{"Budi;-1", "\"Budi;'-1\""},
		{"Budi;\"=1", "\"Budi;\"\"'=1\""},
		{"\"=1+1", "\"\"\"'=1+1\""},
		{"Budi; =1", "\"Budi; =1\""},
		{"S.Kep.; S-2", "\"S.Kep.; S-2\""},
		{"Siti+Budi=2", "Siti+Budi=2"},
		{"-12,50", "\"-12,50\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		BUF_AUTO out;
		buf_init(&out, 1000);
		assert_true(csv_field(&out, ',', cases[i].text));
		assert_string_equal(out.data ? out.data : "", cases[i].want);
	}
}

static void test_rows(void **state)
{
	BUF_AUTO out;

	(void)state;
	buf_init(&out, 1000);
	assert_true(csv_row(&out, ',', (const char *const[]){"person", "name", "results"}, 3));
	assert_true(csv_row(&out, ',', (const char *const[]){"7c9e", "A, B", NULL}, 3));
	assert_true(csv_row(&out, ',', NULL, 0));
	assert_string_equal(out.data, "person,name,results\r\n7c9e,\"A, B\",\r\n\r\n");
	buf_reset(&out);
	assert_true(csv_row(&out, ';', (const char *const[]){"A;B", "95,00", "95.00", "A, B"}, 4));
	assert_string_equal(out.data, "\"A;B\";95,00;95.00;\"A, B\"\r\n");
}

static void test_no_room(void **state)
{
	BUF_AUTO out;

	(void)state;
	buf_init(&out, 6);
	assert_false(csv_row(&out, ',', (const char *const[]){"abc", "def"}, 2));
	assert_true(out.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
