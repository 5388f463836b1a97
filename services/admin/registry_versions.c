/* Units' agencies and positions' items in versions: which one a row means. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "registry_relate.h"
#include "registry_rows.h"

struct versions {
	struct check *c;
	const char *part, *value; /* "positions", "items" */
	const json_t *rows;
	json_t *dated; /* code and day of the rows that say theirs */
	json_t *names; /* code → that of its last row */
	json_t *taken; /* code and day → the row */
	json_t *last; /* code → the latest day so far, as said */
	json_t *out;
};

enum { KEY_TEXT = 128 };

static const char *key_of(const char *code, const char *from, char out[KEY_TEXT])
{
	snprintf(out, KEY_TEXT, "%s %s", code, from);
	return out;
}

/* What a row says of its day: "" the beginning, NULL nothing. */
static const char *stated(const json_t *row)
{
	const json_t *from = json_object_get(row, "from");
	return json_is_null(from) ? "" : json_string_value(from);
}

static void note_rows(struct versions *v)
{
	char key[KEY_TEXT];
	size_t i;
	const json_t *row;
	json_array_foreach ((json_t *)(uintptr_t)v->rows, i, row) {
		const char *code = row_text(row, "code"), *from = stated(row);
		json_object_set(v->names, code, json_object_get(row, "name"));
		if (from)
			json_object_set(v->dated, key_of(code, from, key), json_true());
	}
}

/* The day of the version that is in force on `day`; NULL: none is. Versions that the file dates do
 * not count: else a file of several versions would change something when it is loaded again. */
static const char *in_force(
	const struct versions *v, const char *code, const json_t *stored, const char *day)
{
	char key[KEY_TEXT];
	const char *from, *best = NULL;
	json_t *value;
	json_object_foreach ((json_t *)(uintptr_t)stored, from, value) {
		if (strcmp(from, day) <= 0 && (!best || strcmp(from, best) > 0) &&
			!json_object_get(v->dated, key_of(code, from, key)))
			best = from;
	}
	return best;
}

static bool says_same(
	const struct versions *v, const json_t *row, const json_t *stored, const char *from)
{
	return from && same_json(json_object_get(stored, from), json_object_get(row, v->value));
}

/* The first day after `from` on which something else stays in force that the file does not date;
 * NULL: there is none. */
static const char *stays_after(
	const struct versions *v, const json_t *row, const json_t *stored, const char *from)
{
	char key[KEY_TEXT];
	const char *day, *first = NULL;
	json_t *value;
	json_object_foreach ((json_t *)(uintptr_t)stored, day, value) {
		if (strcmp(day, from) > 0 && (!first || strcmp(day, first) < 0) &&
			!json_object_get(v->dated, key_of(row_text(row, "code"), day, key)) &&
			!says_same(v, row, stored, day))
			first = day;
	}
	return first;
}

/* A row that says what is in force today changes nothing, whatever was or comes; another holds from
 * the first of this month, unless it is in force then anyhow. */
static const char *undated(struct versions *v, size_t i, const json_t *row, const json_t *stored,
	char month[CLOCK_TEXT])
{
	char today[CLOCK_TEXT], at[PLACE_TEXT];
	const char *code = row_text(row, "code");
	const char *from = in_force(v, code, stored, clock_date_format(v->c->today, today));
	if (says_same(v, row, stored, from))
		return from;
	clock_date_format(clock_month_first(clock_month(v->c->today)), month);
	const char *later = stays_after(v, row, stored, month);
	if (later)
		findings_warn(v->c->found, place_row(v->c, v->part, i, at),
			"holds from %s until another version, which stays in force from %s; to "
			"replace that one, give the row again with \"from\":\"%s\"",
			month, later, later);
	from = in_force(v, code, stored, month);
	return says_same(v, row, stored, from) ? from : month;
}

/* Days may not go back from row to row: whoever writes them so means something else. */
static bool in_order(struct versions *v, size_t i, const char *code, const char *from)
{
	char row[PLACE_TEXT], at[PLACE_TEXT];
	const char *last = json_string_value(json_object_get(v->last, code));
	if (last && strcmp(from, last) < 0) {
		place_field(v->c, place_row(v->c, v->part, i, row), "from", at);
		findings_add(v->c->found, at,
			"goes back behind the row of %s before it, from %s; put the versions in "
			"the order of their days",
			code, last);
		return false;
	}
	json_object_set_new(v->last, code, json_string(from));
	return true;
}

static bool not_taken(struct versions *v, size_t i, const char *code, const char *from)
{
	char key[KEY_TEXT], at[PLACE_TEXT], other[PLACE_TEXT];
	const json_t *first = json_object_get(v->taken, key_of(code, from, key));
	if (first)
		findings_add(v->c->found, place_row(v->c, v->part, i, at),
			"the same code and from (%s) as %s; take one of them out, or give it the "
			"day from which it holds",
			*from ? from : "null, the beginning",
			place_row(v->c, v->part, (size_t)json_integer_value(first), other));
	else
		json_object_set_new(v->taken, key, json_integer((json_int_t)i));
	return !first;
}

static void relate_row(struct versions *v, size_t i, const json_t *row)
{
	char month[CLOCK_TEXT];
	const char *code = row_text(row, "code"), *from = stated(row);
	const json_t *stored = json_object_get(json_object_get(v->c->known, v->part), code);
	bool said = from || !stored;
	if (!from)
		from = stored ? undated(v, i, row, stored, month) : "";
	if ((said && !in_order(v, i, code, from)) || !not_taken(v, i, code, from))
		return;
	json_array_append_new(v->out, json_pack("{s:s, s:O, s:o, s:O}", "code", code, "name",
					      json_object_get(v->names, code), "from",
					      *from ? json_string(from) : json_null(), v->value,
					      json_object_get(row, v->value)));
}

void versions_relate(struct check *c, const char *part, const char *value, json_t *result)
{
	size_t i;
	json_t *row;
	json_auto_t *dated = json_object();
	json_auto_t *names = json_object();
	json_auto_t *taken = json_object();
	json_auto_t *last = json_object();
	struct versions v = {c, part, value, json_object_get(c->root, part), dated, names, taken,
		last, json_array()};
	note_rows(&v);
	json_array_foreach ((json_t *)(uintptr_t)v.rows, i, row) {
		relate_row(&v, i, row);
	}
	json_object_set_new(result, part, v.out);
}
