/* gather: what the messages of a batch ask to be scored, as marks. */
#pragma once

#include "marks.h"
#include "service/service.h"

/* Adds the messages' marks, sorted. One that cannot be read is passed over: these topics are
 * written by Terukur alone. Of a unit named often, people are looked up once. */
bool gather(struct worker *w, const struct bus_message *messages, int n, struct marks *marks,
	struct err *e) MUST_CHECK;
