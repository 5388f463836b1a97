#include "bus_private.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "conf.h"
#include "log.h"

enum { CLOSE_MS = 3000, PRODUCE_MS = 10000 };


/* What platform.md says of each, and nothing that depends on the deployment. */
static const struct setting common_settings[] = {
	{"socket.keepalive.enable", "true"},
	{"topic.metadata.refresh.interval.ms", "3000"},
	{"reconnect.backoff.max.ms", "2000"},
	{"allow.auto.create.topics", "false"},
	{"log.connection.close", "false"},
	{"socket.timeout.ms", "10000"},
};
static const struct setting consumer_settings[] = {
	{"enable.auto.commit", "false"},
	{"enable.auto.offset.store", "false"},
	{"auto.offset.reset", "earliest"},
	{"partition.assignment.strategy", "range"},
	{"check.crcs", "true"},
	{"session.timeout.ms", "6000"},
	{"heartbeat.interval.ms", "1500"},
	{"max.poll.interval.ms", "600000"},
	{"fetch.wait.max.ms", "50"},
	{"fetch.error.backoff.ms", "100"},
	{"fetch.max.bytes", "2097152"},
	{"max.partition.fetch.bytes", "524288"},
	{"receive.message.max.bytes", "104857600"},
};
static const struct setting producer_settings[] = {
	{"enable.idempotence", "true"},
	{"acks", "all"},
	{"linger.ms", "2"},
	{"compression.type", "lz4"},
	{"queue.buffering.max.kbytes", "16384"},
	{"queue.buffering.max.messages", "100000"},
	{"message.timeout.ms", "10000"}, /* PRODUCE_MS */
	{"message.max.bytes", "4194304"},
};

static void bus_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	enum { WARNING = 4 };
	log_write(level <= WARNING ? LOG_WARN : LOG_DEBUG, "kafka client",
		(const struct log_field[]){LOG_S("facility", facility), LOG_S("text", text)}, 2);
}

struct pass_through {
	rd_kafka_conf_t *conf;
	struct err *e;
};

/* KAFKA_SECURITY_PROTOCOL=… becomes security.protocol; KAFKA_BROKERS is a setting of ours. */
static void bus_pass(const char *name, const char *value, void *arg)
{
	struct pass_through *p = arg;
	char key[128], text[256];
	if (strcmp(name, "KAFKA_BROKERS") == 0 || strcmp(name, "KAFKA_BROKERS_FILE") == 0)
		return;
	size_t n = 0;
	for (const char *c = name + strlen("KAFKA_"); *c && n < sizeof key - 1; c++)
		key[n++] = *c == '_' ? '.' : (char)(*c | ((*c >= 'A' && *c <= 'Z') ? 0x20 : 0));
	key[n] = '\0';
	if (rd_kafka_conf_set(p->conf, key, value, text, sizeof text) != RD_KAFKA_CONF_OK)
		err_set(p->e, ERR_FATAL, "%s: %s", name, text);
}

static bool bus_set(rd_kafka_conf_t *conf, const struct setting *settings, size_t n, struct err *e)
{
	char text[256];
	for (size_t i = 0; i < n; i++)
		if (rd_kafka_conf_set(conf, settings[i].name, settings[i].value, text, sizeof text) != RD_KAFKA_CONF_OK)
			return err_set(e, ERR_FATAL, "Kafka setting: %s", text);
	return true;
}

rd_kafka_conf_t *bus_conf(const char *brokers, const struct setting *more, size_t n, struct err *e)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	const struct setting where = {"bootstrap.servers", brokers};
	struct pass_through pass = {conf, e};
	if (!bus_set(conf, common_settings, COUNT(common_settings), e) || !bus_set(conf, more, n, e) ||
		!bus_set(conf, &where, 1, e)) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	conf_each_env("KAFKA_", bus_pass, &pass);
	if (e->code != ERR_NONE) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	rd_kafka_conf_set_log_cb(conf, bus_log);
	return conf;
}

/* Messages and headers */

