/* If these fail, whoever sends a form or a file is told of the wrong field, or of none, or what is
 * wrong gets in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fields.h"

/* A form with a field of each kind. */
struct form {
	const char *name, *note;
	int kind;
	dec_wide share, count;
	bool urgent;
	int32_t day, month;
	int64_t at;
	dec_wide prior; /* of an object within */
};
#define TO(member_) FIELD_TO(struct form, member_)

static bool is_lower(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz") == strlen(text);
}

static void check_known(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *v)
{
	if (strcmp(json_string_value(v), f->more) != 0)
		fields_fault(r, at, "is not known");
}

static void check_order(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *v)
{
	const struct fields_place until = {at, "until", 0};
	const char *a = json_string_value(json_object_get(v, "from")),
		   *b = json_string_value(json_object_get(v, "until"));
	(void)f;
	if (a && b && strcmp(b, a) < 0)
		fields_fault(r, &until, "is before from");
}

enum { CIVIL = 1, SCHOOL = 2 };
#define REFUSED .unknown = "is no field here"

static const char *const kinds[] = {"MAIN", "ADDITIONAL", NULL};
static const struct field survey_rows[] = {
	{"prior", FIELD_NUMBER, .required = true, .decimals = 2, .min = 1, .max = 4, TO(prior)},
};
static const struct fields_table survey = {FIELD_ROWS(survey_rows), REFUSED};
static const struct field span_rows[] = {
	{"code", FIELD_TEXT, .required = true, .most = 8},
	{"from", FIELD_DATE, .required = true},
	{"until", FIELD_DATE, .nullable = true},
};
static const struct fields_table spans = {FIELD_ROWS(span_rows), REFUSED};
static const struct field a_span = {NULL, FIELD_OBJECT, .object = &spans, .check = check_order};
static const struct field a_tag = {
	NULL, FIELD_TEXT, .most = 4, .check = check_known, .more = "tag"};
static const struct field form_rows[] = {
	{"name", FIELD_TEXT, .required = true, .most = 3, .plain = true, TO(name)},
	{"note", FIELD_TEXT, .nullable = true, .may_be_empty = true, .most = 5, TO(note)},
	{"kind", FIELD_WORD, .words = kinds, TO(kind)},
	{"share", FIELD_NUMBER, .decimals = 2, .min = 0, .max = FIELD_NO_MAX, TO(share)},
	{"count", FIELD_NUMBER, .min = 1, .max = 9, TO(count)},
	{"free", FIELD_NUMBER, .decimals = 4},
	{"short", FIELD_NUMBER, .decimals = 1, .digits = 2},
	{"urgent", FIELD_BOOL, TO(urgent)},
	{"day", FIELD_DATE, TO(day)},
	{"month", FIELD_MONTH, TO(month)},
	{"at", FIELD_TIME, TO(at)},
	{"survey", FIELD_OBJECT, .object = &survey},
	{"spans", FIELD_LIST, .most = 3, .each = &a_span, .distinct = "code"},
	{"tags", FIELD_LIST, .least = 1, .each = &a_tag, .distinct = ""},
	{"any", FIELD_LIST, .nullable = true},
	{"old", FIELD_NEVER, .must = "is not asked any more"},
	{"new", FIELD_NEVER, .required = false},
	{"lower", FIELD_TEXT, .is = is_lower},
	{"said", FIELD_TEXT, .is = is_lower, .must = "must be in lower case"},
	{"nip", FIELD_TEXT, .required = true, .only = CIVIL, .most = 18},
	{"class", FIELD_TEXT, .nullable = true, .required = true, .only = SCHOOL, .most = 2},
};
static const struct fields_table form_table = {FIELD_ROWS(form_rows), REFUSED};

/* JSON in single quotes, to be read without backslashes. */
static json_t *parsed(const char *text)
{
	char *copy = strdup(text);
	assert_non_null(copy);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	json_t *json = json_loads(copy, JSON_DECODE_ANY, NULL);
	free(copy);
	assert_non_null(json);
	return json;
}

