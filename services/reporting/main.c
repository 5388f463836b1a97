/* reporting: aggregates of units and agencies.
 *
 * Reads score.changed (decision.made follows with the decisions); writes nothing but its own
 * schema. A replay is harmless: a message only says which score is to be taken again, as it stands
 * now. */
#include "base/array.h"
#include "messages/topics.h"
#include "reporting.h"
#include "store.h"

static const struct metric metrics[] = {
	[REPORTING_SCORES] = {METRIC_COUNTER, "terukur_reporting_scores_total",
		"Scores taken that were new.", NULL, NULL},
};

static const char *const topics[] = {TOPIC_SCORE_CHANGED, NULL};
static const struct service_subscription subscriptions[] = {
	{.group = "terukur-reporting",
		.topics = topics,
		.threads = 1,
		.max_messages = 4000,
		.max_bytes = 2 << 20,
		.gather_ms = 1000,
		.handle = reporting_handle},
};

int main(int argc, char **argv)
{
	const struct service reporting = {
		.name = "reporting",
		.summary = "aggregates of units and agencies",
		.statements = reporting_statements,
		.n_statements = reporting_statements_n,
		.reading = reporting_reading,
		.metrics = metrics,
		.n_metrics = COUNT(metrics),
		.subscriptions = subscriptions,
		.n_subscriptions = COUNT(subscriptions),
	};
	return service_main(&reporting, argc, argv);
}
