/* If these fail, a wrong registry file gets in and moves everybody's scores, or a right one is
 * refused. */
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
#define BUDI "196711101992031001"
#define CITRA "200012312024121001"

/* What is stored: Ani works, Budi worked until the end of June; a target of 0 for errors. */
static const char known_text[] =
	"{\"agencies\":{\"dinkes\":true},\"units\":{\"pkm\":true},\"sources\":{\"simpus\":true},\"indicators\":{\"visit\":\"more\",\"errors\":\"less\"},\"positions\":{\"nurse\":[\"errors\"],\"clerk\":[]},"
	"\"plans\":{},\"people\":{\"" ANI "\":{\"2026-01-01\":null},\"" BUDI
	"\":{\"2025-01-01\":\"2026-06-30\"}},\"rulesets\":{\"2026.1\":{\"version\":\"2026.1\",\"from\":\"2026-01-01\",\"cap\":120,\"below_under\":90,\"above_from\":110,\"most\":0.5,\"minimum_group\":5,\"survey\":{\"prior\":3.00,\"prior_weight\":10}}}}";

/* Checks text as JSON or CSV; returns the findings in *found, and the result. */
static json_t *check(const char *text, bool csv, struct findings *found)
{
	struct registry_file file;
	struct buf bytes;
	json_t *result = NULL;
	json_auto_t *known = json_loads(known_text, 0, NULL);
	assert_non_null(known);
	findings_init(found);
	buf_init(&bytes, FILE_MOST);
	buf_add(&bytes, text, strlen(text));
	if (csv ? registry_file_csv(&bytes, "people", &file, found)
		: registry_file_json(&bytes, &file, found))
		result = registry_check(&file, known, found);
	registry_file_done(&file);
	buf_done(&bytes);
	return result;
}

/* JSON in single quotes, to be read without backslashes. */
static char *unquote(const char *text)
{
	char *out = strdup(text);
	assert_non_null(out);
	for (char *p = out; *p; p++)
		if (*p == '\'')
			*p = '"';
	return out;
}

static const char *said(const struct findings *found)
{
	return found->text.data ? found->text.data : "";
}

#define PERSON(more_) \
	"{'people':[{'nip':'" CITRA \
	"','name':'C','unit':'pkm','position':'nurse','from':'2026-01-01'" more_ "}]}"
#define ITEMS(items_) "{'positions':[{'code':'p','name':'P','items':" items_ "}]}"
#define INDICATOR(more_) \
	"{'indicators':[{'code':'n','name':{'id':'a','en':'b'},'aspect':'productivity'" more_ "}]}"
#define RULES(version_, from_, more_) \
	"{'version':'" version_ "','from':'" from_ "','cap':120,'most':0.5,'minimum_group':5," \
	"'survey':{'prior':3,'prior_weight':10}" more_ "}"

