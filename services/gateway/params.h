/* params: a request's parameters by the table of routes, each with its form. */
#pragma once

#include "visit.h"

/* Fills in the visit's parameters; what is wrong is noted in v->errors, unknown names first, then
 * the path, then the query. */
void params_take(struct visit *v);
