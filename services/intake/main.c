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
	[INTAKE_REJECTED] = {METRIC_COUNTER, "terukur_intake_rejected_total",
		"Rejected events by reason.", "reason", reason_codes},
};

enum { ATTEMPTS = 5 };

/* Decodes and stores. Another worker can come to hold one of the same ids in the same moment: then
 * it is a duplicate at the next attempt. */
static bool admit(
	struct worker *w, const struct bus_message *events, int n, struct batch *b, struct err *e)
{
	for (int attempt = 1;; attempt++) {
		*b = (struct batch){.messages = events, .n = n, .now = clock_now()};
		if (n == 0 || (batch_decode(b, w, e) && batch_store(b, w, e)))
			return true;
		if (e->code != ERR_CONFLICT || attempt == ATTEMPTS)
			return false;
		batch_done(b);
		err_clear(e);
	}
}

static bool handle(struct worker *w, const struct bus_message *messages, int n, struct err *e)
{
	struct bus_message *events = calloc((size_t)n, sizeof *events);
	struct batch b = {0};
	int n_events = 0;
	struct intake *in = w->state;
	bool ok = events ? worker_registry(w, &in->registry, e)
			 : err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; ok && i < n; i++)
		if (housekeeping_is_request(&messages[i]))
			ok = housekeeping_rebuild(w, &messages[i], e);
		else
			events[n_events++] = messages[i];
	ok = ok && admit(w, events, n_events, &b, e) && batch_publish(&b, w, e);
	batch_done(&b);
	free(events);
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

static const char *const topics[] = {TOPIC_ACTIVITY_PATTERN, TOPIC_REGISTRY_CHANGED, NULL};

static const struct service_subscription subscriptions[] = {
	{.group = "terukur-intake",
		.topics = topics,
		.threads = 2,
		.queue_kib = 2560,
		.max_messages = 8000,
		.max_bytes = 4 << 20,
		.gather_ms = 40,
		.handle = handle,
		.open = open_state,
		.close = close_state},
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
