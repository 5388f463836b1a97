/* scoring: totals into explained scores.
 *
 * Reads evidence.accepted and registry.changed (decision.made follows with the decisions); writes
 * score.changed. A replay is harmless: a score is computed anew from what is stored, and one that
 * did not change is neither written nor published. */
#include "base/array.h"
#include "messages/topics.h"
#include "scoring.h"
#include "store.h"

static const struct metric metrics[] = {
	[SCORING_COMPUTED] = {METRIC_COUNTER, "terukur_scoring_computed_total", "Scores computed.",
		NULL, NULL},
	[SCORING_CHANGED] = {METRIC_COUNTER, "terukur_scoring_changed_total",
		"Scores that changed.", NULL, NULL},
	[SCORING_FAILED] = {METRIC_COUNTER, "terukur_scoring_failed_total",
		"Attempts to score a person whose figures cannot be reckoned with.", NULL, NULL},
	[SCORING_OUTBOX] = {METRIC_GAUGE, "terukur_scoring_outbox",
		"Scores in the store that are not published.", NULL, NULL},
	[SCORING_OUTBOX_SECONDS] = {METRIC_GAUGE, "terukur_scoring_outbox_seconds",
		"How long the oldest of them has waited.", NULL, NULL},
	[SCORING_SECONDS] = {METRIC_HISTOGRAM, "terukur_scoring_event_to_score_seconds",
		"From an event's acceptance until the scores that it changes are published.", NULL,
		NULL},
};

static const char *const evidence[] = {TOPIC_EVIDENCE_ACCEPTED, NULL};
static const char *const registry[] = {TOPIC_REGISTRY_CHANGED, NULL};

static const struct service_subscription subscriptions[] = {
	{.group = "terukur-scoring",
		.topics = evidence,
		.threads = 2,
		.queue_kib =
			768, /* marks are small: each costs the client several times its bytes */
		.max_messages = 4000,
		.max_bytes = 4 << 20,
		.gather_ms = 150,
		.handle = scoring_evidence_handle,
		.refuse = scoring_refuse,
		.open = scoring_open,
		.close = scoring_close},
	/* By itself, so that a whole city that is scored anew does not stand in the way of events.
	 */
	{.group = "terukur-scoring-registry",
		.topics = registry,
		.threads = 2,
		.queue_kib = 128,
		.max_messages = 500,
		.max_bytes = 1 << 20,
		.gather_ms = 150,
		.handle = scoring_handle,
		.refuse = scoring_refuse,
		.open = scoring_open,
		.close = scoring_close},
};

int main(int argc, char **argv)
{
	const struct service scoring = {
		.name = "scoring",
		.summary = "totals into explained scores; a pure function",
		.statements = scoring_statements,
		.n_statements = scoring_statements_n,
		.reading = scoring_reading,
		.waiting = scoring_under_way,
		.waiting_metric = SCORING_OUTBOX,
		.waiting_metrics = 2,
		.registry = &roster_snapshot,
		.metrics = metrics,
		.n_metrics = COUNT(metrics),
		.subscriptions = subscriptions,
		.n_subscriptions = COUNT(subscriptions),
	};
	return service_main(&scoring, argc, argv);
}
