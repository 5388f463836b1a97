#include "registry_fields.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/dec.h"
#include "base/nip.h"

#define MOST 1e11 /* 15 digits, four of them decimals */

enum { CODE_MOST = 64, INDICATOR_MOST = 128, TEXT_MOST = 200, EMAIL_MOST = 254 };

const char *place_row(const struct check *c, const char *part, size_t i, char out[PLACE_TEXT])
{
	if (c->lines)
		snprintf(out, PLACE_TEXT, "line %d", c->lines[i]);
	else
		snprintf(out, PLACE_TEXT, "%s[%zu]", part, i);
	return out;
}

const char *place_field(
	const struct check *c, const char *row, const char *field, char out[PLACE_TEXT])
{
	snprintf(out, PLACE_TEXT, c->lines ? "%.160s, column %.120s" : "%.160s.%.120s", row, field);
	return out;
}

bool check_has(const struct check *c, const char *part, const char *code)
{
	return json_object_get(json_object_get(c->in_file, part), code) ||
	       json_object_get(json_object_get(c->known, part), code);
}

static void check_refers(struct check *c, const char *place, const char *code, const char *part)
{
	if (!part || check_has(c, part, code))
		return;
	if (strcmp(part, "people") == 0)
		findings_add(c->found, place,
			"there is no such person, neither in the file nor in the registry");
	else
		findings_add(c->found, place,
			"there is no \"%s\" among the %s, neither in the file nor in the registry",
			code, part);
}

static bool is_code(const char *text, size_t most)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = text ? strlen(text) : 0;
	return len > 0 && len <= most && strspn(text, allowed) == len && !strchr("._-", text[0]);
}

static void check_code_of(
	struct check *c, const char *place, const json_t *v, const struct field *f, size_t most)
{
	const char *code = json_string_value(v);
	if (is_code(code, most))
		check_refers(c, place, code, f->refers);
	else
		findings_add(c->found, place,
			"must be a code: 1 to %zu lower-case letters, digits, dots, hyphens, "
			"underscores, a letter or digit first",
			most);
}

static void check_code(struct check *c, const char *place, const json_t *v, const struct field *f)
{
	check_code_of(c, place, v, f, CODE_MOST);
}

static void check_indicator(
	struct check *c, const char *place, const json_t *v, const struct field *f)
{
	check_code_of(c, place, v, f, INDICATOR_MOST);
}

