#include "bus/bus_places.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"

enum { CLOSE_MS = 3000, WAKE_MS = 200, SEEK_MS = 5000, ASK_MS = 1000, PORTIONS = 16 };

static const struct setting consumer_settings[] = {
	{"enable.auto.commit", "false"}, {"enable.auto.offset.store", "false"},
	{"auto.offset.reset", "earliest"}, {"enable.partition.eof", "true"},
	{"isolation.level", "read_committed"}, {"partition.assignment.strategy", "range"},
	{"check.crcs", "true"}, {"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "1500"},
	{"max.poll.interval.ms", "600000"}, {"fetch.min.bytes", "65536"},
	{"fetch.wait.max.ms", "50"}, {"fetch.error.backoff.ms", "100"},
	{"fetch.max.bytes", "1048576"},
	{"receive.message.max.bytes", "33554432"}, /* also what a batch by zstd may unpack to */
	{"fetch.queue.backoff.ms", "20"}, /* the last: not every librdkafka has it, see bus_wake */
};

static bool bus_subscribe(struct bus_consumer *c, const char *const *topics, struct err *e)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
	for (; *topics; topics++)
		rd_kafka_topic_partition_list_add(list, *topics, RD_KAFKA_PARTITION_UA);
	rd_kafka_resp_err_t rc = rd_kafka_subscribe(c->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	return rc == RD_KAFKA_RESP_ERR_NO_ERROR ||
	       err_set(e, rc == RD_KAFKA_RESP_ERR__FATAL ? ERR_RETRY : ERR_FATAL,
		       "Kafka, subscribing: %s", rd_kafka_err2str(rc));
}

/* Whether this librdkafka has a setting. */
static bool bus_knows(const struct setting *s)
{
	char text[256];
	rd_kafka_conf_t *scratch = rd_kafka_conf_new();
	rd_kafka_conf_res_t rc = rd_kafka_conf_set(scratch, s->name, s->value, text, sizeof text);
	rd_kafka_conf_destroy(scratch);
	return rc != RD_KAFKA_CONF_UNKNOWN;
}

/* The client, which the group does not know yet. */
static rd_kafka_t *bus_client(
	struct bus_consumer *c, const struct bus_consumer_config *config, struct err *e)
{
	char queue[24], portion[24], text[256] = "";
	snprintf(queue, sizeof queue, "%zu", config->queue_kib);
	snprintf(portion, sizeof portion, "%zu", config->queue_kib * 1024 / PORTIONS);
	const struct setting own[] = {{"group.id", config->group},
		{"queued.max.messages.kbytes", queue}, {"max.partition.fetch.bytes", portion},
		{"group.instance.id", config->instance}};
	rd_kafka_conf_t *conf = bus_conf(
		config->brokers, consumer_settings, COUNT(consumer_settings) - c->wakes, e);
	if (!conf)
		return NULL;
	rd_kafka_conf_set_rebalance_cb(conf, bus_rebalance);
	rd_kafka_conf_set_opaque(conf, c);
	rd_kafka_t *rk = bus_set(conf, own, config->instance ? 4 : 3, e)
				 ? rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text)
				 : NULL;
	if (!rk) {
		err_set(e, ERR_FATAL, "Kafka consumer: %s", text);
		rd_kafka_conf_destroy(conf);
	}
	return rk;
}

struct bus_consumer *bus_consumer_new(const struct bus_consumer_config *config, struct err *e)
{
	struct bus_consumer *c = calloc(1, sizeof *c);
	if (!c) {
		err_set(e, ERR_FATAL, "out of memory");
		return NULL;
	}
	c->wakes = !bus_knows(&consumer_settings[COUNT(consumer_settings) - 1]);
	c->config = *config;
	c->settled = !config->instance;
	c->brim = config->queue_kib * 1024 / 2;
	c->rk = bus_client(c, config, e);
	if (!c->rk) {
		free(c);
		return NULL;
	}
	rd_kafka_poll_set_consumer(c->rk);
	c->queue = rd_kafka_queue_get_consumer(c->rk);
	if (!bus_subscribe(c, c->config.topics, e)) {
		bus_consumer_free(c);
		return NULL;
	}
	return c;
}

