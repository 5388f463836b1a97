/* reporting: scores beside their units. */
#pragma once

#include "service/service.h"

/* In the order of main.c's table. */
enum reporting_metric { REPORTING_SCORES };

/* Takes the scores that changed as they stand now. */
bool reporting_handle(
	struct worker *w, const struct bus_message *messages, int n, struct err *e) MUST_CHECK;
