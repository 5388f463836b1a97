/* registry_people: successive assignments of one person, those of the file among those that are
 * stored. Pure. */
#pragma once

#include "registry_fields.h"

/* Fills "persons", "assignments" and "closings" of the result from the rows of "people", which are
 * well- formed each. An open assignment ends the day before the next one; one that says when it
 * ends may not reach into the next. */
void people_arrange(struct check *c, const json_t *rows, json_t *result);
