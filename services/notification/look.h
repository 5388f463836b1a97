/* look: what is read and what came of it while scores are looked at, in one transaction. */
#pragma once

#include <jansson.h>

#include "feedback.h"
#include "notification.h"
#include "store.h"

struct look {
	int64_t now;
	struct db_result *due; /* the rows, locked: person, period, told, told_revision */
	struct db_result *scores, *indicators;
	struct db_result *earlier; /* person, and what they were told lately */
	struct indicator *list; /* texts borrowed from `indicators` */
	struct store_looked done;
};
void look_init(struct look *l);
void look_done(struct look *l);

/* Reads the rows' scores, the indicators, and what `earlier` says of the last week, after the rows
 * were locked. */
bool look_load(struct worker *w, struct look *l, store_earlier *earlier, struct err *e) MUST_CHECK;

struct feedback_context look_context(const struct look *l);
/* What a row says; false, having logged it, for what cannot be read. The facts, all zero where
 * there is no score, are the caller's to free. */
bool look_read(const struct look *l, int row, struct period *period, struct facts *out);
json_t *look_told(const struct look *l, int row); /* the caller's; NULL: nothing was told */
int64_t look_revision(const struct look *l, int row, const struct facts *f);

/* Notes that a row was looked at: due again then (0: no more), and what is told by now (NULL: what
 * it was). */
bool look_keep(struct look *l, int row, int64_t due, const char *told, const struct facts *f,
	struct err *e) MUST_CHECK;
/* Messages to a row's person, about a period. */
bool look_tell(struct look *l, int row, const char *period, const struct feedback *messages,
	struct err *e) MUST_CHECK;
/* Writes all of that, in digests or not, commits, and counts. */
bool look_commit(struct worker *w, struct look *l, bool digests, struct err *e) MUST_CHECK;
