#include "registry_fields.h"

#include <string.h>

#include "appraisal/survey.h"
#include "base/nip.h"
#include "registry_texts.h"

enum { DIGITS = 11 /* before the point: 15 digits, four of them decimals */ };

const char *place_row(const struct check *c, const char *part, size_t i, char out[PLACE_TEXT])
{
	if (c->lines)
		snprintf(out, PLACE_TEXT, "line %d", c->lines[i]);
	else
		snprintf(out, PLACE_TEXT, "%s[%zu]", part, i);
	return out;
}

static const char *joint_of(const struct check *c)
{
	return c->lines ? ", column " : ".";
}

const char *place_field(
	const struct check *c, const char *row, const char *field, char out[PLACE_TEXT])
{
	snprintf(out, PLACE_TEXT, "%.160s%s%.120s", row, joint_of(c), field);
	return out;
}

const char *row_text(const json_t *row, const char *field)
{
	return json_string_value(json_object_get(row, field));
}

bool row_removed(const json_t *row)
{
	return json_is_true(json_object_get(row, "removed"));
}

bool row_corrects(const json_t *row)
{
	return json_object_size(row) == 2 && json_object_get(row, "nip") &&
	       json_object_get(row, "was") && !json_is_null(json_object_get(row, "was"));
}

/* What its fields are: also where `removed` is neither true nor false, so that nothing else is told
 * as missing. */
static const struct fields_table *row_fields(const struct part *part, const json_t *row)
{
	const json_t *removed = json_object_get(row, "removed");
	if (part->removed && removed && !json_is_false(removed))
		return part->removed;
	return part->corrects && row_corrects(row) ? part->corrects : &part->fields;
}

bool row_is_whole(const struct part *part, const json_t *row)
{
	return json_is_object(row) && row_fields(part, row) == &part->fields;
}

/* A person also by a number of before. */
bool check_has(const struct check *c, const char *part, const char *code)
{
	return json_object_get(json_object_get(c->in_file, part), code) ||
	       json_object_get(json_object_get(c->known, part), code) ||
	       (strcmp(part, "people") == 0 &&
		       json_object_get(json_object_get(c->known, "former"), code));
}

/* A code or a NIP must be there: in the part that its row names. */
static void check_refers(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *v)
{
	const char *part = f->more, *code = json_string_value(v);
	if (check_has(r->arg, part, code))
		return;
	if (strcmp(part, "people") == 0)
		fields_fault(
			r, at, "there is no such person, neither in the file nor in the registry");
	else
		fields_fault(r, at,
			"there is no \"%s\" among the %s, neither in the file nor in the registry",
			code, part);
}

static bool is_code(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	return text[strspn(text, allowed)] == '\0' && !strchr("._-", text[0]);
}

static bool is_nip(const char *text)
{
	return nip_valid(text, strlen(text));
}

/* Of a name, whatever it is in. */
static void check_visible(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *v)
{
	(void)f;
	if (*json_string_value(v) && !text_is_visible(json_string_value(v)))
		fields_fault(r, at, VISIBLE_MUST);
}

static bool is_uri(const char *text)
{
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return false;
	return true;
}

static const char *const measures[] = {"count", "sum", "mean", "ratio", "latest", "survey", NULL};
/* Answers about a person come with receipts, which are not taken yet. */
static const char *const scopes[] = {"unit", NULL};

static void check_target(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *v)
{
	dec_wide low, high;
	bool range = json_array_size(v) == 2 && fields_number_fits(f, json_array_get(v, 0), &low) &&
		     fields_number_fits(f, json_array_get(v, 1), &high);
	if (!range && !fields_number_fits(f, v, &low))
		fields_fault(r, at,
			"must be a number not below 0 with at most 4 decimals, or [low, high] of "
			"such");
	else if (range && low > high)
		fields_fault(r, at, "the low bound is above the high one");
}

/* True when the indicator is one of which more is better. */
static bool wants_more(const struct check *c, const char *indicator)
{
	const json_t *stated =
		json_object_get(json_object_get(c->in_file, "directions"), indicator);
	const char *direction = json_string_value(
		stated ? stated
		       : json_object_get(json_object_get(c->known, "indicators"), indicator));
	return direction && strcmp(direction, "more") == 0;
}

static bool is_zero(const json_t *v)
{
	return json_is_number(v) && json_number_value(v) == 0;
}

bool target_is_zero(const json_t *target)
{
	return is_zero(target) || is_zero(json_array_get(target, 0)) ||
	       is_zero(json_array_get(target, 1));
}

static void check_item(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *v)
{
	const struct fields_place place = {.up = at, .name = "target"};
	const char *indicator = json_string_value(json_object_get(v, "indicator"));
	(void)f;
	if (indicator && wants_more(r->arg, indicator) &&
		target_is_zero(json_object_get(v, "target")))
		fields_fault(r, &place, "a target of 0 is for indicators of which less is better");
}