/* Each file has exactly these faults. */
static const struct {
	const char *file, *faults;
} wrong[] = {
	{"[]", "the file: must be one JSON object\n"},
	{"{'peoples':[]}",
		"peoples: is no part of a registry file; those are agencies, units, indicators, "
		"sources, positions, people, absences, plans, rulesets\n"},
	{"{'units':{}}", "units: must be a list\n"},
	{"{'units':[7]}", "units[0]: must be an object\n"},
	{"{\n 'units':[\n}", "line 3, column 1: not JSON: unexpected token near '}'\n"},
	{"{'units':[],'units':[]}",
		"line 1, column 19: not JSON: duplicate object key near '\"units\"'\n"},
	{"{'agencies':[{'code':'x'}]}", "agencies[0].name: is missing\n"},
	{"{'agencies':[{'code':'x','name':'X','nmae':'X'}]}",
		"agencies[0].nmae: is no field here\n"},
	{"{'agencies':[{'code':'X y','name':''}]}",
		"agencies[0].code: must be a code: 1 to 64 lower-case letters, digits, dots, "
		"hyphens, underscores, a letter or digit first\nagencies[0].name: must be a text "
		"of 1 to 200 characters\n"},
	{"{'agencies':[{'code':'x','name':'a\\nb'}]}",
		"agencies[0].name: must be a text of 1 to 200 characters, without line breaks or "
		"other control characters\n"},
	{"{'agencies':[{'code':'x','name':'X'},{'code':'y','name':'Y'},{'code':'x','name':'Z'}]}",
		"agencies[2]: the same code as agencies[0]\n"},
	{"{'units':[{'code':'u','agency':'nowhere','name':'U'}]}",
		"units[0].agency: there is no \"nowhere\" among the agencies, neither in the "
		"file nor in the registry\n"},
	{INDICATOR(",'measure':'survey','element':'procedure','direction':'more'"),
		"indicators[0].measure: \"survey\" comes with citizens' feedback and cannot be "
		"loaded yet\nindicators[0].element: goes with the measure \"survey\" alone, "
		"which cannot be loaded yet\n"},
	{INDICATOR(",'measure':'median','direction':'up','min':1.00001,'max':0"),
		"indicators[0].measure: must be one of count, sum, mean, ratio, latest\n"
		"indicators[0].direction: must be one of more, less\n"
		"indicators[0].min: must be a number with at most 4 decimals and 15 digits in all\n"
		"indicators[0].max: is below min\n"},
	{"{'indicators':[{'code':'errors','name':{'id':'a','en':'b'},'aspect':'innovation','measure':'sum','direction':'more'}]}",
		"indicators[0].direction: the position nurse has a target of 0 for it, which is "
		"for less alone\n"},
	{"{'sources':[{'code':'s','name':'S','indicators':['visit','none','visit']}]}",
		"sources[0].indicators[1]: there is no \"none\" among the indicators, neither in "
		"the file nor in the registry\nsources[0].indicators[2]: the same as "
		"sources[0].indicators[0]\n"},
	{"{'sources':[{'code':'a.b','name':'A','indicators':[]},{'code':'a_b','name':'B','indicators':[]},"
	 "{'code':'a.b.','name':'C','indicators':[]},{'code':'a-b','name':'D','indicators':[]},"
	 "{'code':'s_m','name':'E','indicators':[]},{'code':'s.m','name':'F','indicators':[]},"
	 "{'code':'simpus','name':'G','indicators':[]}]}",
		"sources[1].code: Kafka cannot have its topic beside that of the source a.b: it "
		"takes . and _ for the same\nsources[5].code: Kafka cannot have its topic beside "
		"that of the source s_m: it takes . and _ for the same\n"},
	{ITEMS("[]"), "positions[0].items: must be a list of at least one item\n"},
	{ITEMS("[{'indicator':'visit','target':0,'weight':0,'kind':'MAIN'}]"),
		"positions[0].items[0].target: a target of 0 is for indicators of which less is "
		"better\npositions[0].items: the sum of the weights must be above 0\n"},
	{ITEMS("[{'indicator':'visit','target':[3,2],'weight':1.001,'kind':'main'}]"),
		"positions[0].items[0].target: the low bound is above the high "
		"one\npositions[0].items[0].weight: must be a number with at most 2 decimals "
		"from 0, and 15 digits in all\npositions[0].items[0].kind: must be one of MAIN, "
		"ADDITIONAL\n"},
	{ITEMS("[{'indicator':'visit','target':-1,'weight':1,'kind':'MAIN'},"
	       "{'indicator':'visit','target':[1,2,3],'weight':-1,'kind':'MAIN'}]"),
		"positions[0].items[0].target: must be a number not below 0 with at most 4 "
		"decimals, or [low, high] of such\npositions[0].items[1].target: must be a "
		"number not below 0 with at most 4 decimals, or [low, high] of "
		"such\npositions[0].items[1].weight: must be a number with at most 2 decimals "
		"from 0, and 15 digits in all\npositions[0].items[1].indicator: the same as in "
		"positions[0].items[0]\npositions[0].items: the sum of the weights must be above "
		"0\n"},
	{"{'people':[{'nip':'198613262015051001','name':'A','unit':'x','position':'y','superior':'1','from':'2026-02-30'}]}",
		"people[0].nip: not a valid NIP\npeople[0].unit: there is no \"x\" among the "
		"units, neither in the file nor in the registry\npeople[0].position: there is no "
		"\"y\" among the positions, neither in the file nor in the "
		"registry\npeople[0].superior: not a valid NIP\npeople[0].from: must be a date "
		"such as 2026-03-04\n"},
	{PERSON(",'until':'2025-12-31','superior':'" CITRA "','email':'no'"),
		"people[0].email: must be an e-mail address that mail servers take, as siti@dinkes.go.id: at most 64 characters before the @, only "
		"letters, digits and hyphens behind it; no spaces, no accents, no dot at an "
		"end or beside another\n"
		"people[0].until: is before from\n"
		"people[0].superior: nobody is their own superior\n"},
	{PERSON(",'superior':'199202292015051001'"),
		"people[0].superior: there is no such person, neither in the file nor in the "
		"registry\n"},
	{"{'people':[{'nip':'" CITRA
	 "','name':'C','unit':'pkm','position':'nurse','from':'2026-01-01'},"
	 "{'nip':'" CITRA "','name':'C','unit':'pkm','position':'nurse','from':'2026-01-01'}]}",
		"people[1]: the same nip and from as people[0]\n"},
	{"{'people':[{'nip':'" CITRA
	 "','name':'C','unit':'pkm','position':'nurse','from':'2026-01-01','until':'2026-05-01'},"
	 "{'nip':'" CITRA "','name':'C','unit':'pkm','position':'nurse','from':'2026-05-01'}]}",
		"people[0].until: reaches into the next assignment, from 2026-05-01 (people[1])\n"},
	{"{'people':[{'nip':'" BUDI
	 "','name':'B','unit':'pkm','position':'nurse','from':'2026-06-01'}]}",
		"people[0].from: in the registry an assignment from 2025-01-01 until 2026-06-30 "
		"reaches over this day; load that one with an earlier until\n"},
	{"{'people':[{'nip':'" ANI
	 "','name':'A','unit':'pkm','position':'nurse','from':'2025-06-01','until':'2026-01-01'}]}",
		"people[0].until: reaches into the next assignment, from 2026-01-01 (in the "
		"registry)\n"},
	{"{'absences':[{'nip':'" CITRA
	 "','from':'2026-02-02','until':'2026-02-01','kind':'sick'}]}",
		"absences[0].nip: there is no such person, neither in the file nor in the "
		"registry\nabsences[0].until: is before from\n"},
	{"{'plans':[{'nip':'" ANI "','year':2026,'status':'agreed','from':'2025-07-01'}]}",
		"plans[0].status: must be one of DRAFT, SUBMITTED, AGREED, "
		"WITHDRAWN\nplans[0].from: is not in the plan's year\n"},
	{"{'plans':[{'nip':'" ANI "','year':2026.5,'status':'DRAFT'},{'nip':'" ANI
	 "','year':26,'status':'DRAFT'}]}",
		"plans[0].year: must be a whole number from 1900 to 9999\n"
		"plans[1].year: must be a whole number from 1900 to 9999\n"},
	{"{'plans':[{'nip':'" ANI "','year':2026,'status':'DRAFT','from':'2026-01-01'},"
	 "{'nip':'" ANI "','year':2026,'status':'AGREED'}]}",
		"plans[1]: the same nip and year and from as plans[0]\n"},
	{"{'rulesets':[" RULES("2026.1", "2026-01-01", ",'below_under':90,'above_from':105") "]}",
		"rulesets[0].version: is in the registry with other rules; scores stand on them, "
		"so give these a version of their own\n"},
	{"{'rulesets':[" RULES("2027", "2026-01-01", ",'below_under':90,'above_from':80") "]}",
		"rulesets[0].above_from: is below below_under\nrulesets[0].from: in the registry "
		"rule set 2026.1 begins on this day\n"},
	{"{'rulesets':[" RULES(
		 "2027", "2027-01-01", ",'below_under':90,'above_from':110") "," RULES("2028",
		 "2027-01-01", ",'below_under':90.001,'above_from':2000") "]}",
		"rulesets[1]: the same from as rulesets[0]\nrulesets[1].below_under: must be a "
		"number with at most 2 decimals from 0 to 1000\nrulesets[1].above_from: must be "
		"a number with at most 2 decimals from 0 to 1000\n"},
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct findings found;
		char *file = unquote(wrong[i].file);
		json_auto_t *result = check(file, false, &found);
		assert_string_equal(said(&found), wrong[i].faults);
		assert_null(result);
		findings_done(&found);
		free(file);
	}
}