struct told {
	struct buf text;
	int most; /* of faults; 0: all */
	int n;
};

static bool tell(void *arg, const char *place, const char *detail)
{
	struct told *t = arg;
	buf_addf(&t->text, "%s: %s\n", place, detail);
	return ++t->n != t->most;
}

static void assert_faults(const char *json, unsigned variant, int most, const char *want)
{
	struct told told = {.most = most};
	struct form form = {0};
	struct fields r = {.fault = tell, .arg = &told, .variant = variant};
	buf_init(&told.text, 100000);
	json_auto_t *root = parsed(json);
	bool ok = fields_read(&r, NULL, &form_table, root, &form);
	assert_string_equal(told.text.data ? told.text.data : "", want);
	assert_int_equal(ok, !*want);
	assert_int_equal(r.faults, told.n);
	buf_done(&told.text);
}

#define WITH(more_) "{'name':'a'," more_ "}"
#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"

/* Each has exactly these faults, in this order. */
static const struct {
	const char *json, *faults;
} wrong[] = {
	{"7", ": must be an object\n"},
	{"{}", "name: is missing\n"},
	{"{'name':null}", "name: must be a text of 1 to 3 characters\n"},
	{"{'name':''}", "name: must be a text of 1 to 3 characters\n"},
	{"{'name':'患者患者'}", "name: must be a text of 1 to 3 characters\n"},
	{"{'name':'  '}", "name: must be a text of 1 to 3 characters\n"},
	{"{'name':'a\\tb'}",
		"name: must be a text of 1 to 3 characters, without line breaks or other control "
		"characters\n"},
	{WITH("'note':'123456','kind':'main'"),
		"note: must be a text of 1 to 5 characters\nkind: must be one of MAIN, "
		"ADDITIONAL\n"},
	{WITH("'kind':null"), "kind: must be one of MAIN, ADDITIONAL\n"},
	{WITH("'share':-0.01"),
		"share: must be a number with at most 2 decimals from 0, and 15 digits in all\n"},
	{WITH("'share':0.001"),
		"share: must be a number with at most 2 decimals from 0, and 15 digits in all\n"},
	{WITH("'share':'1'"),
		"share: must be a number with at most 2 decimals from 0, and 15 digits in all\n"},
	{WITH("'count':0"), "count: must be a whole number from 1 to 9\n"},
	{WITH("'count':10"), "count: must be a whole number from 1 to 9\n"},
	{WITH("'count':1.0"), "count: must be a whole number from 1 to 9\n"},
	{WITH("'free':1000000000000000"),
		"free: must be a number with at most 4 decimals and 15 digits in all\n"},
	{WITH("'free':0.00001"),
		"free: must be a number with at most 4 decimals and 15 digits in all\n"},
	{WITH("'short':100"),
		"short: must be a number with at most 1 decimal and 15 digits in all\n"},
	{WITH("'short':-100"),
		"short: must be a number with at most 1 decimal and 15 digits in all\n"},
	{WITH("'urgent':1"), "urgent: must be true or false\n"},
	{WITH("'day':'2026-02-30','month':'2026-13','at':'2026-03-04T08:15:00'"),
		"day: must be a date such as 2026-03-04\nmonth: must be a month such as 2026-03\n"
		"at: must be a date and time with an offset, such as 2026-03-04T08:15:00+07:00, "
		"with at most 9 decimals\n"},
	{WITH("'survey':[]"), "survey: must be an object\n"},
	{WITH("'survey':{}"), "survey.prior: is missing\n"},
	{WITH("'survey':{'prior':4.01,'x':1}"),
		"survey.prior: must be a number with at most 2 decimals from 1 to 4\n"
		"survey.x: is no field here\n"},
	{WITH("'spans':{}"), "spans: must be a list of 0 to 3 members\n"},
	{WITH("'spans':[1,2,3,4]"), "spans: must be a list of 0 to 3 members\n"},
	{WITH("'spans':[1,{'code':'a','from':'2026-03-04','until':'2026-03-03','x':1},"
	      "{'code':'a','until':'2026'}]"),
		"spans[0]: must be an object\nspans[1].x: is no field here\n"
		"spans[1].until: is before from\nspans[2].from: is missing\n"
		"spans[2].until: must be a date such as 2026-03-04\n"
		"spans[2].code: the same as in spans[1]\n"},
	{WITH("'tags':[]"), "tags: must be a list of at least 1 members\n"},
	{WITH("'tags':['tag','more',7,'more','tag','too long']"),
		"tags[1]: is not known\ntags[2]: must be a text of 1 to 4 characters\n"
		"tags[3]: is not known\ntags[3]: the same as tags[1]\n"
		"tags[4]: the same as tags[0]\ntags[5]: must be a text of 1 to 4 characters\n"},
	{WITH("'any':{}"), "any: must be a list\n"},
	{WITH("'old':null,'new':1"), "old: is not asked any more\nnew: may not be here\n"},
	{WITH("'lower':'A','said':'A'"),
		"lower: must be a text that is not empty\nsaid: must be in lower case\n"},
	/* unknown fields come last, in their own order, and are shown as printable text */
	{"{'x':1,'kind':'x','a\\nb':1,'患':1}",
		"name: is missing\nkind: must be one of MAIN, ADDITIONAL\nx: is no field here\n"
		"a\\x0ab: is no field here\n患: is no field here\n"},
	{WITH("'" LONG LONG "':1"),
		LONG "01234567890123456789012345678901234567890123456789: is no field here\n"},
	/* what another variant has is unknown */
	{WITH("'nip':'1'"), "nip: is no field here\n"},
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_faults(wrong[i].json, 0, 0, wrong[i].faults);
}

