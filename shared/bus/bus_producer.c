#include "bus/bus_private.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"

enum {
	PRODUCE_MS = 10000, /* message.timeout.ms: by then every message is acknowledged, or given
			       up */
	TELL_MS = 100,
};

static const struct setting producer_settings[] = {
	{"enable.idempotence", "true"},
	{"acks", "all"},
	{"linger.ms", "2"},
	{"compression.type", "lz4"},
	{"queue.buffering.max.kbytes", "16384"},
	{"queue.buffering.max.messages", "100000"},
	{"message.timeout.ms", "10000"},
	{"message.max.bytes", "4194304"},
};

/* Callers wait for their acknowledgement, so nothing is gathered for longer than the
 * acknowledgement of what is on its way takes: that alone lets many share the next one. */
static const struct setting shared_settings[] = {
	{"linger.ms", "0.5"},
};
/* Its first request is none for a number of its own, which only those get who may write somewhere.
 */
static const struct setting asker_settings[] = {
	{"enable.idempotence", "false"},
};

/* Said of the message itself: it would be said again. */
static bool bus_is_refusal(rd_kafka_resp_err_t rc)
{
	return rc == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
	       rc == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE || rc == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

/* What was said of one message. From the moment at which it was the last the delivery may be gone.
 */
static void bus_said(struct bus_delivery *d, rd_kafka_resp_err_t rc)
{
	pthread_mutex_lock(&d->lock);
	if (rc)
		*(bus_is_refusal(rc) ? &d->refused : &d->failed) += 1;
	bool last = --d->pending == 0;
	bool told = last && d->told;
	if (last && !told)
		pthread_cond_signal(&d->all_said);
	pthread_mutex_unlock(&d->lock);
	if (told)
		d->told(d, d->arg);
}

static void bus_delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
	(void)rk;
	(void)arg;
	bus_said(m->_private, m->err);
}

static void *bus_tell(void *arg)
{
	struct bus_producer *p = arg;
	while (!atomic_load(&p->ending))
		rd_kafka_poll(p->rk, TELL_MS);
	return NULL;
}

static rd_kafka_conf_t *bus_producer_conf(
	const char *brokers, const struct setting *own, size_t n, struct err *e)
{
	rd_kafka_conf_t *conf = bus_conf(brokers, producer_settings, COUNT(producer_settings), e);
	if (!conf || bus_set(conf, own, n, e))
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}

static struct bus_producer *bus_producer_start(
	const char *brokers, const struct setting *own, size_t n, struct err *e)
{
	char text[256];
	struct bus_producer *p = calloc(1, sizeof *p);
	rd_kafka_conf_t *conf = p ? bus_producer_conf(brokers, own, n, e) : NULL;
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

struct bus_producer *bus_producer_new(const char *brokers, struct err *e)
{
	return bus_producer_start(brokers, NULL, 0, e);
}

struct bus_producer *bus_asker_new(const char *brokers, struct err *e)
{
	return bus_producer_start(brokers, asker_settings, COUNT(asker_settings), e);
}

struct bus_producer *bus_producer_shared_new(const char *brokers, struct err *e)
{
	struct bus_producer *p =
		bus_producer_start(brokers, shared_settings, COUNT(shared_settings), e);
	if (!p || pthread_create(&p->teller, NULL, bus_tell, p) == 0) {
		if (p)
			p->shared = true;
		return p;
	}
	err_set(e, ERR_FATAL, "no thread could be started");
	bus_producer_free(p);
	return NULL;
}

void bus_producer_free(struct bus_producer *p)
{
	if (!p)
		return;
	atomic_store(&p->ending, true);
	if (p->shared)
		pthread_join(p->teller, NULL);
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
		rd_kafka_header_add(list, headers[i].name, -1, headers[i].data,
			headers[i].data ? (ssize_t)headers[i].len : -1);
	return list;
}

static void bus_expect(struct bus_delivery *d, long more)
{
	pthread_mutex_lock(&d->lock);
	d->pending += more;
	pthread_mutex_unlock(&d->lock);
}

bool bus_produce_for(struct bus_producer *p, struct bus_delivery *delivery, const char *topic,
	const void *key, size_t key_len, const void *data, size_t len,
	const struct bus_header *headers, size_t n_headers, struct err *e)
{
	struct bus_delivery *d = delivery ? delivery : &p->own;
	bus_expect(d, 1);
	for (int64_t end = clock_monotonic() + PRODUCE_MS * 1000;;) {
		rd_kafka_headers_t *list = bus_headers(headers, n_headers);
		rd_kafka_resp_err_t rc = rd_kafka_producev(p->rk, RD_KAFKA_V_TOPIC(topic),
			RD_KAFKA_V_KEY(key, key_len),
			RD_KAFKA_V_VALUE((void *)(uintptr_t)data, len), RD_KAFKA_V_HEADERS(list),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(d),
			RD_KAFKA_V_END);
		if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
			return true;
		rd_kafka_headers_destroy(list);
		if (rc != RD_KAFKA_RESP_ERR__QUEUE_FULL || clock_monotonic() > end) {
			bus_expect(d, -1);
			bus_producer_fatal(p, e);
			return err_set(e, bus_is_refusal(rc) ? ERR_INVALID : ERR_RETRY,
				"Kafka, producing to %s: %s", topic, rd_kafka_err2str(rc));
		}
		rd_kafka_poll(p->rk, 50); /* in a shared one too: there is more room soon */
	}
}

/* With the lock held, which is let go of meanwhile. */
static void bus_wait_more(struct bus_producer *p, struct bus_delivery *d)
{
	if (p->shared) {
		pthread_cond_wait(&d->all_said, &d->lock);
		return;
	}
	pthread_mutex_unlock(&d->lock);
	rd_kafka_poll(p->rk, 2);
	pthread_mutex_lock(&d->lock);
}

bool bus_wait(struct bus_producer *p, struct bus_delivery *delivery, struct err *e)
{
	struct bus_delivery *d = delivery ? delivery : &p->own;
	if (!delivery)
		rd_kafka_flush(p->rk, PRODUCE_MS); /* does not wait for linger.ms */
	pthread_mutex_lock(&d->lock);
	while (d->pending > 0)
		bus_wait_more(p, d);
	pthread_mutex_unlock(&d->lock);
	return bus_outcome(p, d, e);
}

bool bus_outcome(struct bus_producer *p, struct bus_delivery *d, struct err *e)
{
	long failed = d->failed, refused = d->refused;
	d->failed = d->refused = 0;
	if (bus_producer_fatal(p, e))
		return false;
	if (refused)
		return err_set(e, ERR_INVALID, "Kafka: %ld messages were refused", refused);
	return failed == 0 ||
	       err_set(e, ERR_RETRY, "Kafka: %ld messages were not acknowledged", failed);
}

int bus_producer_queued(struct bus_producer *p)
{
	return rd_kafka_outq_len(p->rk);
}

/* Until it is closed there is one more to wait for. */
void bus_open(struct bus_delivery *d, void (*told)(struct bus_delivery *d, void *arg), void *arg)
{
	*d = (struct bus_delivery){.pending = 1, .told = told, .arg = arg};
}

void bus_close(struct bus_delivery *d)
{
	bus_said(d, RD_KAFKA_RESP_ERR_NO_ERROR);
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
