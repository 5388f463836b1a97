/* intake: the only door for evidence.
 *
 * Reads terukur.activity.*, feedback.submitted and registry.changed; writes evidence.accepted and
 * evidence.rejected. A replay is harmless: an event is held once under its source and id, the
 * totals change in the transaction that admits it, and what was committed is published again. */
#include <stddef.h>
#include <stdlib.h>

#include <jansson.h>

#include "answers.h"
#include "base/array.h"
#include "base/clock.h"
#include "batch.h"
#include "housekeeping.h"
#include "messages/topics.h"

static struct intake_settings values;

#define SETTING(field_) offsetof(struct intake_settings, field_)
static const struct conf_setting settings[] = {
	{"KEEP_REJECTIONS_DAYS", CONF_INT, SETTING(keep_rejections_days), "400", 0, 36500,
		"how long rejected events are kept, whose payloads hold NIPs: 30 or more; 0: for "
		"ever",
		NULL},
	{"KEEP_TALLY_DAYS", CONF_INT, SETTING(keep_tally_days), "30", 0, 36500,
		"after how long the counts of a worker that is gone are added to those of others "
		"that are; 0: never",
		NULL},
};

static const char *const outcomes[] = {"accepted", "waiting", "duplicate", "rejected", NULL};

static const char *const kinds_of_answers[] = {"stored", "duplicate", NULL};

static const struct metric metrics[INTAKE_METRICS] = {
	[INTAKE_EVENTS] = {METRIC_COUNTER, "terukur_intake_events_total",
		"Events by what became of them.", "outcome", outcomes},
	[INTAKE_REJECTED] = {METRIC_COUNTER, "terukur_intake_rejected_total",
		"Rejected events by source and reason.", "source,reason", NULL},
	[INTAKE_ANSWERS] = {METRIC_COUNTER, "terukur_intake_answers_total",
		"Citizens' answers by what became of them.", "outcome", kinds_of_answers},
	[INTAKE_WAITING] = {METRIC_GAUGE, "terukur_intake_waiting_corrections",
		"Corrections and revocations whose original has not come.", NULL, NULL},
	[INTAKE_OUTBOX] = {METRIC_GAUGE, "terukur_intake_outbox",
		"Outcomes in the store that are not published.", NULL, NULL},
	[INTAKE_WAITING_SECONDS] = {METRIC_GAUGE, "terukur_intake_waiting_corrections_seconds",
		"How long the oldest of them has waited.", NULL, NULL},
	[INTAKE_OUTBOX_SECONDS] = {METRIC_GAUGE, "terukur_intake_outbox_seconds",
		"How long the oldest of them has waited.", NULL, NULL},
	[INTAKE_VERIFIED] = {METRIC_GAUGE, "terukur_intake_verified_timestamp_seconds",
		"When admin verify last ran to its end; before the first time, when that "
		"began to be told.",
		NULL, NULL},
	[INTAKE_FINDINGS] = {METRIC_GAUGE, "terukur_intake_verify_findings",
		"What it found that time.", NULL, NULL},
};

enum { ATTEMPTS = 5 };

/* Decodes and stores. What was known of the store may be of the one before: before the messages are
 * blamed, all of it is learnt anew. Another worker can come to hold one of the same ids in the same
 * moment: then it is a duplicate at the next attempt. */
static bool admit(struct worker *w, struct batch *b, struct err *e)
{
	for (int attempt = 1;; attempt++) {
		if (batch_decode(b, w, e) && batch_store(b, w, e))
			return true;
		bool learnt = attempt > 1 || !intake_knows(w->state);
		if (e->code != ERR_CONFLICT && (e->code != ERR_INVALID || learnt))
			return false;
		if (e->code == ERR_INVALID)
			intake_forget(w->state);
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
	if (in->connection != db_connections(w->db))
		intake_forget(in);
	in->connection = db_connections(w->db);
	bool ok =
		worker_registry(w, &in->registry, e) && admit(w, &b, e) && batch_publish(&b, w, e);
	if (!ok) /* a backup can be restored over a connection that stands */
		intake_forget(in);
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
static const char *const feedback[] = {TOPIC_FEEDBACK_SUBMITTED, NULL};

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
	{.group = "terukur-intake-feedback",
		.topics = feedback,
		.threads = 1,
		.queue_kib = 512,
		.max_messages = 2000,
		.max_bytes = 1 << 20,
		.gather_ms = 40,
		.handle = answers_handle},
};

static const struct service_timer timers[] = {
	{.name = "resolve", .every_ms = 100, .run = housekeeping_resolve},
	{.name = "answers", .every_ms = 3000, .run = answers_mark},
	{.name = "expire",
		.every_ms = 60000,
		.run = housekeeping_expire,
		.open = housekeeping_open},
};

enum { REJECTIONS_DAYS_LEAST = 30 }; /* the store forgets no younger ones (021) */

static bool start(const struct service *s, struct err *e)
{
	const struct intake_settings *own = s->values;
	return !own->keep_rejections_days || own->keep_rejections_days >= REJECTIONS_DAYS_LEAST ||
	       err_set(e, ERR_FATAL,
		       "KEEP_REJECTIONS_DAYS must be 0, which is for ever, or at least %d",
		       REJECTIONS_DAYS_LEAST);
}

int main(int argc, char **argv)
{
	const struct service intake = {
		.name = "intake",
		.summary =
			"the only door for evidence: decodes, validates, knows the person, stores "
			"once, keeps the totals",
		.settings = settings,
		.n_settings = COUNT(settings),
		.values = &values,
		.statements = store_statements,
		.n_statements = store_statements_n,
		.reading = store_reading,
		.waiting = store_under_way,
		.waiting_metric = INTAKE_WAITING,
		.waiting_metrics = INTAKE_METRICS - INTAKE_WAITING,
		.registry = &registry_snapshot,
		.metrics = metrics,
		.n_metrics = INTAKE_METRICS,
		.subscriptions = subscriptions,
		.n_subscriptions = COUNT(subscriptions),
		.timers = timers,
		.n_timers = COUNT(timers),
		.start = start,
	};
	return service_main(&intake, argc, argv);
}
