#include "base/fields.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

/* Places and faults */

enum { NAME = 121 }; /* of a place, with its NUL: a long one leaves room for what follows */

const char *fields_place(
	const struct fields *r, const struct fields_place *at, char out[FIELDS_PLACE])
{
	char name[NAME];
	*out = '\0';
	if (!at)
		return out;
	fields_place(r, at->up, out);
	size_t len = strlen(out);
	if (!at->name)
		snprintf(out + len, FIELDS_PLACE - len, "[%zu]", at->index);
	else
		text_format(out + len, FIELDS_PLACE - len, "%s%s",
			!len       ? ""
			: r->joint ? r->joint
				   : ".",
			text_printable(name, sizeof name, at->name, strlen(at->name)));
	return out;
}

void fields_fault(struct fields *r, const struct fields_place *at, const char *format, ...)
{
	char place[FIELDS_PLACE], detail[FIELDS_DETAIL];
	va_list args;
	if (r->stopped)
		return;
	va_start(args, format);
	text_vformat(detail, sizeof detail, format, args);
	va_end(args);
	r->faults++;
	r->stopped = !r->fault(r->arg, fields_place(r, at, place), detail);
}

/* Types: each reads a value, or says what it must be. */

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static bool is_plain(const char *text)
{
	return text[strspn(text, " ")] && !has_control(text);
}

/* Characters are counted only where there are more bytes than that. */
static bool is_too_long(const json_t *v, size_t most)
{
	return most && json_string_length(v) > most && text_length(json_string_value(v)) > most;
}

static bool read_text(const struct field *f, const json_t *v, void *to)
{
	const char *text = json_string_value(v);
	if (!text || (!*text && !f->may_be_empty))
		return false;
	if (*text && (is_too_long(v, f->most) || (f->plain && !is_plain(text)) ||
			     (f->is && !f->is(text))))
		return false;
	*(const char **)to = text;
	return true;
}

static void must_text(const struct field *f, const json_t *v, char out[FIELDS_DETAIL])
{
	const char *text = json_string_value(v);
	bool control = f->plain && text && has_control(text);
	if (f->most)
		snprintf(out, FIELDS_DETAIL, "must be a text of 1 to %zu characters%s", f->most,
			control ? ", without line breaks or other control characters" : "");
	else
		snprintf(out, FIELDS_DETAIL, "must be a text that is not empty");
}

static bool read_word(const struct field *f, const json_t *v, void *to)
{
	const char *text = json_string_value(v);
	for (int i = 0; text && f->words[i]; i++)
		if (strcmp(text, f->words[i]) == 0) {
			*(int *)to = i;
			return true;
		}
	return false;
}

static void must_word(const struct field *f, const json_t *v, char out[FIELDS_DETAIL])
{
	(void)v;
	snprintf(out, FIELDS_DETAIL, "must be one of ");
	for (int i = 0; f->words[i]; i++) {
		size_t len = strlen(out);
		snprintf(out + len, FIELDS_DETAIL - len, "%s%s", i > 0 ? ", " : "", f->words[i]);
	}
}

bool fields_number(const json_t *v, dec_wide *out)
{
	return json_is_integer(v) ? dec_from_int(json_integer_value(v), out)
	       : json_is_real(v)  ? dec_from_real(json_real_value(v), out)
				  : false;
}

static bool is_bounded(const struct field *f)
{
	return f->min != f->max;
}

/* Below 10^digits in size. */
static bool has_digits(dec_wide v, int digits)
{
	dec_wide most = DEC_VALUE;
	for (int i = 0; i < digits; i++)
		most *= 10;
	return digits == 0 || (v < most && -v < most);
}

bool fields_number_fits(const struct field *f, const json_t *v, dec_wide *out)
{
	static const int steps[] = {10000, 1000, 100, 10, 1}; /* in units of 0.0001, by decimals */
	dec_wide exact;
	if ((f->decimals == 0 && !json_is_integer(v)) || !fields_number(v, &exact) ||
		exact % steps[f->decimals] != 0 || !has_digits(exact, f->digits))
		return false;
	if (is_bounded(f) &&
		(exact < (dec_wide)f->min * DEC_VALUE || exact > (dec_wide)f->max * DEC_VALUE))
		return false;
	*out = exact;
	return true;
}