static void test_variants(void **state)
{
	static const struct {
		const char *json;
		unsigned variant;
		const char *faults;
	} cases[] = {
		{WITH("'nip':'1'"), CIVIL, ""},
		{WITH("'class':'1'"), CIVIL, "nip: is missing\nclass: is no field here\n"},
		{WITH("'class':'1'"), SCHOOL, ""},
		{WITH("'class':null"), SCHOOL, "class: is missing\n"},
		{WITH("'nip':'1','class':'1'"), CIVIL | SCHOOL, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_faults(cases[i].json, cases[i].variant, 0, cases[i].faults);
}

/* Who wants the first fault alone gets it, wherever it lies. */
static void test_first(void **state)
{
	static const struct {
		const char *json, *fault;
	} cases[] = {
		{"{'x':1,'kind':'x','spans':[1,2]}", "name: is missing\n"},
		{WITH("'spans':[1,2],'tags':[]"), "spans[0]: must be an object\n"},
		{WITH("'spans':[{'x':1,'y':1,'from':'2026-03-04'}]"),
			"spans[0].code: is missing\n"},
		{WITH("'tags':['tag','tag','x']"), "tags[1]: the same as tags[0]\n"},
		{WITH("'survey':{'prior':1,'x':1,'y':1},'y':1"), "survey.x: is no field here\n"},
		{WITH("'x':1,'y':1"), "x: is no field here\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_faults(cases[i].json, 0, 1, cases[i].fault);
}

static struct form read_form(const json_t *root)
{
	struct told told = {0};
	struct form form = {.kind = -1, .share = -1};
	struct fields r = {.fault = tell, .arg = &told};
	assert_true(fields_read(&r, NULL, &form_table, root, &form));
	return form;
}

static void test_values(void **state)
{
	(void)state;
	json_auto_t *root = parsed(
		"{'name':'患者a','note':'','kind':'ADDITIONAL','share':12.5,'count':9,"
		"'urgent':true,'day':'1970-01-02','month':'0001-01','at':'1970-01-01T07:00:01+07:00',"
		"'survey':{'prior':3.25},'spans':[],'tags':['tag'],'any':[1],'lower':'a'}");
	json_object_set_new(root, "month", json_string("2026-03"));
	struct form form = read_form(root);
	assert_string_equal(form.name, "患者a");
	assert_string_equal(form.note, "");
	assert_int_equal(form.kind, 1);
	assert_true(form.share == 125000 && form.count == 90000 && form.prior == 32500);
	assert_true(form.urgent);
	assert_int_equal(form.day, 1);
	assert_int_equal(form.month, 2026 * 12 + 2);
	assert_int_equal(form.at, CLOCK_SECOND);
}

/* What is left out, and null where that is the same, leaves its place alone. */
static void test_left_out(void **state)
{
	(void)state;
	json_auto_t *root = parsed("{'name':'a','note':null,'any':null}");
	struct form form = read_form(root);
	assert_null(form.note);
	assert_int_equal(form.kind, -1);
	assert_true(form.share == -1);
}

/* The limits' edges, without a place to put the values. */
static void test_edges(void **state)
{
	static const char *const right[] = {
		WITH("'share':0"),
		WITH("'share':99999999999999"),
		WITH("'share':0.01"),
		WITH("'share':-0.0"),
		WITH("'count':1"),
		WITH("'free':999999999999999"),
		WITH("'free':-99999999999.9999"),
		WITH("'short':99.9"),
		WITH("'short':-99.9"),
		WITH("'note':'患者患者患'"),
		WITH("'spans':[{'code':'a','from':'2026-03-04'},"
		     "{'code':'b','from':'2026-03-04','until':null}]"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(right); i++) {
		struct told told = {0};
		struct fields r = {.fault = tell, .arg = &told};
		json_auto_t *root = parsed(right[i]);
		buf_init(&told.text, 1000);
		if (!fields_read(&r, NULL, &form_table, root, NULL))
			fail_msg("%s: %s", right[i], told.text.data);
	}
}

static void test_tables_that_ignore(void **state)
{
	static const struct fields_table open = {FIELD_ROWS(span_rows)},
					 closed = {FIELD_ROWS(span_rows),
						 .unknown = "has a field too many",
						 .unnamed = true};
	static const struct fields_place line = {.name = "line 5"};
	struct told told = {0};
	struct fields r = {.fault = tell, .arg = &told, .joint = ", column "};

	(void)state;
	buf_init(&told.text, 1000);
	json_auto_t *root = parsed("{'code':'a','from':'2026-03-04','x':1,'y':2}");
	assert_true(fields_read(&r, &line, &open, root, NULL));
	assert_false(fields_read(&r, &line, &closed, root, NULL));
	json_object_set_new(root, "from", json_integer(1));
	assert_false(fields_read(&r, &line, &open, root, NULL));
	assert_string_equal(told.text.data,
		"line 5: has a field too many\n"
		"line 5, column from: must be a date such as 2026-03-04\n");
	buf_done(&told.text);
}

/* A place is bounded, however deep it lies and whatever its names hold. */
static void test_place(void **state)
{
	char name[400], out[FIELDS_PLACE];
	struct fields_place places[20];
	const struct fields r = {0};

	(void)state;
	memset(name, 0xff, sizeof name - 1);
	name[sizeof name - 1] = '\0';
	for (size_t i = 0; i < COUNT(places); i++)
		places[i] = (struct fields_place){
			i ? &places[i - 1] : NULL, i % 3 == 2 ? NULL : name, 1234567};
	for (size_t i = 0; i < COUNT(places); i++)
		assert_true(strlen(fields_place(&r, &places[i], out)) < sizeof out);
	assert_string_equal(fields_place(&r, NULL, out), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_tables_that_ignore),
		cmocka_unit_test(test_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