bool bus_message_header(const struct bus_message *m, size_t i, struct bus_header *out)
{
	rd_kafka_headers_t *headers;
	if (rd_kafka_message_headers(m->handle, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	return rd_kafka_header_get_all(headers, i, &out->name, &out->data, &out->len) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool bus_message_find(const struct bus_message *m, const char *name, struct bus_header *out)
{
	bool found = false;
	struct bus_header h;
	for (size_t i = 0; bus_message_header(m, i, &h); i++)
		if (strcasecmp(h.name, name) == 0) {
			*out = h;
			found = true;
		}
	return found;
}

static void bus_wrap(rd_kafka_message_t *from, struct bus_message *out)
{
	rd_kafka_timestamp_type_t type;
	int64_t ms = rd_kafka_message_timestamp(from, &type);
	*out = (struct bus_message){
		.topic = rd_kafka_topic_name(from->rkt),
		.partition = from->partition,
		.offset = from->offset,
		.at = ms > 0 ? ms * 1000 : 0,
		.key = from->key,
		.key_len = from->key_len,
		.data = from->payload,
		.len = from->len,
		.handle = from,
	};
}

/* Consumer */

struct bus_consumer {
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	atomic_bool joined;
	rd_kafka_message_t **pile; /* room for one batch of handles */
	size_t pile_room;
};

static void bus_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t *parts, void *arg)
{
	struct bus_consumer *c = arg;
	bool assign = what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
	rd_kafka_assign(rk, assign ? parts : NULL);
	atomic_store(&c->joined, assign);
	log_info(assign ? "partitions assigned" : "partitions revoked", LOG_I("partitions", parts->cnt));
}

static bool bus_subscribe(struct bus_consumer *c, const char *const *topics, struct err *e)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
	for (; *topics; topics++)
		rd_kafka_topic_partition_list_add(list, *topics, RD_KAFKA_PARTITION_UA);
	rd_kafka_resp_err_t rc = rd_kafka_subscribe(c->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	return rc == RD_KAFKA_RESP_ERR_NO_ERROR || err_set(e, ERR_FATAL, "Kafka, subscribing: %s", rd_kafka_err2str(rc));
}

struct bus_consumer *bus_consumer_new(const struct bus_consumer_config *config, struct err *e)
{
	char queue[24], text[256];
	snprintf(queue, sizeof queue, "%zu", config->queue_kib);
	struct bus_consumer *c = calloc(1, sizeof *c);
	rd_kafka_conf_t *conf = c ? bus_conf(config->brokers, consumer_settings, COUNT(consumer_settings), e) : NULL;
	if (!conf) {
		free(c);
		return NULL;
	}
	const struct setting own[] = {{"group.id", config->group}, {"queued.max.messages.kbytes", queue},
		{"group.instance.id", config->instance}};
	rd_kafka_conf_set_rebalance_cb(conf, bus_rebalance);
	rd_kafka_conf_set_opaque(conf, c);
	if (!bus_set(conf, own, config->instance ? 3 : 2, e) ||
		!(c->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text))) {
		err_set(e, ERR_FATAL, "Kafka consumer: %s", text);
		rd_kafka_conf_destroy(conf);
		free(c);
		return NULL;
	}
	rd_kafka_poll_set_consumer(c->rk);
	c->queue = rd_kafka_queue_get_consumer(c->rk);
	if (!bus_subscribe(c, config->topics, e)) {
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
	free(c->pile);
	free(c);
}

bool bus_consumer_joined(const struct bus_consumer *c)
{
	return atomic_load(&c->joined);
}

static bool bus_room(struct bus_consumer *c, size_t n)
{
	if (c->pile_room >= n)
		return true;
	rd_kafka_message_t **pile = realloc(c->pile, n * sizeof *pile);
	if (!pile)
		return false;
	c->pile = pile;
	c->pile_room = n;
	return true;
}

/* What an error that came instead of a message asks for: mostly nothing, the client mends itself. */
static bool bus_consume_error(const struct bus_consumer *c, const rd_kafka_message_t *m, struct err *e)
{
	char text[256];
	if (m->err == RD_KAFKA_RESP_ERR__FATAL) {
		rd_kafka_fatal_error(c->rk, text, sizeof text);
		return err_set(e, ERR_FATAL, "Kafka consumer: %s", text);
	}
	if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		return true;
	log_warn("kafka consumer", LOG_S("text", rd_kafka_message_errstr(m)));
	return true;
}

int bus_consume(struct bus_consumer *c, struct bus_message *out, int max, size_t max_bytes, int wait_ms, int gather_ms,
	struct err *e)
{
	if (!bus_room(c, (size_t)max)) {
		err_set(e, ERR_FATAL, "out of memory");
		return -1;
	}
	int n = 0;
	size_t bytes = 0;
	int64_t end = clock_monotonic() + (int64_t)wait_ms * 1000;
	while (n < max && bytes < max_bytes) {
		int64_t left = end - clock_monotonic();
		rd_kafka_message_t *m = rd_kafka_consumer_poll(c->rk, left > 0 ? (int)((left + 999) / 1000) : 0);
		if (!m) {
			if (left <= 0)
				break;
			continue;
		}
		if (m->err) {
			bool fine = bus_consume_error(c, m, e);
			rd_kafka_message_destroy(m);
			if (!fine) {
				bus_release(out, n);
				return -1;
			}
			continue;
		}
		if (n == 0)
			end = clock_monotonic() + (int64_t)gather_ms * 1000;
		bytes += m->len + m->key_len;
		bus_wrap(m, &out[n++]);
	}
	return n;
}

void bus_release(struct bus_message *messages, int n)
{
	for (int i = 0; i < n; i++)
		rd_kafka_message_destroy(messages[i].handle);
}

bool bus_commit(struct bus_consumer *c, const struct bus_message *messages, int n, struct err *e)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
	rd_kafka_topic_partition_t *last = NULL;
	for (int i = 0; i < n; i++) {
		const struct bus_message *m = &messages[i];
		if (!last || last->partition != m->partition || strcmp(last->topic, m->topic) != 0) {
			last = rd_kafka_topic_partition_list_find(list, m->topic, m->partition);
			if (!last)
				last = rd_kafka_topic_partition_list_add(list, m->topic, m->partition);
		}
		if (last->offset < m->offset + 1)
			last->offset = m->offset + 1;
	}
	rd_kafka_resp_err_t rc = rd_kafka_commit(c->rk, list, 0);
	rd_kafka_topic_partition_list_destroy(list);
	/* A member that lost its partitions meanwhile may not commit for them: their new owner handles the same again. */
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR || rc == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
		rc == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID || rc == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS ||
		rc == RD_KAFKA_RESP_ERR__STATE || rc == RD_KAFKA_RESP_ERR__NO_OFFSET)
		return true;
	return err_set(e, ERR_RETRY, "Kafka, committing offsets: %s", rd_kafka_err2str(rc));
}

