/* example: the smallest service. HACKING.md says how it comes in.
 *
 * Reads score.changed; writes nothing. A replay is harmless: it only counts. */
#include "base/array.h"
#include "messages/topics.h"
#include "service/service.h"

static const struct metric metrics[] = {
	{METRIC_COUNTER, "terukur_example_scores_total", "Scores that it heard of.", NULL, NULL},
};

static bool handle(struct worker *w, const struct bus_message *messages, int n, struct err *e)
{
	(void)w, (void)messages, (void)e;
	metric_add(service_metric_base(), 0, n);
	return true;
}

static const char *const topics[] = {TOPIC_SCORE_CHANGED, NULL};
static const struct service_subscription subscriptions[] = {
	{.group = "terukur-example",
		.topics = topics,
		.threads = 1,
		.max_messages = 1000,
		.max_bytes = 1 << 20,
		.handle = handle},
};

int main(int argc, char **argv)
{
	const struct service example = {
		.name = "example",
		.summary = "counts what it hears",
		.metrics = metrics,
		.n_metrics = COUNT(metrics),
		.subscriptions = subscriptions,
		.n_subscriptions = COUNT(subscriptions),
	};
	return service_main(&example, argc, argv);
}
