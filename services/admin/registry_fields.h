/* registry_fields: the fields of a registry file's rows as tables, each with its check. Used by
 * registry_check.c. */
#pragma once

#include <jansson.h>

#include "findings.h"

struct check {
	const json_t *known; /* what is stored, see registry_check.h */
	json_t *in_file; /* part → key → place of the row that has it first */
	const int *lines;
	struct findings *found;
};

struct field {
	const char *name;
	void (*check)(struct check *c, const char *place, const json_t *v,
		const struct field *f); /* v is not null */
	bool required, nullable;
	const char *refers; /* the part whose code it must be */
	const char *const *choices;
	double min, max; /* of a number */
	int decimals;
	const struct field *fields; /* of an object */
	size_t n_fields;
};

struct part {
	const char *name;
	const struct field *fields;
	size_t n_fields;
	const char *keys[3]; /* together they tell one row from another */
};

enum { PARTS = 9 };
extern const struct part registry_parts[PARTS];

/* Checks one row or object field by field; unknown fields are faults. */
void fields_check(struct check *c, const char *place, const json_t *row, const struct field *fields,
	size_t n);

/* "people[3]" or "line 5"; and a field of it. */
const char *place_row(const struct check *c, const char *part, size_t i, char out[PLACE_TEXT]);
const char *place_field(
	const struct check *c, const char *row, const char *field, char out[PLACE_TEXT]);

/* Whether the file or what is stored has the code. */
bool check_has(const struct check *c, const char *part, const char *code);
