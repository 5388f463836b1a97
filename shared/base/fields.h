/* fields: JSON from outside, read by tables: a row for each field says what it must be and where it
 * goes.
 *
 *   static const struct field rows[] = {
 *           {"agency", FIELD_TEXT, .required = true, .most = 64, FIELD_TO(struct form, agency)},
 *           {"rating", FIELD_NUMBER, .min = 1, .max = 4, FIELD_TO(struct form, rating)},
 *   };
 *   static const struct fields_table table = {FIELD_ROWS(rows), .unknown = "is no field here"};
 *
 *   struct fields r = {.fault = add, .arg = &errors};
 *   if (!fields_read(&r, NULL, &table, root, &form)) ...
 *
 * Every fault is told with its place ("people[3].from"), in the order of the rows, then unknown
 * fields in the order of the object; or the first one alone, when `fault` says so. Place and detail
 * are printable text (text.h), and the detail quotes no value. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/array.h"
#include "base/dec.h"

enum { FIELDS_PLACE = 320, FIELDS_DETAIL = 512 };
#define FIELD_NO_MAX INT64_MAX

/* What a value must be, and what FIELD_TO takes of it. */
enum field_type {
	FIELD_TEXT, /* const char *, borrowed from the JSON */
	FIELD_WORD, /* int: which of `words` */
	FIELD_NUMBER, /* dec_wide, in units of 0.0001 */
	FIELD_BOOL, /* bool */
	FIELD_DATE, /* int32_t; "2026-03-04", see clock.h */
	FIELD_MONTH, /* int32_t; "2026-03" */
	FIELD_TIME, /* int64_t; an instant with an offset */
	FIELD_OBJECT, /* its rows' own, in the same struct */
	FIELD_LIST, /* nothing */
	FIELD_ANY, /* nothing: `check` alone says what it must be */
	FIELD_NEVER, /* nothing: it may not be there, and `must` says why */
	FIELD_TYPES,
};

struct fields;
struct fields_table;

/* Where a value is: within what, and there which field or, without a name, which member. */
struct fields_place {
	const struct fields_place *up; /* NULL: nowhere deeper */
	const char *name;
	size_t index;
};

struct field {
	const char *name; /* NULL for a list's members */
	enum field_type type;
	bool required;
	bool nullable; /* null is the same as being left out */
	unsigned only; /* the variants that have it, as a mask; 0: all */
	bool kept;
	size_t offset; /* see FIELD_TO */

	const char *must; /* the detail of a value that is not so; NULL: made of the limits */
	size_t least,
		most; /* a text's characters (1 at the least), a list's members; 0: no limit */
	bool plain; /* a text that is more than spaces, without control characters */
	bool may_be_empty; /* a text */
	bool (*is)(const char *text); /* what a text must be besides */
	const char *const *words; /* NULL-terminated */
	int decimals; /* a number's, at most 4; 0: a whole number */
	int digits; /* before its point; 0: what 15 in all leave */
	int64_t min, max; /* both included; the same: no bounds */
	const struct fields_table *object; /* its fields; NULL: any */
	const struct field *each; /* what each member of a list is; NULL: anything */
	const char *distinct; /* no two members have the same text, "", or the same text in this
				 field */

	/* What else is asked of a value that is of its type; told by fields_fault. An object's and
	 * a list's come after those of what is in them. */
	void (*check)(struct fields *r, const struct fields_place *at, const struct field *f,
		const json_t *v);
	const void *more; /* for `check` */
};
#define FIELD_TO(type_, member_) .kept = true, .offset = offsetof(type_, member_)

struct fields_table {
	const struct field *rows;
	size_t n;
	const char *unknown; /* the detail of a field without a row; NULL: those are ignored */
	bool unnamed; /* unknown fields are told of once, at the object, and not named */
	bool listed; /* with an unknown field, those that are known are told */
};
#define FIELD_ROWS(rows_) .rows = (rows_), .n = COUNT(rows_)

/* One reading. */
struct fields {
	bool (*fault)(void *arg, const char *place, const char *detail); /* false: enough */
	void *arg;
	const char *joint; /* between an object and its field; NULL: "." */
	unsigned variant; /* rows of others are as if they were not there */
	int faults;
	bool stopped; /* `fault` had enough */
};

/* Reads an object, which is at `at` (NULL: it is the whole), into the struct `out` (NULL: it is
 * only looked at). True when nothing is wrong; else `out` may be filled in part. */
bool fields_read(struct fields *r, const struct fields_place *at, const struct fields_table *t,
	const json_t *object, void *out);
/* The same for one value, as the row says. */
bool fields_value(struct fields *r, const struct fields_place *at, const struct field *f,
	const json_t *v, void *out);

void fields_fault(struct fields *r, const struct fields_place *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* "people[3].from"; "" for NULL. */
const char *fields_place(
	const struct fields *r, const struct fields_place *at, char out[FIELDS_PLACE]);

/* A JSON number exactly, in units of 0.0001: at most 4 decimals and 15 digits in all. This is the
 * one place where numbers from outside become figures. */
bool fields_number(const json_t *v, dec_wide *out);
/* The same within the row's limits. */
bool fields_number_fits(const struct field *f, const json_t *v, dec_wide *out);