#define HEADER "nip,name,unit,position,superior,from,until,email\n"

/* The named part of what is to be stored, as text. */
static void assert_part(const json_t *result, const char *part, const char *want)
{
	char *text = json_dumps(json_object_get(result, part), JSON_COMPACT | JSON_SORT_KEYS);
	char *unquoted = unquote(want);
	assert_string_equal(text, unquoted);
	free(unquoted);
	free(text);
}

static void test_successive_assignments(void **state)
{
	struct findings found;
	(void)state;
	char *file = unquote(
		"{'people':[{'nip':'" ANI "','name':'Ani, "
		"M.Kes','unit':'pkm','position':'clerk','from':'2026-07-01','email':null},"
		"{'nip':'" ANI
		"','name':'Ani','unit':'pkm','position':'nurse','from':'2026-04-01','superior':'" BUDI
		"'}]}");
	json_auto_t *result = check(file, false, &found);
	assert_string_equal(said(&found), "");
	assert_part(result, "persons",
		"[{'email':null,'keep_email':false,'name':'Ani, M.Kes','nip':'" ANI "'}]");
	assert_part(
		result, "closings", "[{'from':'2026-01-01','nip':'" ANI "','until':'2026-03-31'}]");
	assert_part(result, "assignments",
		"[{'from':'2026-04-01','nip':'" ANI "','position':'nurse','superior':'" BUDI
		"','unit':'pkm','until':'2026-06-30'},"
		"{'from':'2026-07-01','nip':'" ANI
		"','position':'clerk','superior':null,'unit':'pkm','until':null}]");
	findings_done(&found);
	free(file);
}

