#include "bus/bus_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"

enum { QUERY_MS = 5000 };

static bool bus_topic_config(rd_kafka_NewTopic_t *new, const struct bus_topic *topic)
{
	char retention[24];
	snprintf(retention, sizeof retention, "%lld", (long long)topic->retention_ms);
	return rd_kafka_NewTopic_set_config(new, "cleanup.policy",
		       topic->compacted ? "compact" : "delete") == RD_KAFKA_RESP_ERR_NO_ERROR &&
	       (topic->compacted || rd_kafka_NewTopic_set_config(new, "retention.ms", retention) ==
					    RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* Waits for the one result of a topic's creation. */
static bool bus_topic_result(
	rd_kafka_queue_t *queue, const char *name, bool *created, struct err *e)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * QUERY_MS);
	const rd_kafka_CreateTopics_result_t *result =
		event ? rd_kafka_event_CreateTopics_result(event) : NULL;
	size_t n = 0;
	const rd_kafka_topic_result_t **topics =
		result ? rd_kafka_CreateTopics_result_topics(result, &n) : NULL;
	rd_kafka_resp_err_t rc = n       ? rd_kafka_topic_result_error(topics[0])
				 : event ? rd_kafka_event_error(event)
					 : RD_KAFKA_RESP_ERR__TIMED_OUT;
	*created = rc == RD_KAFKA_RESP_ERR_NO_ERROR;
	if (event)
		rd_kafka_event_destroy(event);
	bool refused = rc == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR ||
		       rc == RD_KAFKA_RESP_ERR_POLICY_VIOLATION ||
		       rc == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
	return *created || rc == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ||
	       err_set(e, refused ? ERR_INVALID : ERR_RETRY, "Kafka, creating topic %s: %s", name,
		       rd_kafka_err2str(rc));
}

bool bus_topic_create(struct bus_producer *p, const struct bus_topic *topic, int replication,
	bool *created, struct err *e)
{
	char text[256];
	rd_kafka_NewTopic_t *new = rd_kafka_NewTopic_new(
		topic->name, topic->partitions, replication, text, sizeof text);
	if (!new)
		return err_set(e, ERR_FATAL, "Kafka, topic %s: %s", topic->name, text);
	bool ok = bus_topic_config(new, topic) ||
		  err_set(e, ERR_FATAL, "Kafka, topic %s: bad settings", topic->name);
	if (ok) {
		rd_kafka_queue_t *queue = rd_kafka_queue_new(p->rk);
		rd_kafka_CreateTopics(p->rk, &new, 1, NULL, queue);
		ok = bus_topic_result(queue, topic->name, created, e);
		rd_kafka_queue_destroy(queue);
	}
	rd_kafka_NewTopic_destroy(new);
	return ok;
}

bool bus_topic_list(struct bus_producer *p, const char *prefix,
	void (*each)(const char *name, int partitions, void *arg), void *arg, struct err *e)
{
	const struct rd_kafka_metadata *all;
	rd_kafka_resp_err_t rc = rd_kafka_metadata(p->rk, 1, NULL, &all, QUERY_MS);
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		return err_set(e, ERR_RETRY, "Kafka: %s", rd_kafka_err2str(rc));
	for (int i = 0; i < all->topic_cnt; i++)
		if (strncmp(all->topics[i].topic, prefix, strlen(prefix)) == 0)
			each(all->topics[i].topic, all->topics[i].partition_cnt, arg);
	rd_kafka_metadata_destroy(all);
	return true;
}

struct bus_inspector {
	rd_kafka_t *rk; /* a consumer of the group that never joins it */
	rd_kafka_t *all; /* one that sees open transactions as well; NULL: not asked for */
};

static rd_kafka_t *bus_looker(
	const char *brokers, const char *group, const char *isolation, struct err *e)
{
	char text[256];
	const struct setting own[] = {{"group.id", group}, {"enable.auto.commit", "false"},
		{"auto.offset.reset", "earliest"}, {"isolation.level", isolation}};
	rd_kafka_conf_t *conf = bus_conf(brokers, own, COUNT(own), e);
	rd_kafka_t *rk = conf ? rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text) : NULL;
	if (conf && !rk) {
		err_set(e, ERR_FATAL, "Kafka: %s", text);
		rd_kafka_conf_destroy(conf);
	}
	return rk;
}

struct bus_inspector *bus_inspector_new(
	const char *brokers, const char *group, bool held, struct err *e)
{
	struct bus_inspector *i = calloc(1, sizeof *i);
	if (i && (i->rk = bus_looker(brokers, group, "read_committed", e)) &&
		(!held || (i->all = bus_looker(brokers, group, "read_uncommitted", e))))
		return i;
	if (!i)
		err_set(e, ERR_FATAL, "out of memory");
	bus_inspector_free(i);
	return NULL;
}