static bool read_number(const struct field *f, const json_t *v, void *to)
{
	return fields_number_fits(f, v, to);
}

static void must_number(const struct field *f, const json_t *v, char out[FIELDS_DETAIL])
{
	static const char *const kinds[] = {"a whole number", "a number with at most 1 decimal",
		"a number with at most 2 decimals", "a number with at most 3 decimals",
		"a number with at most 4 decimals"};
	const char *kind = kinds[f->decimals];
	long long min = f->min, max = f->max;
	(void)v;
	if (!is_bounded(f))
		snprintf(out, FIELDS_DETAIL, "must be %s and 15 digits in all", kind);
	else if (f->max == FIELD_NO_MAX)
		snprintf(out, FIELDS_DETAIL, "must be %s from %lld, and 15 digits in all", kind,
			min);
	else
		snprintf(out, FIELDS_DETAIL, "must be %s from %lld to %lld", kind, min, max);
}

static bool read_bool(const struct field *f, const json_t *v, void *to)
{
	(void)f;
	if (!json_is_boolean(v))
		return false;
	*(bool *)to = json_is_true(v);
	return true;
}

static bool read_date(const struct field *f, const json_t *v, void *to)
{
	(void)f;
	return json_is_string(v) && clock_date_parse(json_string_value(v), to);
}

static bool read_month(const struct field *f, const json_t *v, void *to)
{
	(void)f;
	return json_is_string(v) && clock_month_parse(json_string_value(v), to);
}

static bool read_time(const struct field *f, const json_t *v, void *to)
{
	(void)f;
	return json_is_string(v) && clock_parse(json_string_value(v), json_string_length(v), to);
}

static bool read_object(const struct field *f, const json_t *v, void *to)
{
	(void)f;
	(void)to;
	return json_is_object(v);
}

static bool read_list(const struct field *f, const json_t *v, void *to)
{
	size_t n = json_array_size(v);
	(void)to;
	return json_is_array(v) && n >= f->least && (!f->most || n <= f->most);
}

static void must_list(const struct field *f, const json_t *v, char out[FIELDS_DETAIL])
{
	(void)v;
	if (f->most)
		snprintf(out, FIELDS_DETAIL, "must be a list of %zu to %zu members", f->least,
			f->most);
	else if (f->least)
		snprintf(out, FIELDS_DETAIL, "must be a list of at least %zu members", f->least);
	else
		snprintf(out, FIELDS_DETAIL, "must be a list");
}

static bool read_any(const struct field *f, const json_t *v, void *to)
{
	(void)v;
	(void)to;
	return f->type == FIELD_ANY;
}

static const struct {
	bool (*read)(const struct field *f, const json_t *v, void *to);
	const char *must; /* where no limits say more */
	void (*must_be)(const struct field *f, const json_t *v, char out[FIELDS_DETAIL]);
} types[FIELD_TYPES] = {
	[FIELD_TEXT] = {read_text, NULL, must_text},
	[FIELD_WORD] = {read_word, NULL, must_word},
	[FIELD_NUMBER] = {read_number, NULL, must_number},
	[FIELD_BOOL] = {read_bool, "must be true or false", NULL},
	[FIELD_DATE] = {read_date, "must be a date such as 2026-03-04", NULL},
	[FIELD_MONTH] = {read_month, "must be a month such as 2026-03", NULL},
	[FIELD_TIME] = {read_time,
		"must be a date and time with an offset, such as 2026-03-04T08:15:00+07:00, with "
		"at most 9 decimals",
		NULL},
	[FIELD_OBJECT] = {read_object, "must be an object", NULL},
	[FIELD_LIST] = {read_list, NULL, must_list},
	[FIELD_ANY] = {read_any, NULL, NULL},
	[FIELD_NEVER] = {read_any, "may not be here", NULL},
};

static void not_so(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *v)
{
	char detail[FIELDS_DETAIL];
	const char *must = f->must ? f->must : types[f->type].must;
	if (!must)
		types[f->type].must_be(f, v, detail);
	fields_fault(r, at, "%s", must ? must : detail);
}

/* Values */

static void list_read(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *list);

