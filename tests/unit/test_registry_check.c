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
#define NIP_MUST \
	"must be a NIP, in quotes: a day of birth (YYYYMMDD), a month of appointment (YYYYMM), " \
	"1 or 2, and a number above 000"

#define DEWI "199005052020122001"
#define EKA "199105052020121001"
#define FAJAR "199205052020121001"

/* What is stored: Ani works, since the clerk's time a nurse, and was Eka; Budi worked until the end
 * of June; a target of 0 for errors, from April on another; guards' since the middle of
 * May and from June on; a unit that moved this month; a leave; a plan with items of its own,
 * and a draft. */
#define ITEM(target_) "{'indicator':'errors','target':" target_ ",'weight':1,'kind':'MAIN'}"
static const char known_text[] =
	"{'agencies':{'dinkes':true,'disdik':true},'units':{'pkm':{'':'dinkes'},'annex':{'':'dinkes','2026-05-20':'disdik'}},"
	"'sources':{'simpus':['urn:simpus']},'indicators':{'visit':'more','errors':'less'},"
	"'positions':{'nurse':{'':[" ITEM("0") "],'2026-04-01':[" ITEM("5") "]},'clerk':{'':[]},'guard':{'':[" ITEM(
		"5") "],"
		     "'2026-05-15':[" ITEM("7") "],'2026-06-01':[" ITEM(
			     "8") "]}},"
				  "'former':{'" EKA "':'" ANI "'},"
				  "'people':{'" ANI
				  "':{'2025-01-01':{'until':'2025-12-31','stated':null,'unit':'pkm',"
				  "'position':'clerk','superior':null},'2026-01-01':{'until':null,'stated':null,"
				  "'unit':'pkm','position':'nurse','superior':null}},"
				  "'" BUDI
				  "':{'2025-01-01':{'until':'2026-06-30','stated':'2026-06-30','unit':'pkm',"
				  "'position':'nurse','superior':'" ANI "'}}},"
				  "'absences':{'" ANI
				  "':{'2026-02-02':{'until':'2026-02-13','kind':'sick'}}},"
				  "'plans':{'" BUDI
				  "':{'2026':[{'from':'2026-01-01','status':'AGREED','items':[" ITEM(
					  "3.0") "]},{'from':'2026-01-01','status':'DRAFT','items':null}]}},"
						 "'rulesets':{'2026.1':{'version':'2026.1','from':'2026-01-01','cap':120,"
						 "'below_under':90,'above_from':110,'most':0.5,'minimum_group':5,"
						 "'survey':{'prior':3.00,'prior_weight':10}}}}";

enum { TODAY = 20600 }; /* 2026-05-27 */

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

/* Checks text as JSON or CSV; returns the findings in *found, and the result. */
static json_t *check(const char *text, bool csv, struct findings *found)
{
	struct registry_file file;
	struct buf bytes;
	json_t *result = NULL;
	char *quoted = unquote(known_text);
	json_auto_t *known = json_loads(quoted, 0, NULL);
	assert_non_null(known);
	free(quoted);
	findings_init(found);
	buf_init(&bytes, FILE_MOST);
	buf_add(&bytes, text, strlen(text));
	if (csv ? registry_file_csv(&bytes, "people", &file, found)
		: registry_file_json(&bytes, &file, found))
		result = registry_check(&file, known, TODAY, found);
	registry_file_done(&file);
	buf_done(&bytes);
	return result;
}

static const char *said(const struct findings *found)
{
	return found->text.data ? found->text.data : "";
}

static const char *warned(const struct findings *found)
{
	return found->warnings.data ? found->warnings.data : "";
}

#define PERSON(more_) \
	"{'people':[{'nip':'" CITRA \
	"','name':'C','unit':'pkm','position':'nurse','from':'2026-01-01'" more_ "}]}"
#define ROW(nip_, from_, more_) \
	"{'nip':'" nip_ "','name':'X','unit':'pkm','position':'nurse','from':'" from_ "'" more_ "}"
#define STATED(nip_, from_, more_) "{'people':[" ROW(nip_, from_, more_) "]}"
#define VERSION(code_, target_, more_) \
	"{'code':'" code_ "','name':'V','items':[" ITEM(target_) "]" more_ "}"
#define MADE(from_, nip_, stated_, superior_, until_) \
	"{'from':'" from_ "','nip':" nip_ ",'position':'nurse','stated':" stated_ \
	",'superior':" superior_ ",'unit':'pkm','until':" until_ "}"
