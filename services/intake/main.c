/* intake: the only door for evidence.
 *
 * Reads terukur.activity.* and registry.changed; writes evidence.accepted and evidence.rejected. A
 * replay is harmless: an event is held once under its source and id, the totals change in the
 * transaction that admits it, and what was committed is published again. */
#include <stdlib.h>

#include <jansson.h>

#include "base/array.h"
#include "base/clock.h"
#include "batch.h"
#include "housekeeping.h"
#include "messages/topics.h"

static const char *const outcomes[] = {"accepted", "waiting", "duplicate", "rejected", NULL};

static const struct metric metrics[] = {
	[INTAKE_EVENTS] = {METRIC_COUNTER, "terukur_intake_events_total",
		"Events by what became of them.", "outcome", outcomes},
	[INTAKE_REJECTED] = {METRIC_COUNTER_BY_SOURCE, "terukur_intake_rejected_total",
		"Rejected events by source and reason.", "reason", reason_codes},
};

enum { ATTEMPTS = 5 };

/* Decodes and stores. Another worker can come to hold one of the same ids in the same moment: then
 * it is a duplicate at the next attempt. */
static bool admit(struct worker *w, struct batch *b, struct err *e)
{
	for (int attempt = 1;; attempt++) {
		if (batch_decode(b, w, e) && batch_store(b, w, e))
			return true;
		if (e->code != ERR_CONFLICT)
			return false;
		if (attempt == ATTEMPTS) {
			e->code = ERR_RETRY;
			return false;
		}
		batch_again(b);
		err_clear(e);
	}
}

static bool handle(struct worker *w, const struct bus_message *messages, int n, struct err *e)
{
	struct intake *in = w->state;
	struct batch b = {.messages = messages, .n = n, .now = clock_now()};
	bool ok =
		worker_registry(w, &in->registry, e) && admit(w, &b, e) && batch_publish(&b, w, e);
	batch_done(&b);
	return ok;
}

/* What the store cannot hold as evidence, it holds as rejected. */
static bool refuse(
	struct worker *w, const struct bus_message *message, const struct err *why, struct err *e)
{
	(void)why;
	struct batch b = {.messages = message, .n = 1, .now = clock_now()};
	bool ok = batch_refuse(&b, e) && batch_store(&b, w, e) && batch_publish(&b, w, e);
	batch_done(&b);
	return ok;
}

static bool open_state(struct worker *w, struct err *e)
{
	w->state = calloc(1, sizeof(struct intake));
	return w->state || err_set(e, ERR_FATAL, "out of memory");
}

static void close_state(struct worker *w)
{
	struct intake *in = w->state;
	snapshot_release(w->registry, &in->registry);
	intake_done(in);
}

static const char *const activity[] = {TOPIC_ACTIVITY_PATTERN, NULL};
static const char *const registry[] = {TOPIC_REGISTRY_CHANGED, NULL};

static const struct service_subscription subscriptions[] = {
	{.group = "terukur-intake",
		.topics = activity,
		.threads = 2,
		.queue_kib = 2560,
		.max_messages = 8000,
		.max_bytes = 4 << 20,
		.gather_ms = 40,
		.handle = handle,
		.refuse = refuse,
		.open = open_state,
		.close = close_state},
	/* By itself, so that what operators ask for does not stand in the way of events. */
	{.group = "terukur-intake-registry",
		.topics = registry,
		.threads = 2,
		.queue_kib = 128,
		.max_messages = 100,
		.max_bytes = 1 << 20,
		.handle = housekeeping_recompute},
};

static const struct service_timer timers[] = {
	{.name = "resolve", .every_ms = 100, .run = housekeeping_resolve},
	{.name = "expire",
		.every_ms = 60000,
		.run = housekeeping_expire,
		.open = housekeeping_open},
};

int main(int argc, char **argv)
{
	const struct service intake = {
		.name = "intake",
		.summary =
			"the only door for evidence: decodes, validates, knows the person, stores "
			"once, keeps the totals",
		.statements = store_statements,
		.n_statements = store_statements_n,
		.registry = &registry_snapshot,
		.metrics = metrics,
		.n_metrics = COUNT(metrics),
		.subscriptions = subscriptions,
		.n_subscriptions = COUNT(subscriptions),
		.timers = timers,
		.n_timers = COUNT(timers),
	};
	return service_main(&intake, argc, argv);
}