void bus_inspector_free(struct bus_inspector *i)
{
	if (!i)
		return;
	if (i->rk)
		rd_kafka_destroy(i->rk);
	if (i->all)
		rd_kafka_destroy(i->all);
	free(i);
}

/* The topic's partitions; NULL when it does not exist, or with the error. */
static rd_kafka_topic_partition_list_t *bus_partitions(
	struct bus_inspector *i, const char *topic, struct err *e)
{
	rd_kafka_topic_t *handle = rd_kafka_topic_new(i->rk, topic, NULL);
	const struct rd_kafka_metadata *found;
	rd_kafka_resp_err_t rc = rd_kafka_metadata(i->rk, 0, handle, &found, QUERY_MS);
	rd_kafka_topic_destroy(handle);
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR) {
		err_set(e, ERR_RETRY, "Kafka: %s", rd_kafka_err2str(rc));
		return NULL;
	}
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
	for (int p = 0; p < found->topics[0].partition_cnt; p++)
		rd_kafka_topic_partition_list_add(list, topic, p);
	rd_kafka_metadata_destroy(found);
	return list;
}

/* The timestamp of the first message at or after an offset; 0 when none comes in time. */
static int64_t bus_message_time(
	struct bus_inspector *i, const char *topic, int32_t partition, int64_t offset)
{
	rd_kafka_topic_partition_list_t *one = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(one, topic, partition)->offset = offset;
	int64_t at = 0;
	if (rd_kafka_assign(i->rk, one) == RD_KAFKA_RESP_ERR_NO_ERROR) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(i->rk, QUERY_MS / 5);
		if (m && !m->err)
			at = rd_kafka_message_timestamp(m, NULL) * 1000;
		if (m)
			rd_kafka_message_destroy(m);
	}
	rd_kafka_assign(i->rk, NULL);
	rd_kafka_topic_partition_list_destroy(one);
	return at;
}