void bus_consumer_free(struct bus_consumer *c)
{
	if (!c)
		return;
	rd_kafka_queue_t *closing = rd_kafka_queue_new(c->rk);
	rd_kafka_error_t *failed = rd_kafka_consumer_close_queue(c->rk, closing);
	if (failed)
		rd_kafka_error_destroy(failed);
	for (int64_t end = clock_monotonic() + CLOSE_MS * 1000;
		!rd_kafka_consumer_closed(c->rk) && clock_monotonic() < end;) {
		rd_kafka_event_t *event = rd_kafka_queue_poll(closing, 100);
		if (!event)
			continue;
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
			rd_kafka_assign(c->rk, NULL);
		rd_kafka_event_destroy(event);
	}
	rd_kafka_queue_destroy(closing);
	rd_kafka_queue_destroy(c->queue);
	if (rd_kafka_consumer_closed(c->rk))
		rd_kafka_destroy(c->rk);
	bus_places_done(&c->places);
	free(c->offsets);
	free(c);
}

static bool bus_matches(const char *const *topics, const char *name)
{
	for (; *topics; topics++) {
		regex_t pattern;
		bool found = strcmp(*topics, name) == 0;
		if (**topics == '^' && regcomp(&pattern, *topics, REG_EXTENDED | REG_NOSUB) == 0) {
			found = regexec(&pattern, name, 0, NULL, 0) == 0;
			regfree(&pattern);
		}
		if (found)
			return true;
	}
	return false;
}

