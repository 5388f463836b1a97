/* registry_fields: the fields of a registry file's rows as tables, each with its check. Used by
 * registry_check.c. */
#pragma once

#include <jansson.h>

#include "base/fields.h"
#include "findings.h"

struct check {
	const json_t *known; /* what is stored, see registry_check.h */
	json_t *root; /* the file */
	json_t *in_file; /* part → key of each row; besides "directions" and "uris" → code → them */
	const int *lines;
	int32_t today;
	json_t *numbers; /* NIP → the one of today, of those that were corrected */
	json_t *holders; /* NIP of today → the stored one, "" where it is new */
	struct findings *found;
};

struct part {
	const char *name;
	struct fields_table fields;
	const char *keys[3]; /* together they tell one row from another */
	bool repeats; /* no, they need not */
	const struct fields_table
		*removed; /* the fields of a row that takes back; NULL: none can */
	const struct fields_table *corrects; /* of one that only corrects a NIP; NULL: none can */
};

enum { PARTS = 9 };
extern const struct part registry_parts[PARTS];

/* Checks one row field by field; unknown fields are faults. */
void row_check(struct check *c, const char *place, const json_t *row, const struct part *part);

/* "people[3]" or "line 5"; and a field of it. */
const char *place_row(const struct check *c, const char *part, size_t i, char out[PLACE_TEXT]);
const char *place_field(
	const struct check *c, const char *row, const char *field, char out[PLACE_TEXT]);

const char *row_text(const json_t *row, const char *field); /* NULL: it is no text */
bool row_removed(const json_t *row);
bool row_corrects(const json_t *row); /* it has `nip` and `was`, and nothing else */
/* It says all that its part has, so that its fields can be looked at together. */
bool row_is_whole(const struct part *part, const json_t *row);
bool target_is_zero(const json_t *target); /* it, or a bound of it */

/* Whether the file or what is stored has the code. */
bool check_has(const struct check *c, const char *part, const char *code);