static void check_weights(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *v)
{
	size_t i;
	const json_t *item;
	double sum = 0;
	(void)f;
	json_array_foreach (v, i, item)
		sum += json_number_value(json_object_get(item, "weight"));
	if (!(sum > 0))
		fields_fault(r, at, "the sum of the weights must be above 0");
}

/* What fields are: codes, names, … */

#define CODE_MUST(most_) \
	"must be a code: 1 to " #most_ " lower-case letters, digits, dots, hyphens, underscores, " \
	"a letter or digit first"
#define CODE(most_) FIELD_TEXT, .most = (most_), .is = is_code, .must = CODE_MUST(most_)
#define AMONG(part_) .check = check_refers, .more = (part_)
#define NAME FIELD_TEXT, .most = 200, .plain = true, .check = check_visible
#define NIP_MUST \
	"must be a NIP, in quotes: a day of birth (YYYYMMDD), a month of appointment (YYYYMM), " \
	"1 or 2, and a number above 000"
#define NIP FIELD_TEXT, .is = is_nip, .must = NIP_MUST
#define EMAIL FIELD_TEXT, .is = email_is_sendable, .must = EMAIL_MUST
#define NUMBER(decimals_, min_, max_) \
	FIELD_NUMBER, .decimals = (decimals_), .digits = DIGITS, .min = (min_), .max = (max_)
#define WORD(words_) FIELD_WORD, .words = (words_)
#define OBJECT(table_) FIELD_OBJECT, .object = &(table_)
#define TABLE(rows_) FIELD_ROWS(rows_), .unknown = "is no field here", .listed = true

static const char *const kinds[] = {"MAIN", "ADDITIONAL", NULL};
static const struct field item_fields[] = {
	{"indicator", CODE(128), .required = true, AMONG("indicators")},
	{"target", FIELD_ANY, .required = true, .check = check_target, .decimals = 4,
		.digits = DIGITS, .max = FIELD_NO_MAX},
	{"weight", NUMBER(2, 0, FIELD_NO_MAX), .required = true},
	{"kind", WORD(kinds), .required = true},
};
static const struct fields_table item_table = {TABLE(item_fields)};
static const struct field an_item = {NULL, OBJECT(item_table), .check = check_item};
#define SOME_ITEMS FIELD_LIST, .least = 1, .must = "must be a list of at least one item"
#define ITEMS SOME_ITEMS, .each = &an_item, .distinct = "indicator", .check = check_weights

static const struct field agency_fields[] = {
	{"code", CODE(64), .required = true},
	{"name", NAME, .required = true},
};
static const struct field unit_fields[] = {
	{"code", CODE(64), .required = true},
	{"agency", CODE(64), .required = true, AMONG("agencies")},
	{"name", NAME, .required = true},
	{"from", FIELD_DATE, .nullable = true},
};

static const struct field language_fields[] = {
	{"id", NAME, .required = true},
	{"en", NAME, .required = true},
};
static const struct fields_table languages = {TABLE(language_fields)};

/* What a thing is counted in: in one language, or in both. */
static void check_unit(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *v)
{
	static const struct field text = {.type = FIELD_TEXT,
		.most = 200,
		.plain = true,
		.may_be_empty = true,
		.must = "must be a text of at most 200 characters, or such a text as \"id\" and "
			"as \"en\""};
	static const struct field both = {.type = FIELD_OBJECT, .object = &languages};
	(void)f;
	fields_value(r, at, json_is_object(v) ? &both : &text, v, NULL);
}

static void check_above_zero(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *v)
{
	(void)f;
	if (json_number_value(v) <= 0)
		fields_fault(r, at, "must be above 0");
}

static const char *const aspects[] = {"productivity", "service_quality", "innovation", NULL};
static const char *const directions[] = {"more", "less", NULL};
static const struct field indicator_fields[] = {
	{"code", CODE(128), .required = true},
	{"name", OBJECT(languages), .required = true},
	{"aspect", WORD(aspects), .required = true},
	{"measure", WORD(measures), .required = true},
	{"element", WORD(survey_element_names)},
	{"scope", WORD(scopes)},
	{"direction", WORD(directions), .required = true},
	{"unit", FIELD_ANY, .check = check_unit},
	{"min", NUMBER(4, 0, 0)},
	{"max", NUMBER(4, 0, 0)},
	{"result_max", NUMBER(2, 0, 0), .check = check_above_zero},
	{"step", NUMBER(2, 0, 0), .check = check_above_zero},
};

static const struct field an_indicator = {NULL, CODE(128), AMONG("indicators")};
static const struct field a_uri = {NULL, FIELD_TEXT, .most = 128, .is = is_uri,
	.must = "must be a URI of 1 to 128 characters, without spaces"};
