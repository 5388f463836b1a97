#include "topics.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "messages/topics.h"
#include "store.h"

enum { BROKERS_DEFAULT = -1, PING_MS = 5000 };

static void topic_note(const char *name, int partitions, void *arg)
{
	json_object_set_new(arg, name, json_integer(partitions));
}

struct ensuring {
	const json_t *existing;
	int replication, created, failed;
};

/* A topic that Kafka refuses is told and counted; false when Kafka is away. */
static bool topic_ensure(
	struct admin *a, struct ensuring *t, const struct bus_topic *topic, struct err *e)
{
	bool is_new = false;
	struct err why = {0};
	if (json_object_get(t->existing, topic->name))
		return true;
	if (!bus_topic_create(a->bus, topic, t->replication, &is_new, &why)) {
		fprintf(stderr, "%s\n", why.text);
		t->failed++;
		return bus_ping(a->bus, PING_MS, e);
	}
	if (is_new) {
		printf("created topic %s\n", topic->name);
		t->created++;
	}
	return true;
}

static bool topics_ensure(struct admin *a, struct ensuring *t, bool internal,
	const struct db_result *sources, struct err *e)
{
	for (size_t i = 0; internal && i < topic_internal_n; i++)
		if (!topic_ensure(a, t, &topic_internal[i].kafka, e))
			return false;
	for (int i = 0; i < db_rows(sources); i++) {
		char name[TOPIC_TEXT];
		struct bus_topic topic = topic_activity.kafka;
		topic.name = topic_of_source(db_text(sources, i, 0), name);
		if (!topic_ensure(a, t, &topic, e))
			return false;
	}
	return true;
}

bool topics_create(struct admin *a, bool internal, int replication, int *created, struct err *e)
{
	json_auto_t *existing = json_object();
	DB_RESULT_AUTO *sources = NULL;
	struct ensuring t = {.existing = existing, .replication = replication};
	if (!admin_kafka(a, e) || !bus_topic_list(a->bus, TOPIC_PREFIX, topic_note, existing, e) ||
		!db_run(a->db, STORE_SOURCE_CODES, NULL, 0, &sources, e) ||
		!topics_ensure(a, &t, internal, sources, e))
		return false;
	*created = t.created;
	return t.failed == 0 ||
	       err_set(e, ERR_INVALID, "%d topics could not be created: see above", t.failed);
}

bool topics_run(struct admin *a, const struct arguments *args, struct err *e)
{
	int created = 0;
	int replication = args->option[TOPICS_REPLICATION] ? (int)args->number[TOPICS_REPLICATION]
							   : BROKERS_DEFAULT;
	if (!topics_create(a, true, replication, &created, e))
		return false;
	if (created == 0)
		puts("all topics are there");
	return true;
}