static rd_kafka_resp_err_t bus_list_error(const rd_kafka_topic_partition_list_t *list)
{
	for (int n = 0; n < list->cnt; n++)
		if (list->elems[n].err != RD_KAFKA_RESP_ERR_NO_ERROR)
			return list->elems[n].err;
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* The first or next offsets of the same partitions, in one request a broker: in Kafka's ListOffsets
 * the times -2 and -1 (RD_KAFKA_OFFSET_BEGINNING, _END) are those. A topic that was made just now
 * has its leaders a moment later. */
static rd_kafka_topic_partition_list_t *bus_edges(
	rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *of, int64_t edge, struct err *e)
{
	int64_t until = clock_monotonic() + QUERY_MS * 1000;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_copy(of);
	for (;;) {
		for (int n = 0; n < list->cnt; n++) {
			list->elems[n].offset = edge;
			list->elems[n].err = RD_KAFKA_RESP_ERR_NO_ERROR;
		}
		rd_kafka_resp_err_t rc = rd_kafka_offsets_for_times(rk, list, QUERY_MS);
		if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
			rc = bus_list_error(list);
		bool soon = rc == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
			    rc == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
			    rc == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
		if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
			return list;
		if (!soon || clock_monotonic() > until) {
			rd_kafka_topic_partition_list_destroy(list);
			err_set(e, ERR_RETRY, "Kafka: %s", rd_kafka_err2str(rc));
			return NULL;
		}
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	}
}

static void bus_held(struct bus_lag *out, int32_t partition, int64_t messages)
{
	size_t len = strlen(out->held_on);
	if (messages <= 0)
		return;
	snprintf(out->held_on + len, sizeof out->held_on - len, "%s%d", len ? ", " : "", partition);
	out->held += messages;
}

/* A topic's partitions: what the group has committed, and where they begin and end. */
struct bus_extent {
	rd_kafka_topic_partition_list_t *committed, *low, *high, *all;
};

static void bus_extent_free(struct bus_extent *x)
{
	rd_kafka_topic_partition_list_t *lists[] = {x->committed, x->low, x->high, x->all};
	for (size_t i = 0; i < COUNT(lists); i++)
		if (lists[i])
			rd_kafka_topic_partition_list_destroy(lists[i]);
}

/* What is held is asked for before what can be read, which goes on meanwhile. */
static bool bus_extent_read(
	struct bus_inspector *i, const char *topic, struct bus_extent *x, struct err *e)
{
	x->committed = bus_partitions(i, topic, e);
	if (!x->committed || x->committed->cnt == 0)
		return x->committed != NULL;
	rd_kafka_resp_err_t rc = rd_kafka_committed(i->rk, x->committed, QUERY_MS);
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		return err_set(e, ERR_RETRY, "Kafka: %s", rd_kafka_err2str(rc));
	return (!i->all || (x->all = bus_edges(i->all, x->committed, RD_KAFKA_OFFSET_END, e))) &&
	       (x->low = bus_edges(i->rk, x->committed, RD_KAFKA_OFFSET_BEGINNING, e)) &&
	       (x->high = bus_edges(i->rk, x->committed, RD_KAFKA_OFFSET_END, e));
}

static void bus_lag_of(struct bus_inspector *i, const struct bus_extent *x, int n, bool want_oldest,
	struct bus_lag *out)
{
	const rd_kafka_topic_partition_t *p = &x->committed->elems[n];
	int64_t low = x->low->elems[n].offset, high = x->high->elems[n].offset;
	/* One behind the end speaks of another topic of this name. */
	bool read = p->offset >= low && p->offset <= high;
	int64_t done = read ? p->offset : low;
	out->lost += p->offset >= 0 && p->offset < low ? low - p->offset : 0;
	out->end += high;
	bus_held(out, p->partition, x->all ? x->all->elems[n].offset - high : 0);
	out->committed += done;
	if (done < high && want_oldest) {
		int64_t at = bus_message_time(i, p->topic, p->partition, done);
		if (at && (!out->oldest_at || at < out->oldest_at))
			out->oldest_at = at;
	}
}

bool bus_lag(struct bus_inspector *i, const char *topic, bool want_oldest, struct bus_lag *out,
	struct err *e)
{
	struct bus_extent x = {0};
	struct bus_lag lag = {0};
	bool ok = bus_extent_read(i, topic, &x, e);
	for (int n = 0; ok && n < x.committed->cnt; n++)
		bus_lag_of(i, &x, n, want_oldest, &lag);
	bus_extent_free(&x);
	if (ok)
		*out = lag;
	return ok;
}

/* Keeps of the committed offsets those that lie behind `wanted`, as these; returns by how much. */
static int64_t bus_rewind_choose(const rd_kafka_topic_partition_list_t *committed,
	const rd_kafka_topic_partition_list_t *wanted, rd_kafka_topic_partition_list_t *moved)
{
	int64_t messages = 0;
	for (int n = 0; n < committed->cnt; n++) {
		const rd_kafka_topic_partition_t *p = &committed->elems[n], *w = &wanted->elems[n];
		if (w->err || w->offset < 0 || p->offset <= w->offset)
			continue;
		rd_kafka_topic_partition_list_add(moved, p->topic, p->partition)->offset =
			w->offset;
		messages += p->offset - w->offset;
	}
	return messages;
}

/* From somebody who is no member the brokers take offsets only of a group that has none. */
static bool bus_rewind_commit(
	struct bus_inspector *i, const rd_kafka_topic_partition_list_t *moved, struct err *e)
{
	rd_kafka_resp_err_t rc = rd_kafka_commit(i->rk, moved, 0);
	bool members = rc == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
		       rc == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
		       rc == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
	return rc == RD_KAFKA_RESP_ERR_NO_ERROR ||
	       err_set(e, members ? ERR_CONFLICT : ERR_RETRY, "Kafka, moving offsets: %s",
		       rd_kafka_err2str(rc));
}

bool bus_rewind(struct bus_inspector *i, const char *topic, int64_t since, bool really,
	int64_t *messages, struct err *e)
{
	rd_kafka_topic_partition_list_t *committed = bus_partitions(i, topic, e);
	if (!committed)
		return false;
	rd_kafka_topic_partition_list_t *wanted = rd_kafka_topic_partition_list_copy(committed),
					*moved = rd_kafka_topic_partition_list_new(16);
	for (int n = 0; n < wanted->cnt; n++)
		wanted->elems[n].offset = since / 1000;
	rd_kafka_resp_err_t rc = rd_kafka_committed(i->rk, committed, QUERY_MS);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		rc = rd_kafka_offsets_for_times(i->rk, wanted, QUERY_MS);
	bool ok = rc == RD_KAFKA_RESP_ERR_NO_ERROR ||
		  err_set(e, ERR_RETRY, "Kafka: %s", rd_kafka_err2str(rc));
	*messages = ok ? bus_rewind_choose(committed, wanted, moved) : 0;
	ok = ok && (!really || moved->cnt == 0 || bus_rewind_commit(i, moved, e));
	rd_kafka_topic_partition_list_destroy(committed);
	rd_kafka_topic_partition_list_destroy(wanted);
	rd_kafka_topic_partition_list_destroy(moved);
	return ok;
}
