/* feedback: what a person is told about a score, and when it is looked at. Pure: the time comes in
 * as an argument. closing.c has what is told of ended periods.
 *
 * While a month is open, its pace: of counts and sums, target × elapsed service days / service days
 * of the month, against what was realised. Elapsed are the days before today, for today's work is
 * not done yet. Means, ratios and latest values have no pace: they are spoken of while they are
 * rated BELOW. Only of months: a quarter and a year would say the same again. What is missing is
 * not zero, so it is not spoken of.
 *
 * When a month, a quarter or a year has ended, its ratings and what would have changed them, once,
 * the morning after.
 *
 * Whatever else there is to say of ended periods is late: of those that had ended before a score of
 * theirs was first heard of, and of those whose ratings are others than were told. A digest sums it
 * up for each person when none of it has changed for a while, once a day at most; what it says is
 * what differs from what was told, whatever made the scores' revisions grow. A digest of a single
 * period is that period's own message.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/period.h"
#include "facts.h"
#include "wording.h"

struct indicator {
	const char *code, *names[LANGUAGES], *units[LANGUAGES];
	enum measure measure;
	enum direction direction;
};

struct feedback_context {
	struct period period;
	const struct indicator
		*indicators; /* by code; one that is not among them is named by its code */
	size_t n_indicators;
};

struct service_days {
	int32_t today; /* a date */
	int32_t elapsed, total; /* before today; of the period */
};

struct pace_rules {
	int32_t tolerance; /* per cent of the pace that may be lacking */
	int32_t after_days; /* elapsed service days before a pace means anything: they count
			       weekends, so a week */
};

enum message_kind { MESSAGE_PACE, MESSAGE_CLOSED, MESSAGE_DIGEST, MESSAGES };
extern const char *const message_kinds[]; /* "pace", "closed", "digest", NULL */

enum { OCCASION_TEXT = 32 };
struct message {
	enum message_kind kind;
	const char *indicator; /* borrowed from the facts; NULL: the whole period */
	char occasion[OCCASION_TEXT]; /* what makes it the same message */
	char *title[LANGUAGES], *body[LANGUAGES];
};

struct feedback {
	struct message *list;
	size_t n;
};
void feedback_done(struct feedback *f);

/* A message for each item that lags and that `told` (which may be NULL) is not true of. False
 * without memory. */
bool feedback_pace(const struct feedback_context *c, const struct facts *f,
	const struct service_days *days, const struct pace_rules *rules,
	bool (*told)(void *arg, const char *indicator), void *arg, struct feedback *out);

/* At most one message about an ended period, of its ratings or of how they changed. `told` are the
 * ratings last told, NULL when none were; `revision` is used for its occasion. False without
 * memory. */
bool feedback_closed(const struct feedback_context *c, const struct facts *f, const json_t *told,
	int64_t revision, struct feedback *out);
/* The ratings, as feedback_closed wants them told:
 * {"results":"MEETS","items":{"home_visit":"MEETS"}}. */
json_t *feedback_ratings(const struct facts *f);
char *feedback_ratings_text(const struct facts *f); /* the caller frees it; NULL without memory */

/* An ended period of a person, for a digest. */
struct digest_part {
	struct period period;
	const struct facts *facts;
	const json_t *told; /* as in feedback_closed */
	int64_t revision;
	bool tells; /* out: there is something to say of it */
};
/* At most one message that sums up all of them, on this date; *about is the period that it is
 * filed under, the latest. The context's period is not read. False without memory. */
bool feedback_digest(const struct feedback_context *c, struct digest_part *parts, size_t n,
	int32_t today, struct feedback *out, struct period *about);
/* From when on late periods of a person are told: `quiet` is when the last of them has been quiet
 * for long enough, `last` when a digest was given before; 0: never. */
int64_t feedback_digest_due(int64_t quiet, int64_t last);

/* Whether a period has ended for us: from six in the morning after its last day. */
bool feedback_ended(struct period p, int64_t now);
/* When to look at a period whose score has just changed: once it has been quiet for that long; a
 * quarter or a year that is still open, when it has ended. */
int64_t feedback_due(struct period p, int64_t now, int64_t quiet);
/* When to look at it again though nothing changes; 0: no more. */
int64_t feedback_next(struct period p, int64_t now);
