/* page_team: a head's people of a month: who is where, and who needs somebody first. */
#pragma once

#include <jansson.h>

#include "visit.h"

/* For the home page: null for who is no head. */
bool team_read(struct visit *v, json_t **out, struct err *e) MUST_CHECK;
