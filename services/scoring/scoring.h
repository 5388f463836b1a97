/* scoring: a batch of marks on its way: lock, compute, write, publish. */
#pragma once

#include "service/service.h"

/* The metrics of scoring, in the order of main.c's table. */
enum scoring_metric {
	SCORING_COMPUTED,
	SCORING_CHANGED,
	SCORING_FAILED,
	SCORING_OUTBOX,
	SCORING_OUTBOX_SECONDS,
	SCORING_SECONDS
};

bool scoring_open(struct worker *w, struct err *e) MUST_CHECK;
void scoring_close(struct worker *w);
bool scoring_handle(
	struct worker *w, const struct bus_message *messages, int n, struct err *e) MUST_CHECK;
/* The same of messages on evidence.accepted, whose way to a score is measured. */
bool scoring_evidence_handle(
	struct worker *w, const struct bus_message *messages, int n, struct err *e) MUST_CHECK;
/* A message that cannot be dealt with: its people one by one, so that only those are left out who
 * cannot be scored. */
bool scoring_refuse(struct worker *w, const struct bus_message *message, const struct err *why,
	struct err *e) MUST_CHECK;
