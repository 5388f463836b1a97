/* What a thread says of itself in /metrics. */
#include "service/service_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { FIGURES_MS = 1000 };

/* A topic's series, as long as the thread lives: one that it is not given any more is 0. */
static struct figures_topic *figures_topic(struct figures *f, const char *worker, const char *topic)
{
	char label[400];
	for (int i = 0; i < f->n; i++)
		if (strcmp(f->topics[i].name, topic) == 0)
			return &f->topics[i];
	struct figures_topic *list = realloc(f->topics, (size_t)(f->n + 1) * sizeof *list);
	if (!list)
		return NULL;
	f->topics = list;
	snprintf(label, sizeof label, "%s,%s", topic, worker);
	list[f->n] = (struct figures_topic){.name = strdup(topic),
		.messages_label =
			metric_label(service_skeleton_metric(SKELETON_LAG_MESSAGES), label),
		.seconds_label = metric_label(service_skeleton_metric(SKELETON_LAG_SECONDS), label),
		.held_label = metric_label(service_skeleton_metric(SKELETON_HELD), label)};
	return list[f->n].name ? &list[f->n++] : NULL;
}

static void figures_add(
	void *thread, const char *topic, int64_t messages, int64_t held, int64_t since)
{
	struct service_thread *t = thread;
	struct figures_topic *at = figures_topic(&t->figures, t->name, topic);
	if (!at)
		return;
	at->messages += messages;
	at->held += held;
	if (since && (!at->since || since < at->since))
		at->since = since;
}

static void figures_lag(struct service_thread *t)
{
	struct figures *f = &t->figures;
	int64_t now = clock_now();
	for (int i = 0; i < f->n; i++)
		f->topics[i].messages = f->topics[i].held = f->topics[i].since = 0;
	if (t->consumer)
		bus_each_lag(t->consumer, figures_add, t);
	for (int i = 0; i < f->n; i++) {
		const struct figures_topic *at = &f->topics[i];
		double age = at->since && now > at->since ? (double)(now - at->since) / 1e6 : 0;
		metric_set(service_skeleton_metric(SKELETON_LAG_MESSAGES), at->messages_label,
			(double)at->messages);
		metric_set(service_skeleton_metric(SKELETON_LAG_SECONDS), at->seconds_label, age);
		metric_set(
			service_skeleton_metric(SKELETON_HELD), at->held_label, (double)at->held);
	}
}

void service_count_connections(const struct db *db, unsigned *seen)
{
	unsigned now = db_connections(db), before = *seen ? *seen : 1;
	if (now > before)
		metric_add(service_skeleton_metric(SKELETON_RECONNECTS), 0, now - before);
	*seen = now;
}

void figures_tell(struct service_thread *t)
{
	int64_t now = clock_monotonic();
	if (now - t->figures.told < FIGURES_MS * INT64_C(1000))
		return;
	t->figures.told = now;
	service_count_connections(t->worker.db, &t->figures.connections);
	if (t->subscription)
		figures_lag(t);
}

void figures_rebalanced(void *thread)
{
	(void)thread;
	metric_add(service_skeleton_metric(SKELETON_REBALANCES), 0, 1);
}

void figures_done(struct figures *f)
{
	for (int i = 0; i < f->n; i++)
		free(f->topics[i].name);
	free(f->topics);
	*f = (struct figures){0};
}
