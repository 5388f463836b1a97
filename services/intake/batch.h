/* batch: one batch of messages on its way through intake: decode, store, publish. */
#pragma once

#include "admit.h"
#include "base/buf.h"
#include "bus/bus.h"
#include "messages/emit.h"
#include "messages/evidence_rejected.h"
#include "service/service.h"
#include "store.h"

struct intake_topic {
	char *name;
	int32_t id;
};

/* What a worker keeps between batches. */
struct intake {
	unsigned connection; /* over which the following was learnt, see db_connections */
	struct snapshot_hold registry; /* of a struct registry */
	int32_t *days; /* partitions known to be there, by month; first days of month */
	int n_days;
	struct intake_topic *topics;
	int n_topics;
};

void intake_done(struct intake *in); /* frees it as well */
/* What was learnt of the store, whose like may have taken its place. */
void intake_forget(struct intake *in);
static inline bool intake_knows(const struct intake *in)
{
	return in->n_days || in->n_topics;
}

enum outcome { OUTCOME_ACCEPTED, OUTCOME_WAITING, OUTCOME_DUPLICATE, OUTCOME_REJECTED, OUTCOMES };

struct batch {
	const struct bus_message *messages;
	int n;
	int64_t now;
	struct evidence *rows; /* one per message */
	enum outcome *outcomes; /* likewise */
	bool *bare; /* likewise: the message has no headers, which librdkafka takes long to say */
	const struct evidence *
		*order; /* the rows that are not rejected early, by key, then arrival */
	int n_order;
	const struct evidence **accepted; /* once stored: by person, month, indicator */
	int n_accepted, counting; /* those before `counting` have no person */
	struct buf *pages; /* kept texts; addresses do not move */
	int n_pages;
};

/* The metrics of intake, in the order of main.c's table. */
enum intake_metric {
	INTAKE_EVENTS,
	INTAKE_REJECTED,
	INTAKE_ANSWERS, /* see answers.h */
	INTAKE_WAITING, /* this and the following are store_under_way's */
	INTAKE_OUTBOX,
	INTAKE_WAITING_SECONDS,
	INTAKE_OUTBOX_SECONDS,
	INTAKE_VERIFIED,
	INTAKE_FINDINGS,
	INTAKE_METRICS
};

static inline enum outcome *batch_outcome(struct batch *b, const struct evidence *x)
{
	return &b->outcomes[x - b->rows];
}

/* The name under which a worker keeps its tally. */
enum { BATCH_WORKER = 128 };
const char *batch_worker(const struct worker *w, char out[BATCH_WORKER]);

bool batch_decode(struct batch *b, struct worker *w, struct err *e) MUST_CHECK;
bool batch_store(struct batch *b, struct worker *w, struct err *e) MUST_CHECK;
bool batch_publish(const struct batch *b, struct worker *w, struct err *e) MUST_CHECK;
/* Instead of decoding: every message is rejected as one that the store cannot hold. */
bool batch_refuse(struct batch *b, struct err *e) MUST_CHECK;
void batch_again(struct batch *b); /* as it was before decoding */
void batch_done(struct batch *b);

/* Parts of these. */
/* What was rejected at the very place that it has on its topic stays rejected. */
bool batch_recall(struct batch *b, struct db *db, struct err *e) MUST_CHECK;
bool batch_decide(
	struct batch *b, struct db *db, struct err *e) MUST_CHECK; /* sets every outcome */
int32_t batch_topic(const struct intake *in, const char *name); /* its number; 0: not known yet */
/* Where message number i came from; `*headers` is to be freed by the caller in any case. */
bool batch_origin(const struct batch *b, const struct intake *in, int i, struct origin *out,
	char **headers, struct err *e) MUST_CHECK;
/* The traceparent that message number i came with; "": none that is one. */
const char *batch_trace(const struct batch *b, int i, char out[TRACE_TEXT]);
const char *batch_keep(void *batch, const char *text); /* a copy that lives as long as the batch */
enum { BATCH_DETAIL = 256 };
const char *batch_detail(const struct evidence *x, char out[BATCH_DETAIL]); /* "data.value: is …" */

/* Says on evidence.accepted that a person's or a unit's month is to be looked at. `person` or
 * `unit` is NULL. */
bool say_accepted(struct worker *w, const uint8_t *person, const char *unit, int32_t month,
	const char *trace, struct err *e) MUST_CHECK;

/* Says on evidence.rejected what was rejected and why. */
bool say_rejected(struct worker *w, const struct evidence_rejected *r, const char *trace,
	struct err *e) MUST_CHECK;
/* Counts a rejection; `source` is a registered one or "unknown". */
void say_counted(const char *source, enum reason reason);