/* False also when the brokers do not say. */
static bool bus_has_nothing(const struct bus_consumer *c)
{
	const struct rd_kafka_metadata *all;
	if (rd_kafka_metadata(c->rk, 1, NULL, &all, ASK_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	bool nothing = true;
	for (int i = 0; nothing && i < all->topic_cnt; i++)
		nothing = !bus_matches(c->config.topics, all->topics[i].topic);
	rd_kafka_metadata_destroy(all);
	return nothing;
}

bool bus_consumer_joined(struct bus_consumer *c)
{
	if (atomic_load(&c->joined))
		return true;
	int64_t now = clock_monotonic();
	if (now - c->asked >= CLOCK_SECOND) {
		c->asked = now;
		c->nothing = bus_has_nothing(c);
	}
	return c->nothing;
}

/* What an error that came instead of a message asks for: mostly nothing, the client mends itself.
 */
static bool bus_consume_error(struct bus_consumer *c, const rd_kafka_message_t *m, struct err *e)
{
	char text[256];
	if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		bus_place_end(c, m);
		return true;
	}
	if (rd_kafka_fatal_error(c->rk, text, sizeof text))
		return err_set(e, ERR_RETRY, "Kafka consumer: %s", text);
	if (m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		return true;
	log_warn("kafka consumer", LOG_S("text", rd_kafka_message_errstr(m)));
	return true;
}

/* Goes on behind a batch that cannot be unpacked, which else would come again for ever. Where it
 * ends nobody says: it comes again until what is asked for lies behind it. True when it is a new
 * one. */
static bool bus_skip(struct bus_consumer *c, const rd_kafka_message_t *m)
{
	bool again = c->skipped.topic == m->rkt && c->skipped.partition == m->partition &&
		     c->skipped.first == m->offset;
	c->skipped.topic = m->rkt;
	c->skipped.partition = m->partition;
	c->skipped.first = m->offset;
	c->skipped.next = again ? c->skipped.next + 1 : m->offset + 1;
	rd_kafka_seek(m->rkt, m->partition, c->skipped.next, SEEK_MS);
	return !again;
}

struct gathered {
	struct bus_message *out;
	int n;
	size_t bytes;
};

/* Takes what came; errors among it are dealt with and freed. */
static bool bus_take(struct bus_consumer *c, int came, struct gathered *g, struct err *e)
{
	bool fine = true;
	for (int i = 0; i < came; i++) {
		rd_kafka_message_t *m = c->pile[i];
		bool unreadable = m->err == RD_KAFKA_RESP_ERR__BAD_COMPRESSION;
		if (unreadable ? !bus_skip(c, m) : m->err != 0) {
			fine = (unreadable || bus_consume_error(c, m, e)) && fine;
			rd_kafka_message_destroy(m);
			continue;
		}
		if (!bus_place_take(c, m)) {
			rd_kafka_message_destroy(m);
			continue;
		}
		g->bytes += m->err ? 0 : m->len + m->key_len;
		bus_wrap(m, &g->out[g->n++]);
	}
	return fine;
}

static int bus_left_ms(int64_t end)
{
	int64_t left = end - clock_monotonic();
	return left > 0 ? (int)((left + 999) / 1000) : 0;
}

/* A member that comes back to the place which its instance still has is given the partitions of
 * before, without those of topics that are new since, and would wait for them until there is
 * another. So it asks once more, as one whom the group knows by now: then the partitions are shared
 * out anew. */
static bool bus_settle(struct bus_consumer *c, struct err *e)
{
	if (c->settled || !atomic_load(&c->joined))
		return true;
	c->settled = true;
	return bus_subscribe(c, c->config.topics, e);
}

/* A librdkafka without fetch.queue.backoff.ms lets a full queue sleep for up to a second, however
 * soon it is emptied; a question to the brokers wakes it. The answer does not matter. */
static void bus_wake(struct bus_consumer *c)
{
	rd_kafka_topic_partition_list_t *parts = NULL;
	if (!c->wakes || rd_kafka_assignment(c->rk, &parts) != RD_KAFKA_RESP_ERR_NO_ERROR || !parts)
		return;
	for (int i = 0; i < parts->cnt; i++)
		parts->elems[i].offset = RD_KAFKA_OFFSET_END;
	if (parts->cnt > 0)
		rd_kafka_offsets_for_times(c->rk, parts, WAKE_MS);
	rd_kafka_topic_partition_list_destroy(parts);
}

/* Leaves out what the group has taken away while it was gathered. */
static void bus_keep_own(struct bus_consumer *c, struct gathered *g)
{
	int kept = 0;
	for (int i = 0; i < g->n; i++)
		if (bus_places_find(&c->places, g->out[i].topic, g->out[i].partition))
			g->out[kept++] = g->out[i];
		else
			bus_release(&g->out[i], 1);
	g->n = kept;
}

int bus_consume(struct bus_consumer *c, struct bus_message *out, int max, size_t max_bytes,
	int wait_ms, int64_t until, struct err *e)
{
	struct gathered g = {.out = out};
	if (!bus_settle(c, e))
		return -1;
	c->revoked = false;
	c->pile[0] = rd_kafka_consumer_poll(c->rk, wait_ms);
	bool fine = bus_take(c, c->pile[0] ? 1 : 0, &g, e);
	size_t woken = 0;
	for (bool more = g.n > 0; fine && more && g.n < max && g.bytes < max_bytes;) {
		int room = max - g.n < BUS_PILE ? max - g.n : BUS_PILE, ms = bus_left_ms(until);
		ssize_t came = rd_kafka_consume_batch_queue(c->queue, ms, c->pile, (size_t)room);
		fine = bus_take(c, came > 0 ? (int)came : 0, &g, e);
		more = ms > 0 || came == room;
		if (g.bytes - woken >= c->brim) {
			bus_wake(c);
			woken = g.bytes;
		}
	}
	if (g.n == max || g.bytes >= max_bytes)
		bus_wake(c);
	if (c->revoked)
		bus_keep_own(c, &g);
	if (fine && c->failed.code == ERR_NONE)
		return g.n;
	if (c->failed.code != ERR_NONE)
		err_set(e, c->failed.code, "%s", c->failed.text);
	bus_release(out, g.n);
	return -1;
}

void bus_release(struct bus_message *messages, int n)
{
	for (int i = 0; i < n; i++)
		rd_kafka_message_destroy(messages[i].handle);
}