static const struct field source_fields[] = {
	{"code", CODE(64), .required = true},
	{"name", NAME, .required = true},
	{"indicators", FIELD_LIST, .required = true, .each = &an_indicator, .distinct = "",
		.must = "must be a list of indicators' codes"},
	{"uris", FIELD_LIST, .most = 16, .each = &a_uri, .distinct = "",
		.must = "must be a list of at most 16 URIs"},
};
static const struct field position_fields[] = {
	{"code", CODE(64), .required = true},
	{"name", NAME, .required = true},
	{"items", ITEMS, .required = true},
	{"from", FIELD_DATE, .nullable = true},
};
static const char *const people_languages[] = {"id", "en", NULL};
static const struct field people_fields[] = {
	{"nip", NIP, .required = true},
	{"name", NAME, .required = true},
	{"unit", CODE(64), .required = true, AMONG("units")},
	{"position", CODE(64), .required = true, AMONG("positions")},
	{"superior", NIP, .nullable = true, AMONG("people")},
	{"from", FIELD_DATE, .required = true},
	{"until", FIELD_DATE, .nullable = true},
	{"email", EMAIL, .nullable = true},
	{"language", WORD(people_languages), .nullable = true},
	{"was", NIP, .nullable = true},
	{"removed", FIELD_BOOL, .required = false},
};
static const struct field absence_fields[] = {
	{"nip", NIP, .required = true, AMONG("people")},
	{"from", FIELD_DATE, .required = true},
	{"until", FIELD_DATE, .required = true},
	{"kind", NAME, .required = true},
	{"removed", FIELD_BOOL, .required = false},
};

/* What is taken back is named; what else it was may be said. */
static const struct field removed_fields[] = {
	{"nip", NIP, .required = true},
	{"from", FIELD_DATE, .required = true},
	{"removed", FIELD_BOOL, .required = false},
	{"was", NIP, .nullable = true},
	{"name", FIELD_ANY, .required = false},
	{"unit", FIELD_ANY, .required = false},
	{"position", FIELD_ANY, .required = false},
	{"superior", FIELD_ANY, .required = false},
	{"until", FIELD_ANY, .required = false},
	{"email", FIELD_ANY, .required = false},
	{"language", FIELD_ANY, .required = false},
	{"kind", FIELD_ANY, .required = false},
};
static const struct fields_table removed_table = {TABLE(removed_fields)};

/* One more number of before, of a person whose rows are elsewhere. */
static const struct field correction_fields[] = {
	{"nip", NIP, .required = true},
	{"was", NIP, .required = true},
};
static const struct fields_table correction = {TABLE(correction_fields)};

static const char *const statuses[] = {"DRAFT", "SUBMITTED", "AGREED", "WITHDRAWN", NULL};
static const struct field plan_fields[] = {
	{"nip", NIP, .required = true, AMONG("people")},
	{"year", NUMBER(0, 1900, 9999), .required = true},
	{"status", WORD(statuses), .required = true},
	{"from", FIELD_DATE, .required = false},
	{"items", ITEMS, .nullable = true},
};

static const struct field survey_fields[] = {
	{"prior", NUMBER(2, 1, 4), .required = true},
	{"prior_weight", NUMBER(0, 0, 1000000), .required = true},
};
static const struct fields_table survey = {TABLE(survey_fields)};
static const struct field ruleset_fields[] = {
	{"version", CODE(64), .required = true},
	{"from", FIELD_DATE, .required = true},
	{"cap", NUMBER(2, 0, 1000), .required = true},
	{"below_under", NUMBER(2, 0, 1000), .required = true},
	{"above_from", NUMBER(2, 0, 1000), .required = true},
	{"most", NUMBER(4, 0, 1), .required = true},
	{"brief", NUMBER(4, 0, 1)},
	{"minimum_group", NUMBER(0, 1, 1000000), .required = true},
	{"survey", OBJECT(survey), .required = true},
};

#define PART(name_, fields_) .name = (name_), .fields = {TABLE(fields_)}
const struct part registry_parts[PARTS] = {
	{PART("agencies", agency_fields), .keys = {"code"}},
	{PART("units", unit_fields), .keys = {"code", "from"}},
	{PART("indicators", indicator_fields), .keys = {"code"}},
	{PART("sources", source_fields), .keys = {"code"}},
	{PART("positions", position_fields), .keys = {"code", "from"}},
	{PART("people", people_fields), .keys = {"nip", "from"}, .removed = &removed_table,
		.corrects = &correction},
	{PART("absences", absence_fields), .keys = {"nip", "from"}, .removed = &removed_table},
	{PART("plans", plan_fields), .keys = {"nip"}, .repeats = true},
	{PART("rulesets", ruleset_fields), .keys = {"version"}},
};

static bool add_finding(void *check, const char *place, const char *detail)
{
	const struct check *c = check;
	findings_add(c->found, place, "%s", detail);
	return true;
}

void row_check(struct check *c, const char *place, const json_t *row, const struct part *part)
{
	const struct fields_place at = {.name = place};
	struct fields r = {.fault = add_finding, .arg = c, .joint = joint_of(c)};
	fields_read(&r, &at, row_fields(part, row), row, NULL);
}
