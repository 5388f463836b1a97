/* intake: the only door for evidence.
 *
 * Reads terukur.activity.* and registry.changed; writes evidence.accepted and evidence.rejected. A replay is harmless: an
 * event is held once under its source and id, the totals change in the transaction that admits it, and what was
 * committed is published again. */
#include <stdlib.h>

#include <jansson.h>

#include "batch.h"
#include "clock.h"
#include "housekeeping.h"

static const char *const outcomes[] = {"accepted", "waiting", "duplicate", "rejected", NULL};

static const struct metric metrics[] = {
	[INTAKE_EVENTS] = {METRIC_COUNTER, "terukur_intake_events_total", "Events by what became of them.", "outcome", outcomes},
	[INTAKE_REJECTED] = {METRIC_COUNTER, "terukur_intake_rejected_total", "Rejected events by reason.", "reason", reason_codes},
};

static bool handle(struct worker *w, const struct bus_message *messages, int n, struct err *e)
{
	struct bus_message *events = calloc((size_t)n, sizeof *events);
	struct batch b = {.messages = events, .now = clock_now()};
	bool ok = events ? intake_refresh(w, e) : err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; ok && i < n; i++)
		if (housekeeping_is_request(&messages[i]))
			ok = housekeeping_rebuild(w, &messages[i], e);
		else
			events[b.n++] = messages[i];
	ok = ok && (b.n == 0 || (batch_decode(&b, w, e) && batch_store(&b, w, e))) && batch_publish(&b, w, e);
	batch_done(&b);
	free(events);
	return ok;
}

static bool open_state(struct worker *w, struct err *e)
{
	w->state = calloc(1, sizeof(struct intake));
	return w->state || err_set(e, ERR_FATAL, "out of memory");
}

static const char *const topics[] = {"^terukur\\.activity\\.", "terukur.registry.changed", NULL};

static const struct service_subscription subscriptions[] = {
	{.group = "terukur-intake", .topics = topics, .threads = 2, .max_messages = 10000, .max_bytes = 4 << 20,
		.gather_ms = 15, .gather_most_ms = 15, .handle = handle, .open = open_state},
};

static const struct service_timer timers[] = {
	{.name = "resolve", .every_ms = 100, .run = housekeeping_resolve},
	{.name = "expire", .every_ms = 60000, .run = housekeeping_expire},
};

int main(int argc, char **argv)
{
	const struct service intake = {
		.name = "intake",
		.summary = "the only door for evidence: decodes, validates, knows the person, stores once, keeps the totals",
		.ops_port = 9101,
		.statements = store_statements,
		.n_statements = store_statements_n,
		.metrics = metrics,
		.n_metrics = sizeof metrics / sizeof *metrics,
		.subscriptions = subscriptions,
		.n_subscriptions = sizeof subscriptions / sizeof *subscriptions,
		.timers = timers,
		.n_timers = sizeof timers / sizeof *timers,
	};
	return service_main(&intake, argc, argv);
}
