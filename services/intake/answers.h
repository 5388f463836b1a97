/* answers: citizens' answers to the survey, from feedback.submitted into the store. */
#pragma once

#include "service/service.h"

/* Stores each answer once; the sums change in the same transaction. */
bool answers_handle(
	struct worker *w, const struct bus_message *messages, int n, struct err *e) MUST_CHECK;

/* A timer: of all the answers that came since, each unit's month is said once, so that a busy
 * unit's people are scored every few seconds, and not with every answer. */
bool answers_mark(struct worker *w, struct err *e) MUST_CHECK;