/* A first assignment that comes in later ends where the stored one begins. */
static void test_earlier_assignment(void **state)
{
	struct findings found;
	(void)state;
	json_auto_t *result = check(HEADER ANI ",Ani,pkm,clerk,,2025-01-01,,\r\n", true, &found);
	assert_string_equal(said(&found), "");
	assert_part(result, "persons",
		"[{'email':null,'keep_email':true,'name':'Ani','nip':'" ANI "'}]");
	assert_part(result, "closings", "[]");
	assert_part(result, "assignments",
		"[{'from':'2025-01-01','nip':'" ANI
		"','position':'clerk','superior':null,'unit':'pkm','until':'2025-12-31'}]");
	findings_done(&found);
}

static void test_references_within_the_file(void **state)
{
	struct findings found;
	(void)state;
	char *file = unquote(
		"{'agencies':[{'code':'a','name':'A'}],'units':[{'code':'u','agency':'a','name':'U'}],'indicators':[{'code':'visit','name':{'id':'a','en':'b'},'aspect':'productivity','measure':'sum','direction':'less','min':-0.5,'unit':''}],'positions':[{'code':'p','name':'P','items':[{'indicator':'visit','target':[0,2.5],'weight':0.25,'kind':'MAIN'}]}],"
		"'people':[{'nip':'" CITRA
		"','name':'C','unit':'u','position':'p','superior':null,'from':'2026-01-01','until':null}],"
		"'plans':[{'nip':'" CITRA "','year':2026,'status':'DRAFT'}],"
		"'rulesets':[" RULES(
			"2026.1", "2026-01-01", ",'below_under':90.0,'above_from':110") "]}");
	json_auto_t *result = check(file, false, &found);
	assert_string_equal(said(&found), "");
	assert_part(result, "plans",
		"[{'from':'2026-01-01','nip':'" CITRA "','place':0,'status':'DRAFT','year':2026}]");
	findings_done(&found);
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_successive_assignments),
		cmocka_unit_test(test_earlier_assignment),
		cmocka_unit_test(test_references_within_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