#define MADE_VERSION(from_, target_) \
	"{'code':'nurse','from':" from_ \
	",'items':[{'indicator':'errors','kind':'MAIN','target':" target_ \
	",'weight':1}],'name':'V'}"
#define PLAN(status_, more_) "{'nip':'" BUDI "','year':2026,'status':'" status_ "'" more_ "}"
#define PLANS(status_, more_) "{'plans':[" PLAN(status_, more_) "]}"
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
	{"{'units':[7]}", "units[0]: must be an object: {\"code\":…,\"agency\":…,\"name\":…}\n"},
	{"{\n 'units':[\n}", "line 3, column 1: not JSON: unexpected token near '}'\n"},
	{"{'units':[],'units':[]}",
		"line 1, column 19: not JSON: duplicate object key near '\"units\"'\n"},
	{"{'agencies':[{'code':'x'}]}", "agencies[0].name: is missing\n"},
	{"{'agencies':[{'code':'x','name':'X','nmae':'X'}]}",
		"agencies[0].nmae: is no field here; those that are: code, name\n"},
	{"{'agencies':[{'code':'X y','name':''}]}",
		"agencies[0].code: must be a code: 1 to 64 lower-case letters, digits, dots, "
		"hyphens, underscores, a letter or digit first\nagencies[0].name: must be a text "
		"of 1 to 200 characters\n"},
	{"{'agencies':[{'code':'x','name':'a\\nb'}]}",
		"agencies[0].name: must be a text of 1 to 200 characters, without line breaks or "
		"other control characters\n"},
	{"{'agencies':[{'code':'x','name':'X'},{'code':'y','name':'Y'},{'code':'x','name':'Z'}]}",
		"agencies[2]: the same code as agencies[0]; take one of them out\n"},
	{"{'units':[{'code':'u','agency':'nowhere','name':'U'}]}",
		"units[0].agency: there is no \"nowhere\" among the agencies, neither in the "
		"file nor in the registry\n"},
	{INDICATOR(",'measure':'survey','direction':'more','max':5"),
		"indicators[0].element: is missing: a survey's element, or \"overall\"\n"
		"indicators[0].max: of a survey is 4\n"},
	{INDICATOR(",'measure':'mean','element':'procedure','scope':'unit','direction':'more'"),
		"indicators[0].element: goes with the measure \"survey\" alone\n"
		"indicators[0].scope: goes with the measure \"survey\" alone\n"},
	{INDICATOR(",'measure':'median','direction':'up','min':1.00001,'max':0"),
		"indicators[0].measure: must be one of count, sum, mean, ratio, latest, survey\n"
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
		"people[0].nip: " NIP_MUST "\npeople[0].unit: there is no \"x\" among the "
		"units, neither in the file nor in the registry\npeople[0].position: there is no "
		"\"y\" among the positions, neither in the file nor in the "
		"registry\npeople[0].superior: " NIP_MUST "\npeople[0].from: must be a date "
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
		"people[1]: the same nip and from as people[0]; take one of them out\n"},
	{STATED(BUDI, "2024-06-01", ""),
		"people[0].from: is before the person's employment, which begins on 2025-01-01 in "
		"the registry; put the assignment from that day into the file, too, if it began "
		"earlier\n"},
	{"{'people':[" ROW(EKA, "2026-03-01", "") "," ROW(ANI, "2026-03-01", "") "]}",
		"people[1]: the same person and from as people[0]; take one of them out\n"},
	{"{'people':[" ROW(BUDI, "2025-01-01", ",'was':'" ANI "'") "]}",
		"people[0].was: " ANI " and " BUDI " are two people already; a number can be "
		"corrected to one that nobody has\n"},
	{"{'people':[" ROW(BUDI, "2025-01-01", ",'was':'" EKA "'") "," ROW(
		 EKA, "2025-01-01", ",'was':'" BUDI "'") "]}",
		"people[0].was: " EKA " (a former number of " ANI ") and " BUDI " are two people "
		"already; a number can be corrected to one that nobody has\n"
		"people[1].was: " BUDI " and " EKA " (a former number of " ANI ") are two people "
		"already; a number can be corrected to one that nobody has\n"},
	{"{'people':[{'nip':'" CITRA "','was':'" DEWI "'},{'nip':'" CITRA "','was':'" DEWI "'}]}",
		"people[0]: nobody has either number, neither in the file nor in the registry; a "
		"row that only corrects a number needs its person there\n"
		"people[1]: nobody has either number, neither in the file nor in the registry; a "
		"row that only corrects a number needs its person there\n"},
	{"{'people':[{'nip':'" CITRA "','was':'1'},{'nip':'" CITRA "','was':null}]}",
		"people[0].was: " NIP_MUST "\npeople[1].name: is missing\npeople[1].unit: is "
		"missing\npeople[1].position: is missing\npeople[1].from: is missing\n"},
	{"{'people':[" ROW(CITRA, "2025-01-01", ",'was':'" DEWI "'") "," ROW(
		 BUDI, "2025-01-01", ",'was':'" DEWI "'") "]}",
		"people[1].was: " DEWI " (a former number of " CITRA ") and " BUDI
		" are two people already; a number can be "
		"corrected to one that nobody has\n"},
	{"{'people':[" ROW(CITRA, "2026-01-01", ",'superior':'" DEWI "'") "," ROW(
		 DEWI, "2025-01-01", ",'superior':'" BUDI "','until':'2026-03-31'") "," ROW(ANI,
		 "2026-05-01", ",'superior':'" BUDI "'") "]}",
		"people[2].superior: from 2026-05-01 on these would be each other's superiors: " ANI
		", " BUDI "; give one of them another, or null\n"},
	{"{'people':[" ROW(CITRA, "2026-01-01", ",'superior':'" DEWI "'") "," ROW(DEWI,
		 "2025-01-01", "") "," ROW(DEWI, "2026-02-01", ",'superior':'" CITRA "'") "]}",
		"people[0].superior: from 2026-02-01 on these would be each other's superiors: " DEWI
		", " CITRA "; give one of them another, or null\n"},
	{"{'people':[{'nip':'" ANI "','from':'2026-01-01','removed':'yes'}]}",
		"people[0].removed: must be true or false\n"},
	{"{'absences':[{'nip':'" ANI "','from':'2026-02-02','removed':1}]}",
		"absences[0].removed: must be true or false\n"},
	{"{'people':[{'nip':'1','from':'2026-02-30','removed':true,'size':1}]}",
		"people[0].nip: " NIP_MUST "\npeople[0].from: must be a date such as "
		"2026-03-04\npeople[0].size: is no field here; those that are: nip, from, removed, "
		"was, name, unit, position, superior, until, email, language, kind\n"},
	{PERSON(",'language':'jv'"), "people[0].language: must be one of id, en\n"},
	{"{'absences':[{'nip':'" ANI "','from':'2026-02-13','until':'2026-02-20','kind':'leave'}]}",
		"absences[0]: absent from 2026-02-13 until 2026-02-20 (leave) overlaps one in the "
		"registry, from 2026-02-02 until 2026-02-13 (sick); change one, or take it back "
		"with \"removed\"\n"},
	{"{'absences':[{'nip':'" EKA "','from':'2026-02-02','until':'2026-02-20','kind':'leave'},"
	 "{'nip':'" ANI "','from':'2026-03-01','until':'2026-03-31','kind':'leave'},"
	 "{'nip':'" ANI "','from':'2026-03-05','until':'2026-03-05','kind':'sick'},"
	 "{'nip':'" ANI "','from':'2026-03-31','until':'2026-04-01','kind':'sick'}]}",
		"absences[0]: absent from 2026-02-02 until 2026-02-20 (leave) overlaps one in the "
		"registry, from 2026-02-02 until 2026-02-13 (sick); change one, or take it back "
		"with \"removed\"\n"
		"absences[2]: absent from 2026-03-05 until 2026-03-05 (sick) overlaps absences[1], "
		"from 2026-03-01 until 2026-03-31 (leave); change one, or take it back with "
		"\"removed\"\n"
		"absences[3]: absent from 2026-03-31 until 2026-04-01 (sick) overlaps absences[1], "
		"from 2026-03-01 until 2026-03-31 (leave); change one, or take it back with "
		"\"removed\"\n"},
	{"{'units':[{'code':'pkm','agency':'nowhere','name':'P','from':'2026-07-01'}]}",
		"units[0].agency: there is no \"nowhere\" among the agencies, neither in the file "
		"nor in the registry\n"},
	{"{'positions':[" VERSION("nurse", "6", ",'from':'2026-05-01'") "," VERSION(
		 "nurse", "7", ",'from':'2026-04-01'") "]}",
		"positions[1].from: goes back behind the row of nurse before it, from 2026-05-01; "
		"put the versions in the order of their days\n"},
	{"{'positions':[" VERSION("new", "6", ",'from':'2026-05-01'") "," VERSION(
		 "new", "7", "") "]}",
		"positions[1].from: goes back behind the row of new before it, from 2026-05-01; put "
		"the versions in the order of their days\n"},
	{"{'positions':[" VERSION("new", "6", "") "," VERSION("new", "7", ",'from':null") "]}",
		"positions[1]: the same code and from (null, the beginning) as positions[0]; take "
		"one of them out, or give it the day from which it holds\n"},
	{"{'positions':[" VERSION("nurse", "6", "") "," VERSION(
		 "nurse", "7", ",'from':'2026-05-01'") "]}",
		"positions[1]: the same code and from (2026-05-01) as positions[0]; take one of "
		"them out, or give it the day from which it holds\n"},
	{"{'positions':[" VERSION("nurse", "6", ",'from':null") "," VERSION(
		 "nurse", "7", ",'from':null") "]}",
		"positions[1]: the same code and from as positions[0]; take one of them out\n"},
	{"{'sources':[{'code':'s','name':'S','indicators':[],'uris':['simpus','urn:simpus','x y','urn:s','urn:s']},"
	 "{'code':'t','name':'T','indicators':[],'uris':['urn:s','s']},{'code':'urn.t','name':'U','indicators':[]}]}",
		"sources[0].uris[2]: must be a URI of 1 to 128 characters, without spaces\n"
		"sources[0].uris[4]: the same as sources[0].uris[3]\n"
		"sources[0].code: is one of the uris of the source t; take it from that one first\n"
		"sources[0].uris[0]: names the source simpus already; a name leads to one source, "
		"so take it from either\n"
		"sources[0].uris[1]: names the source simpus already; a name leads to one source, "
		"so take it from either\n"
		"sources[0].uris[3]: names the source t already; a name leads to one source, so "
		"take it from either\n"
		"sources[0].uris[4]: names the source t already; a name leads to one source, so "
		"take it from either\n"
		"sources[1].uris[0]: names the source s already; a name leads to one source, so "
		"take it from either\n"
		"sources[1].uris[1]: names the source s already; a name leads to one source, so "
		"take it from either\n"},
	{"{'indicators':[{'code':'n','name':'N','aspect':'innovation','measure':'sum','direction':'less','step':-1,'result_max':-1}]}",
		"indicators[0].name: must be an object: {\"id\":…,\"en\":…}\n"
		"indicators[0].result_max: must be above 0\nindicators[0].step: must be above "
		"0\n"},
	{"{'indicators':[{'code':'n','name':{'id':'a','en':'b'},'aspect':'innovation','measure':'sum','direction':'less','result_max':0}]}",
		"indicators[0].result_max: must be above 0\n"},
	{INDICATOR(
		 ",'measure':'sum','direction':'more','unit':{'id':'kali'},'step':0,'result_max':1.234"),
		"indicators[0].unit.en: is missing\n"
		"indicators[0].result_max: must be a number with at most 2 decimals and 15 digits "
		"in all\nindicators[0].step: must be above 0\n"},
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
	{"{'rulesets':[" RULES("2026.1", "2026-01-01", ",'below_under':90,'above_from':105") "]}",
		"rulesets[0].version: is in the registry with other rules; scores stand on them, "
		"so give these a version of their own\n"},
	{"{'rulesets':[" RULES("2027", "2026-01-01", ",'below_under':90,'above_from':80") "]}",
		"rulesets[0].above_from: is below below_under\nrulesets[0].from: in the registry "
		"rule set 2026.1 begins on this day\n"},
	{"{'rulesets':[" RULES(
		 "2027", "2027-01-01", ",'below_under':90,'above_from':110") "," RULES("2028",
		 "2027-01-01", ",'below_under':90.001,'above_from':2000") "]}",
		"rulesets[1]: the same from as rulesets[0]; take one of them out\nrulesets[1].below_under: must be a "
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
		assert_string_equal(warned(&found), "");
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

/* What a file makes of what is stored: a part of it. */
static const struct {
	const char *file, *part, *want;
} made[] = {
	{STATED(ANI, "2026-04-01", ",'until':'2026-05-01','email':null"), "persons",
		"[{'email':null,'keep_email':false,'keep_language':true,'language':null,"
		"'name':'X','nip':'" ANI "'}]"},
	/* The next ends the one before it, whether that had an end or not, and nothing resumes. */
	{STATED(ANI, "2026-04-01", ",'until':'2026-05-01'"), "assignments",
		"[" MADE("2026-01-01", "'" ANI "'", "null", "null", "'2026-03-31'") "," MADE(
			"2026-04-01", "'" ANI "'", "'2026-05-01'", "null", "'2026-05-01'") "]"},
	{STATED(BUDI, "2026-06-30", ",'superior':'" EKA "'"), "assignments",
		"[" MADE("2025-01-01", "'" BUDI "'", "'2026-06-30'", "'" ANI "'",
			"'2026-06-29'") "," MADE("2026-06-30", "'" BUDI "'", "null", "'" ANI "'",
			"null") "]"},
	/* What came from an earlier time, with the first of now beside it. */
	{"{'people':[" ROW(BUDI, "2024-01-01", "") "," ROW(BUDI, "2025-01-01", "") "]}",
		"assignments",
		"[" MADE("2024-01-01", "'" BUDI "'", "null", "null", "'2024-12-31'") "," MADE(
			"2025-01-01", "'" BUDI "'", "null", "null", "null") "]"},
	/* Taken back, the one before goes on as if it had never been; also by another number. */
	{"{'people':[{'nip':'" EKA "','from':'2026-01-01','removed':true}]}", "removals",
		"[{'from':'2026-01-01','nip':'" ANI "'}]"},
	{"{'people':[{'nip':'" EKA "','from':'2026-01-01','removed':true}]}", "assignments",
		"[{'from':'2025-01-01','nip':'" ANI "','position':'clerk','stated':null,"
		"'superior':null,'unit':'pkm','until':null}]"},
	{"{'people':[" ROW(ANI, "2026-01-01", "") ",{'nip':'" ANI
						  "','from':'2026-01-01','removed':true}]}",
		"removals", "[]"},
	/* One person, whose numbers are both known. */
	{"{'people':[" ROW(DEWI, "2026-01-01", ",'was':'" ANI "'") "]}", "renames",
		"[{'nip':'" ANI "','now':'" DEWI "'}]"},
	{"{'people':[" ROW(DEWI, "2026-01-01", ",'was':'" EKA "'") "]}", "former",
		"[{'nip':'" ANI "','now':'" DEWI "'}]"},
	{"{'people':[" ROW(EKA, "2026-01-01", ",'was':'" ANI "'") "]}", "renames",
		"[{'nip':'" ANI "','now':'" EKA "'}]"},
	{"{'people':[" ROW(EKA, "2026-01-01", ",'was':'" ANI "'") "]}", "unformer",
		"[{'nip':'" EKA "'}]"},
	{"{'people':[" ROW(ANI, "2026-01-01", ",'was':'" EKA "'") "]}", "renames", "[]"},
	{"{'people':[" ROW(ANI, "2026-01-01", ",'was':'" EKA "'") "]}", "former", "[]"},
	{"{'plans':[{'nip':'" ANI "','year':2026,'status':'AGREED'}],'people':[" ROW(
		 DEWI, "2026-01-01", ",'was':'" ANI "'") "]}",
		"plans",
		"[{'from':'2026-01-01','items':null,'nip':'" DEWI
		"','place':0,'status':'AGREED','year':2026}]"},
	/* Corrections alone, of whatever order and however often; the last number is the one. */
	{"{'people':[{'nip':'" CITRA "','was':'" DEWI "'},{'nip':'" DEWI "','was':'" BUDI
	 "'},{'nip':'" CITRA "','was':'" DEWI "'}]}",
		"renames", "[{'nip':'" BUDI "','now':'" CITRA "'}]"},
	{"{'people':[{'nip':'" CITRA "','was':'" DEWI "'},{'nip':'" DEWI "','was':'" BUDI
	 "'},{'nip':'" CITRA "','was':'" BUDI "'}]}",
		"former",
		"[{'nip':'" BUDI "','now':'" CITRA "'},{'nip':'" DEWI "','now':'" CITRA "'}]"},
	{"{'people':[{'nip':'" CITRA "','was':'" DEWI
	 "'}," ROW(CITRA, "2026-01-01", ",'was':'" FAJAR "'") "]}",
		"former",
		"[{'nip':'" DEWI "','now':'" CITRA "'},{'nip':'" FAJAR "','now':'" CITRA "'}]"},
	{"{'people':[{'nip':'" ANI "','was':'" EKA "'}]}", "renames", "[]"},
	{"{'people':[{'nip':'" ANI "','was':'" EKA "'}]}", "former", "[]"},
	{"{'people':[{'nip':'" ANI "','was':'" EKA "'}]}", "persons", "[]"},
	/* A row without a day that says what is in force today changes nothing. */
	{"{'positions':[" VERSION("guard", "7", "") "]}", "positions",
		"[{'code':'guard','from':'2026-05-15','items':[{'indicator':'errors','kind':'MAIN',"
		"'target':7,'weight':1}],'name':'V'}]"},
	/* A row without a day is a change from this month on, if it is one. */
	{"{'positions':[" VERSION("nurse", "5", "") "]}", "positions",
		"[" MADE_VERSION("'2026-04-01'", "5") "]"},
	{"{'positions':[" VERSION("nurse", "6", "") "]}", "positions",
		"[" MADE_VERSION("'2026-05-01'", "6") "]"},
	{"{'positions':[" VERSION("nurse", "0", "") "," VERSION(
		 "nurse", "6", ",'from':'2026-04-01'") "]}",
		"positions",
		"[" MADE_VERSION("null", "0") "," MADE_VERSION("'2026-04-01'", "6") "]"},
	{"{'positions':[" VERSION("nurse", "9", "") "," VERSION(
		 "nurse", "6", ",'from':'2026-04-01'") "]}",
		"positions",
		"[" MADE_VERSION("'2026-05-01'", "9") "," MADE_VERSION("'2026-04-01'", "6") "]"},
	{"{'units':[{'code':'pkm','agency':'disdik','name':'P'},{'code':'new','agency':'disdik','name':'N'}]}",
		"units",
		"[{'agency':'disdik','code':'pkm','from':'2026-05-01','name':'P'},"
		"{'agency':'disdik','code':'new','from':null,'name':'N'}]"},
	/* A leave that is moved, in any order; the same has another end. */
	{"{'absences':[{'nip':'" ANI "','from':'2026-02-05','until':'2026-02-20','kind':'sick'},"
	 "{'nip':'" ANI "','from':'2026-02-02','removed':true}]}",
		"absence_removals", "[{'from':'2026-02-02','nip':'" ANI "'}]"},
	{"{'absences':[{'nip':'" EKA "','from':'2026-02-02','until':'2026-02-20','kind':'sick'}]}",
		"absences",
		"[{'from':'2026-02-02','kind':'sick','nip':'" ANI "','until':'2026-02-20'}]"},
	/* A version for what was not said last of its day; drafts speak in a voice of their own. */
	{PLANS("AGREED", ",'items':[" ITEM("3") "]"), "plans", "[]"},
	{PLANS("DRAFT", ""), "plans", "[]"},
	{PLANS("SUBMITTED", ""), "plans",
		"[{'from':'2026-01-01','items':null,'nip':'" BUDI
		"','place':0,'status':'SUBMITTED','year':2026}]"},
	{PLANS("AGREED", ""), "plans",
		"[{'from':'2026-01-01','items':null,'nip':'" BUDI
		"','place':0,'status':'AGREED','year':2026}]"},
	{"{'plans':[" PLAN("WITHDRAWN", "") "," PLAN("AGREED", ",'items':[" ITEM("3") "]") "]}",
		"plans",
		"[{'from':'2026-01-01','items':null,'nip':'" BUDI
		"','place':0,'status':'WITHDRAWN','year':2026},"
		"{'from':'2026-01-01','items':[{'indicator':'errors','kind':'MAIN','target':3,"
		"'weight':1}],'nip':'" BUDI "','place':1,'status':'AGREED','year':2026}]"},
	{"{'plans':[" PLAN("AGREED", ",'items':[" ITEM("3") "]") "," PLAN("DRAFT", "") "," PLAN(
		 "AGREED", ",'items':[" ITEM("3") "]") "]}",
		"plans", "[]"},
};

static void test_made(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(made); i++) {
		struct findings found;
		char *file = unquote(made[i].file);
		json_auto_t *result = check(file, false, &found);
		assert_string_equal(said(&found), "");
		assert_string_equal(warned(&found), "");
		assert_part(result, made[i].part, made[i].want);
		findings_done(&found);
		free(file);
	}
}

