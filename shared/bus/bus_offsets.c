/* How far a consumer is: what it may say is done, and how much there is behind it. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bus/bus_places.h"

enum { ENDS_MS = 500, BUSY_VERIFY_MS = 1000, IDLE_VERIFY_MS = 3000 };

static int64_t bus_place_done(const struct bus_place *at)
{
	return at->committed < 0 ? at->start : at->committed;
}

const struct bus_offset *bus_offsets(
	struct bus_consumer *c, const struct bus_message *messages, int count, int *n)
{
	*n = 0;
	for (int i = 0; i < c->places.n; i++)
		c->places.list[i].done.offset = -1;
	for (int i = 0; i < count; i++) {
		const struct bus_message *m = &messages[i];
		struct bus_place *at = bus_places_find(&c->places, m->topic, m->partition);
		if (at && at->anew < 0 && m->offset > at->done.offset)
			at->done = (struct bus_mark){
				m->offset, m->at ? m->at / 1000 : -1, m->len + m->key_len};
	}
	for (int i = 0; i < c->places.n; i++) {
		const struct bus_place *at = &c->places.list[i];
		if (at->done.offset >= 0 && at->done.offset + 1 > bus_place_done(at))
			c->offsets[(*n)++] =
				(struct bus_offset){at->topic, at->partition, at->done.offset + 1};
	}
	return c->offsets;
}

const struct bus_offset *bus_ends(struct bus_consumer *c, int *n)
{
	int64_t now = clock_monotonic();
	*n = 0;
	bus_places_verify(c, IDLE_VERIFY_MS);
	if (now - c->ends_at < ENDS_MS * INT64_C(1000))
		return c->offsets;
	for (int i = 0; i < c->places.n; i++) {
		struct bus_place *at = &c->places.list[i];
		if (at->anew >= 0 || at->end <= at->committed || at->end < at->next ||
			at->next > bus_place_done(at))
			continue;
		at->done = at->last;
		c->offsets[(*n)++] = (struct bus_offset){at->topic, at->partition, at->end};
	}
	if (*n)
		c->ends_at = now;
	return c->offsets;
}

/* A member that lost its partitions meanwhile may not commit for them: their new owner handles the
 * same again. So it is with one that the group has shut out: bus_consume says so next. */
static bool bus_commit_is_moot(rd_kafka_resp_err_t rc)
{
	return rc == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
	       rc == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
	       rc == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS || rc == RD_KAFKA_RESP_ERR__STATE ||
	       rc == RD_KAFKA_RESP_ERR__NO_OFFSET || rc == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID ||
	       rc == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || rc == RD_KAFKA_RESP_ERR__FATAL;
}

static void bus_commit_add(
	rd_kafka_topic_partition_list_t *to, struct bus_place *at, const struct bus_offset *o)
{
	char text[BUS_MARK_TEXT];
	rd_kafka_topic_partition_t *p =
		rd_kafka_topic_partition_list_add(to, o->topic, o->partition);
	p->offset = o->next;
	p->metadata = strdup(bus_mark_format(&at->done, text)); /* the list frees it */
	p->metadata_size = p->metadata ? strlen(text) : 0;
}

static void bus_committed(struct bus_place *at, int64_t next, bool told)
{
	at->committed = next;
	at->told = told;
	if (at->next <= next) {
		at->next = next;
		at->first_at = 0;
	}
}

bool bus_commit_offsets(struct bus_consumer *c, const struct bus_offset *list, int n, struct err *e)
{
	if (n == 0)
		return true;
	rd_kafka_topic_partition_list_t *to = rd_kafka_topic_partition_list_new(n);
	bus_places_verify(c, BUSY_VERIFY_MS);
	for (int i = 0; i < n; i++) {
		struct bus_place *at =
			bus_places_find(&c->places, list[i].topic, list[i].partition);
		if (at && at->anew < 0)
			bus_commit_add(to, at, &list[i]);
	}
	rd_kafka_resp_err_t rc =
		to->cnt ? rd_kafka_commit(c->rk, to, 0) : RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_topic_partition_list_destroy(to);
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR && !bus_commit_is_moot(rc))
		return err_set(e, ERR_RETRY, "Kafka, committing offsets: %s", rd_kafka_err2str(rc));
	for (int i = 0; i < n; i++) {
		struct bus_place *at =
			bus_places_find(&c->places, list[i].topic, list[i].partition);
		if (at && at->anew < 0)
			bus_committed(at, list[i].next, rc == RD_KAFKA_RESP_ERR_NO_ERROR);
	}
	return true;
}

bool bus_commit(struct bus_consumer *c, const struct bus_message *messages, int n, struct err *e)
{
	int offsets;
	const struct bus_offset *list = bus_offsets(c, messages, n, &offsets);
	return bus_commit_offsets(c, list, offsets, e);
}

void bus_each_lag(struct bus_consumer *c,
	void (*each)(void *arg, const char *topic, int64_t messages, int64_t held, int64_t since),
	void *arg)
{
	/* What was fetched and not taken yet can be read. */
	bool taken = rd_kafka_queue_length(c->queue) == 0;
	for (int i = 0; i < c->places.n; i++) {
		const struct bus_place *at = &c->places.list[i];
		int64_t low, high, held = 0, done = bus_place_done(at);
		if (rd_kafka_get_watermark_offsets(c->rk, at->topic, at->partition, &low, &high) !=
				RD_KAFKA_RESP_ERR_NO_ERROR ||
			high < at->next)
			high = at->next;
		if (taken && at->end >= at->next && high > at->end) {
			held = high - at->end;
			high = at->end;
		}
		done = done < high ? done : high;
		each(arg, at->topic, high - done, held,
			high == done   ? 0
			: at->first_at ? at->first_at
				       : at->last_at);
	}
}