/* Its type and what is in it; false when it is not even of its type. */
static bool value_read(struct fields *r, const struct fields_place *at, const struct field *f,
	const json_t *v, void *out)
{
	union {
		const char *text;
		dec_wide number;
		int64_t instant;
	} nowhere;
	void *to = out && f->kept ? (void *)((char *)out + f->offset) : &nowhere;
	if (!types[f->type].read(f, v, to)) {
		not_so(r, at, f, v);
		return false;
	}
	if (f->type == FIELD_OBJECT && f->object)
		fields_read(r, at, f->object, v, out);
	else if (f->type == FIELD_LIST && f->each)
		list_read(r, at, f, v);
	return true;
}

static void value_check(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *v)
{
	if (f->check && !r->stopped)
		f->check(r, at, f, v);
}

bool fields_value(struct fields *r, const struct fields_place *at, const struct field *f,
	const json_t *v, void *out)
{
	int before = r->faults;
	if (value_read(r, at, f, v, out))
		value_check(r, at, f, v);
	return r->faults == before;
}

/* `seen` has the members before by what tells them apart. */
static void distinct_check(struct fields *r, const struct fields_place *at, const struct field *f,
	const json_t *v, json_t *seen)
{
	char first[FIELDS_PLACE];
	bool whole = !*f->distinct;
	const char *text = json_string_value(whole ? v : json_object_get(v, f->distinct));
	const struct fields_place field = {at, f->distinct, 0};
	if (!text)
		return;
	const json_t *there = json_object_get(seen, text);
	if (!there) {
		json_object_set_new(seen, text, json_integer((json_int_t)at->index));
		return;
	}
	const struct fields_place other = {at->up, NULL, (size_t)json_integer_value(there)};
	fields_fault(r, whole ? at : &field, "the same as %s%s", whole ? "" : "in ",
		fields_place(r, &other, first));
}

/* An object is looked at as a whole when it is known to be another than those before it. */
static void list_read(
	struct fields *r, const struct fields_place *at, const struct field *f, const json_t *list)
{
	json_auto_t *seen = f->distinct ? json_object() : NULL;
	for (size_t i = 0; i < json_array_size(list) && !r->stopped; i++) {
		const json_t *v = json_array_get(list, i);
		const struct fields_place member = {at, NULL, i};
		bool ok = value_read(r, &member, f->each, v, NULL);
		bool last = f->each->type == FIELD_OBJECT;
		if (ok && !last)
			value_check(r, &member, f->each, v);
		if (seen)
			distinct_check(r, &member, f, v, seen);
		if (ok && last)
			value_check(r, &member, f->each, v);
	}
}

/* Objects */

static bool has_row(const struct fields *r, const struct field *f)
{
	return !f->only || (f->only & r->variant);
}

static bool is_known(const struct fields *r, const struct fields_table *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (has_row(r, &t->rows[i]) && strcmp(t->rows[i].name, name) == 0)
			return true;
	return false;
}

static void unknown_refuse(struct fields *r, const struct fields_place *at,
	const struct fields_table *t, const json_t *object)
{
	const char *name;
	json_t *v;
	json_object_foreach ((json_t *)(uintptr_t)object, name, v) {
		if (r->stopped || is_known(r, t, name))
			continue;
		const struct fields_place place = {at, name, 0};
		fields_fault(r, t->unnamed ? at : &place, "%s", t->unknown);
		if (t->unnamed)
			return;
	}
}

/* Returns whether the field is there at all. */
static bool row_read(struct fields *r, const struct fields_place *at, const struct field *f,
	const json_t *object, void *out)
{
	const json_t *v = json_object_get(object, f->name);
	const struct fields_place place = {at, f->name, 0};
	if (v && !(f->nullable && json_is_null(v)))
		fields_value(r, &place, f, v, out);
	else if (f->required)
		fields_fault(r, &place, "is missing");
	return v != NULL;
}

bool fields_read(struct fields *r, const struct fields_place *at, const struct fields_table *t,
	const json_t *object, void *out)
{
	int before = r->faults;
	size_t known = 0;
	if (!json_is_object(object)) {
		fields_fault(r, at, "%s", types[FIELD_OBJECT].must);
		return false;
	}
	for (size_t i = 0; i < t->n && !r->stopped; i++)
		if (has_row(r, &t->rows[i]))
			known += row_read(r, at, &t->rows[i], object, out);
	if (t->unknown && known < json_object_size(object))
		unknown_refuse(r, at, t, object);
	return r->faults == before;
}
