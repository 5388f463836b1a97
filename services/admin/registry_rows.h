/* registry_rows: what the fields of one row of a registry file show together, and beside what is
 * stored. Pure. */
#pragma once

#include "registry_fields.h"

/* Adds what is wrong with a row, an object, whose fields registry_fields has looked at. */
void row_check_together(
	struct check *c, const char *place, const json_t *row, const struct part *part);

/* Equal as JSON, numbers by value. */
bool same_json(const json_t *a, const json_t *b);