static size_t text_length(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static void check_text(struct check *c, const char *place, const json_t *v, const struct field *f)
{
	const char *text = json_string_value(v);
	if (!text || text_length(text) > TEXT_MOST || has_control(text) ||
		text[strspn(text, " ")] == '\0')
		findings_add(c->found, place, "must be a text of 1 to %d characters%s", TEXT_MOST,
			text && has_control(text)
				? ", without line breaks or other control characters"
				: "");
	(void)f;
}

static void check_unit_name(
	struct check *c, const char *place, const json_t *v, const struct field *f)
{
	if (!json_is_string(v) || json_string_length(v) > 0)
		check_text(c, place, v, f);
}

static void check_nip(struct check *c, const char *place, const json_t *v, const struct field *f)
{
	const char *nip = json_string_value(v);
	if (nip && nip_valid(nip, strlen(nip)))
		check_refers(c, place, nip, f->refers);
	else
		findings_add(c->found, place, "not a valid NIP");
}

static void check_date(struct check *c, const char *place, const json_t *v, const struct field *f)
{
	int32_t date;
	(void)f;
	if (!json_is_string(v) || !clock_date_parse(json_string_value(v), &date))
		findings_add(c->found, place, "must be a date such as 2026-03-04");
}

static void check_email(struct check *c, const char *place, const json_t *v, const struct field *f)
{
	const char *text = json_string_value(v);
	const char *at = text ? strchr(text, '@') : NULL;
	(void)f;
	if (!at || at == text || !at[1] || strchr(at + 1, '@') || strlen(text) > EMAIL_MOST ||
		has_control(text) || strpbrk(text, " <>()[]\\,;:\""))
		findings_add(c->found, place, "must be an e-mail address");
}

static void check_choice(struct check *c, const char *place, const json_t *v, const struct field *f)
{
	char list[200] = "";
	const char *text = json_string_value(v);
	for (const char *const *p = f->choices; *p; p++) {
		if (text && strcmp(text, *p) == 0)
			return;
		size_t len = strlen(list);
		snprintf(list + len, sizeof list - len, "%s%s", len ? ", " : "", *p);
	}
	findings_add(c->found, place, "must be one of %s", list);
}

static void check_measure(
	struct check *c, const char *place, const json_t *v, const struct field *f)
{
	if (json_is_string(v) && strcmp(json_string_value(v), "survey") == 0)
		findings_add(c->found, place,
			"\"survey\" comes with citizens' feedback and cannot be loaded yet");
	else
		check_choice(c, place, v, f);
}

static void check_element(
	struct check *c, const char *place, const json_t *v, const struct field *f)
{
	(void)v;
	(void)f;
	findings_add(c->found, place,
		"goes with the measure \"survey\" alone, which cannot be loaded yet");
}

/* Exactly, with at most so many decimals. */
static bool is_decimal(const json_t *v, int decimals)
{
	static const int steps[] = {10000, 1000, 100, 10, 1}; /* units of 0.0001 */
	dec_wide exact;
	bool fits = json_is_integer(v) ? dec_from_int(json_integer_value(v), &exact)
		    : json_is_real(v)  ? dec_from_real(json_real_value(v), &exact)
				       : false;
	return fits && exact % steps[decimals] == 0;
}

static bool is_number(const json_t *v, const struct field *f)
{
	double number = json_number_value(v);
	if (f->decimals == 0 && !json_is_integer(v))
		return false;
	return is_decimal(v, f->decimals) && number >= f->min && number <= f->max &&
	       fabs(number) < MOST;
}

static void check_number(struct check *c, const char *place, const json_t *v, const struct field *f)
{
	static const char *const kinds[] = {"a whole number", "a number with at most 1 decimal",
		"a number with at most 2 decimals", "a number with at most 3 decimals",
		"a number with at most 4 decimals"};
	if (is_number(v, f))
		return;
	if (f->max < MOST)
		findings_add(c->found, place, "must be %s from %.15g to %.15g", kinds[f->decimals],
			f->min, f->max);
	else if (f->min > -MOST)
		findings_add(c->found, place, "must be %s from %.15g, and 15 digits in all",
			kinds[f->decimals], f->min);
	else
		findings_add(
			c->found, place, "must be %s and 15 digits in all", kinds[f->decimals]);
}

static void check_target(struct check *c, const char *place, const json_t *v, const struct field *f)
{
	const json_t *low = json_array_get(v, 0), *high = json_array_get(v, 1);
	bool range = json_array_size(v) == 2 && is_number(low, f) && is_number(high, f);
	if (!range && !is_number(v, f))
		findings_add(c->found, place,
			"must be a number not below 0 with at most 4 decimals, or [low, high] of "
			"such");
	else if (range && json_number_value(low) > json_number_value(high))
		findings_add(c->found, place, "the low bound is above the high one");
}

static void check_object(struct check *c, const char *place, const json_t *v, const struct field *f)
{
	fields_check(c, place, v, f->fields, f->n_fields);
}

/* Codes of indicators, none of them twice. */
static void check_indicators(
	struct check *c, const char *place, const json_t *v, const struct field *f)
{
	size_t i;
	const json_t *one;
	json_auto_t *seen = json_object();
	if (!json_is_array(v))
		findings_add(c->found, place, "must be a list of indicators' codes");
	json_array_foreach ((json_t *)(uintptr_t)v, i, one) {
		char at[PLACE_TEXT];
		snprintf(at, sizeof at, "%.200s[%zu]", place, i);
		check_indicator(c, at, one, f);
		const json_t *first =
			json_is_string(one) ? json_object_get(seen, json_string_value(one)) : NULL;
		if (first)
			findings_add(c->found, at, "the same as %s[%lld]", place,
				(long long)json_integer_value(first));
		else if (json_is_string(one))
			json_object_set_new(
				seen, json_string_value(one), json_integer((json_int_t)i));
	}
}

#define FIELDS(table_) .fields = (table_), .n_fields = COUNT(table_)

static const char *const kinds[] = {"MAIN", "ADDITIONAL", NULL};
static const struct field item_fields[] = {
	{"indicator", check_indicator, .required = true, .refers = "indicators"},
	{"target", check_target, .required = true, .min = 0, .max = MOST, .decimals = 4},
	{"weight", check_number, .required = true, .min = 0, .max = MOST, .decimals = 2},
	{"kind", check_choice, .required = true, .choices = kinds},
};

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

/* What one item shows beside its fields; returns its weight. */
static double check_item(
	struct check *c, const char *place, const json_t *item, size_t i, json_t *seen)
{
	char at[PLACE_TEXT], field[PLACE_TEXT];
	snprintf(at, sizeof at, "%.200s[%zu]", place, i);
	fields_check(c, at, item, item_fields, COUNT(item_fields));
	const char *indicator = json_string_value(json_object_get(item, "indicator"));
	const json_t *target = json_object_get(item, "target");
	const json_t *first = indicator ? json_object_get(seen, indicator) : NULL;
	if (first)
		findings_add(c->found, place_field(c, at, "indicator", field),
			"the same as in %s[%lld]", place, (long long)json_integer_value(first));
	else if (indicator)
		json_object_set_new(seen, indicator, json_integer((json_int_t)i));
	if (indicator && wants_more(c, indicator) &&
		(is_zero(target) || is_zero(json_array_get(target, 0)) ||
			is_zero(json_array_get(target, 1))))
		findings_add(c->found, place_field(c, at, "target", field),
			"a target of 0 is for indicators of which less is better");
	return json_number_value(json_object_get(item, "weight"));
}

static void check_items(struct check *c, const char *place, const json_t *v, const struct field *f)
{
	size_t i;
	const json_t *item;
	double sum = 0;
	json_auto_t *seen = json_object();
	(void)f;
	if (json_array_size(v) == 0) {
		findings_add(c->found, place, "must be a list of at least one item");
		return;
	}
	json_array_foreach ((json_t *)(uintptr_t)v, i, item) {
		sum += check_item(c, place, item, i, seen);
	}
	if (!(sum > 0))
		findings_add(c->found, place, "the sum of the weights must be above 0");
}

static const struct field agency_fields[] = {
	{"code", check_code, .required = true},
	{"name", check_text, .required = true},
};
static const struct field unit_fields[] = {
	{"code", check_code, .required = true},
	{"agency", check_code, .required = true, .refers = "agencies"},
	{"name", check_text, .required = true},
};

static const struct field languages[] = {
	{"id", check_text, .required = true},
	{"en", check_text, .required = true},
};
static const char *const aspects[] = {"productivity", "service_quality", "innovation", NULL};
static const char *const measures[] = {"count", "sum", "mean", "ratio", "latest", NULL};
static const char *const directions[] = {"more", "less", NULL};
static const struct field indicator_fields[] = {
	{"code", check_indicator, .required = true},
	{"name", check_object, .required = true, FIELDS(languages)},
	{"aspect", check_choice, .required = true, .choices = aspects},
	{"measure", check_measure, .required = true, .choices = measures},
	{"element", check_element, .required = false},
	{"direction", check_choice, .required = true, .choices = directions},
	{"unit", check_unit_name, .required = false},
	{"min", check_number, .min = -MOST, .max = MOST, .decimals = 4},
	{"max", check_number, .min = -MOST, .max = MOST, .decimals = 4},
};

static const struct field source_fields[] = {
	{"code", check_code, .required = true},
	{"name", check_text, .required = true},
	{"indicators", check_indicators, .required = true, .refers = "indicators"},
};
static const struct field position_fields[] = {
	{"code", check_code, .required = true},
	{"name", check_text, .required = true},
	{"items", check_items, .required = true},
};
static const struct field people_fields[] = {
	{"nip", check_nip, .required = true},
	{"name", check_text, .required = true},
	{"unit", check_code, .required = true, .refers = "units"},
	{"position", check_code, .required = true, .refers = "positions"},
	{"superior", check_nip, .nullable = true, .refers = "people"},
	{"from", check_date, .required = true},
	{"until", check_date, .nullable = true},
	{"email", check_email, .nullable = true},
};
static const struct field absence_fields[] = {
	{"nip", check_nip, .required = true, .refers = "people"},
	{"from", check_date, .required = true},
	{"until", check_date, .required = true},
	{"kind", check_text, .required = true},
};

static const char *const statuses[] = {"DRAFT", "SUBMITTED", "AGREED", "WITHDRAWN", NULL};
static const struct field plan_fields[] = {
	{"nip", check_nip, .required = true, .refers = "people"},
	{"year", check_number, .required = true, .min = 1900, .max = 9999},
	{"status", check_choice, .required = true, .choices = statuses},
	{"from", check_date, .required = false},
	{"items", check_items, .nullable = true},
};

static const struct field survey_fields[] = {
	{"prior", check_number, .required = true, .min = 1, .max = 4, .decimals = 2},
	{"prior_weight", check_number, .required = true, .min = 0, .max = 1e6},
};
static const struct field ruleset_fields[] = {
	{"version", check_code, .required = true},
	{"from", check_date, .required = true},
	{"cap", check_number, .required = true, .min = 0, .max = 1000, .decimals = 2},
	{"below_under", check_number, .required = true, .min = 0, .max = 1000, .decimals = 2},
	{"above_from", check_number, .required = true, .min = 0, .max = 1000, .decimals = 2},
	{"most", check_number, .required = true, .min = 0, .max = 1, .decimals = 4},
	{"brief", check_number, .min = 0, .max = 1, .decimals = 4},
	{"minimum_group", check_number, .required = true, .min = 1, .max = 1e6},
	{"survey", check_object, .required = true, FIELDS(survey_fields)},
};

#define PART(name_, table_) .name = (name_), FIELDS(table_)
const struct part registry_parts[PARTS] = {
	{PART("agencies", agency_fields), .keys = {"code"}},
	{PART("units", unit_fields), .keys = {"code"}},
	{PART("indicators", indicator_fields), .keys = {"code"}},
	{PART("sources", source_fields), .keys = {"code"}},
	{PART("positions", position_fields), .keys = {"code"}},
	{PART("people", people_fields), .keys = {"nip", "from"}},
	{PART("absences", absence_fields), .keys = {"nip", "from"}},
	{PART("plans", plan_fields), .keys = {"nip", "year", "from"}},
	{PART("rulesets", ruleset_fields), .keys = {"version"}},
};

static bool fields_know(const struct field *fields, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0)
			return true;
	return false;
}

void fields_check(
	struct check *c, const char *place, const json_t *row, const struct field *fields, size_t n)
{
	char at[PLACE_TEXT];
	const char *name;
	json_t *v;
	if (!json_is_object(row)) {
		findings_add(c->found, place, "must be an object");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		v = json_object_get(row, fields[i].name);
		place_field(c, place, fields[i].name, at);
		if (!v && fields[i].required)
			findings_add(c->found, at, "is missing");
		else if (v && !(json_is_null(v) && fields[i].nullable))
			fields[i].check(c, at, v, &fields[i]);
	}
	json_object_foreach ((json_t *)(uintptr_t)row, name, v) {
		if (!fields_know(fields, n, name))
			findings_add(c->found, place_field(c, place, name, at), "is no field here");
	}
}