/* Producer */

static void bus_delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
	(void)rk;
	(void)arg;
	struct bus_delivery *d = m->_private;
	if (m->err)
		atomic_fetch_add(&d->failed, 1);
	atomic_fetch_sub(&d->pending, 1);
}

struct bus_producer *bus_producer_new(const char *brokers, struct err *e)
{
	char text[256];
	struct bus_producer *p = calloc(1, sizeof *p);
	rd_kafka_conf_t *conf = p ? bus_conf(brokers, producer_settings, COUNT(producer_settings), e) : NULL;
	if (!conf) {
		free(p);
		return NULL;
	}
	rd_kafka_conf_set_dr_msg_cb(conf, bus_delivered);
	p->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
	if (!p->rk) {
		err_set(e, ERR_FATAL, "Kafka producer: %s", text);
		rd_kafka_conf_destroy(conf);
		free(p);
		return NULL;
	}
	return p;
}

void bus_producer_free(struct bus_producer *p)
{
	if (!p)
		return;
	rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	rd_kafka_flush(p->rk, 500);
	rd_kafka_destroy(p->rk);
	free(p);
}

static bool bus_producer_fatal(const struct bus_producer *p, struct err *e)
{
	char text[256];
	if (!rd_kafka_fatal_error(p->rk, text, sizeof text))
		return false;
	err_set(e, ERR_FATAL, "Kafka producer: %s", text);
	return true;
}

static rd_kafka_headers_t *bus_headers(const struct bus_header *headers, size_t n)
{
	rd_kafka_headers_t *list = rd_kafka_headers_new(n);
	for (size_t i = 0; i < n; i++)
		rd_kafka_header_add(list, headers[i].name, -1, headers[i].data, headers[i].data ? (ssize_t)headers[i].len : -1);
	return list;
}

bool bus_produce_for(struct bus_producer *p, struct bus_delivery *delivery, const char *topic, const void *key,
	size_t key_len, const void *data, size_t len, const struct bus_header *headers, size_t n_headers, struct err *e)
{
	struct bus_delivery *d = delivery ? delivery : &p->own;
	atomic_fetch_add(&d->pending, 1);
	for (int64_t end = clock_monotonic() + PRODUCE_MS * 1000;;) {
		rd_kafka_headers_t *list = bus_headers(headers, n_headers);
		rd_kafka_resp_err_t rc = rd_kafka_producev(p->rk, RD_KAFKA_V_TOPIC(topic),
			RD_KAFKA_V_KEY(key, key_len), RD_KAFKA_V_VALUE((void *)(uintptr_t)data, len),
			RD_KAFKA_V_HEADERS(list), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
			RD_KAFKA_V_OPAQUE(d), RD_KAFKA_V_END);
		if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
			return true;
		rd_kafka_headers_destroy(list);
		if (rc != RD_KAFKA_RESP_ERR__QUEUE_FULL || clock_monotonic() > end) {
			atomic_fetch_sub(&d->pending, 1);
			bus_producer_fatal(p, e);
			return err_set(e, ERR_RETRY, "Kafka, producing to %s: %s", topic, rd_kafka_err2str(rc));
		}
		rd_kafka_poll(p->rk, 50);
	}
}

bool bus_wait(struct bus_producer *p, struct bus_delivery *delivery, struct err *e)
{
	struct bus_delivery *d = delivery ? delivery : &p->own;
	if (!delivery)
		rd_kafka_flush(p->rk, PRODUCE_MS); /* does not wait for linger.ms */
	while (atomic_load(&d->pending) > 0)
		rd_kafka_poll(p->rk, 2);
	long failed = atomic_exchange(&d->failed, 0);
	if (bus_producer_fatal(p, e))
		return false;
	return failed == 0 || err_set(e, ERR_RETRY, "Kafka: %ld messages were not acknowledged", failed);
}

bool bus_ping(struct bus_producer *p, int timeout_ms, struct err *e)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t rc = rd_kafka_metadata(p->rk, 0, NULL, &metadata, timeout_ms);
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		return err_set(e, ERR_RETRY, "Kafka: %s", rd_kafka_err2str(rc));
	rd_kafka_metadata_destroy(metadata);
	return true;
}