/* What may be meant, but is odd. */
#define STAYS(month_, later_) \
	"warning: positions[0]: holds from " month_ " until another version, which stays in " \
	"force from " later_ "; to replace that one, give the row again with \"from\":\"" later_ \
	"\"\n"
static const struct {
	const char *file, *warnings, *part, *want; /* NULL: whatever it makes */
} odd[] = {
	{"{'positions':[" VERSION("guard", "9", "") "]}", STAYS("2026-05-01", "2026-05-15"),
		"positions",
		"[{'code':'guard','from':'2026-05-01','items':[{'indicator':'errors','kind':'MAIN',"
		"'target':9,'weight':1}],'name':'V'}]"},
	{"{'positions':[" VERSION("guard", "5", "") "]}", STAYS("2026-05-01", "2026-05-15"),
		"positions",
		"[{'code':'guard','from':null,'items':[{'indicator':'errors','kind':'MAIN',"
		"'target':5,'weight':1}],'name':'V'}]"},
	{"{'positions':[" VERSION("guard", "9", "") "," VERSION(
		 "guard", "9", ",'from':'2026-05-15'") "]}",
		STAYS("2026-05-01", "2026-06-01"), NULL, NULL},
	{"{'units':[{'code':'annex','agency':'dinkes','name':'A'}]}",
		"warning: units[0]: holds from 2026-05-01 until another version, which stays in "
		"force from 2026-05-20; to replace that one, give the row again with "
		"\"from\":\"2026-05-20\"\n",
		"units", "[{'agency':'dinkes','code':'annex','from':null,'name':'A'}]"},
	{"{'people':[{'nip':'" ANI "','from':'2026-01-02','removed':true},{'nip':'" CITRA
	 "','from':'2026-01-01','removed':true}]}",
		"warning: people[0]: no assignment from 2026-01-02 is in the registry, so none is taken "
		"back\nwarning: people[1]: nobody has this NIP, neither in the file nor in the registry, "
		"so nothing is taken back\n",
		NULL, NULL},
	{"{'absences':[{'nip':'" CITRA "','from':'2026-01-01','removed':true}]}",
		"warning: absences[0]: nobody has this NIP, neither in the file nor in the registry, "
		"so nothing is taken back\n",
		NULL, NULL},
	{"{'absences':[{'nip':'" BUDI "','from':'2026-01-01','removed':true}]}",
		"warning: absences[0]: no absence from 2026-01-01 is in the registry, so none is taken "
		"back\n",
		NULL, NULL},
	{"{'people':[{'nip':'" BUDI
	 "','name':'B','unit':'pkm','position':'clerk','from':'2026-05-01'}]}",
		"warning: people[0]: the plan from 2026-01-01 has items of its own, which outlive the "
		"transfer to clerk on 2026-05-01; if the new position's are meant, load a plan "
		"from that day without items\n",
		NULL, NULL},
	{"{'plans':[{'nip':'" ANI "','year':2025,'status':'AGREED','items':[" ITEM(
		 "3") "]}],'people':[" ROW(ANI, "2025-07-01", "") "]}",
		"warning: people[0]: the plan from 2025-01-01 has items of its own, which outlive the "
		"transfer to nurse on 2025-07-01; if the new position's are meant, load a plan "
		"from that day without items\n",
		NULL, NULL},
	{"{'people':[{'nip':'" BUDI
	 "','name':'B','unit':'pkm','position':'clerk','from':'2026-05-01'}],'plans':[{'nip':'" BUDI
	 "','year':2026,'status':'AGREED','from':'2026-05-01'}]}",
		"", NULL, NULL},
};

static void test_odd(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		struct findings found;
		char *file = unquote(odd[i].file);
		json_auto_t *result = check(file, false, &found);
		assert_string_equal(said(&found), "");
		assert_string_equal(warned(&found), odd[i].warnings);
		assert_non_null(result);
		if (odd[i].part)
			assert_part(result, odd[i].part, odd[i].want);
		findings_done(&found);
		free(file);
	}
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
		"[{'from':'2026-01-01','items':null,'nip':'" CITRA
		"','place':0,'status':'DRAFT','year':2026}]");
	findings_done(&found);
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_references_within_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
