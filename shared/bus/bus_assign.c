/* Partitions that come and go: where each is read from, and whether it is still the one of before.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/bus_places.h"

enum { ASK_MS = 5000, SEEK_MS = 5000, VERIFY_MS = 1000 };

/* The partitions' first or next offsets (RD_KAFKA_OFFSET_BEGINNING or _END); below 0 where nobody
 * says. NULL when no broker answers. */
static rd_kafka_topic_partition_list_t *bus_edges(
	rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *parts, int64_t edge)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_copy(parts);
	for (int i = 0; i < list->cnt; i++)
		list->elems[i].offset = edge;
	if (rd_kafka_offsets_for_times(rk, list, ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR)
		return list;
	rd_kafka_topic_partition_list_destroy(list);
	return NULL;
}

static int64_t bus_edge(const rd_kafka_topic_partition_list_t *list, int i)
{
	bool told = list && list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR;
	return told && list->elems[i].offset >= 0 ? list->elems[i].offset : -1;
}

/* What is known of all of them, before anybody is asked where to begin. */
static bool bus_resumes(struct bus_consumer *c, const rd_kafka_topic_partition_list_t *low,
	const rd_kafka_topic_partition_list_t *high,
	const rd_kafka_topic_partition_list_t *committed, struct bus_resume *list)
{
	for (int i = 0; i < committed->cnt; i++) {
		const rd_kafka_topic_partition_t *p = &committed->elems[i];
		struct bus_place *at = bus_places_add(&c->places, p->topic, p->partition);
		if (!at)
			return false;
		int64_t offset = p->offset < 0 ? -1 : p->offset, first = bus_edge(low, i),
			end = bus_edge(high, i);
		list[i] = (struct bus_resume){.topic = p->topic,
			.partition = p->partition,
			.committed = offset,
			.ours = bus_mark_parse(p->metadata, &at->known),
			.anew = end >= 0 && offset > end};
		list[i].start = offset < 0 || list[i].anew ? (first < 0 ? 0 : first) : offset;
	}
	return true;
}

static void bus_tell_anew(const char *topic, int32_t partition)
{
	log_warn("the topic was made anew: it is read from its beginning", LOG_S("topic", topic),
		LOG_I("partition", partition));
}

/* Reading begins there, or one message before, by which the partition is known again. */
static int64_t bus_begin(
	struct bus_consumer *c, struct bus_place *at, struct bus_resume *r, int64_t low)
{
	bool there = low < 0 || r->start >= low;
	bool look = r->ours && there && r->start == r->committed && at->known.offset >= low &&
		    at->known.offset < r->start;
	if (r->anew)
		bus_tell_anew(r->topic, r->partition);
	if (!there && c->config.lost && r->committed >= 0 && !r->anew)
		c->config.lost(c->config.arg, r->topic, r->partition, r->start, low);
	r->start = there ? r->start : low;
	at->start = at->next = r->start;
	at->committed = r->committed < 0 || r->anew ? -1 : r->start;
	at->told = r->committed >= 0;
	if (!look)
		at->known.offset = -1;
	return look ? at->known.offset : r->start;
}

static bool bus_begin_all(struct bus_consumer *c, rd_kafka_topic_partition_list_t *parts,
	const rd_kafka_topic_partition_list_t *low, struct bus_resume *list, struct err *e)
{
	if (c->config.resume && !c->config.resume(c->config.arg, list, parts->cnt, e))
		return false;
	for (int i = 0; i < parts->cnt; i++)
		parts->elems[i].offset =
			bus_begin(c, &c->places.list[i], &list[i], bus_edge(low, i));
	c->offsets = realloc(c->offsets, (size_t)(c->places.n + 1) * sizeof *c->offsets);
	return c->offsets || err_set(e, ERR_FATAL, "out of memory");
}

/* Sets where each of the partitions is read from. */
static bool bus_place_all(
	struct bus_consumer *c, rd_kafka_topic_partition_list_t *parts, struct err *e)
{
	rd_kafka_topic_partition_list_t *committed = rd_kafka_topic_partition_list_copy(parts);
	struct bus_resume *list = calloc((size_t)parts->cnt + 1, sizeof *list);
	rd_kafka_resp_err_t rc = rd_kafka_committed(c->rk, committed, ASK_MS);
	rd_kafka_topic_partition_list_t *low = bus_edges(c->rk, parts, RD_KAFKA_OFFSET_BEGINNING),
					*high = bus_edges(c->rk, parts, RD_KAFKA_OFFSET_END);
	bool ok = rc == RD_KAFKA_RESP_ERR_NO_ERROR ||
		  err_set(e, ERR_RETRY, "Kafka, committed offsets: %s", rd_kafka_err2str(rc));
	ok = ok && ((list && bus_resumes(c, low, high, committed, list)) ||
			   err_set(e, ERR_FATAL, "out of memory"));
	ok = ok && bus_begin_all(c, parts, low, list, e);
	free(list);
	rd_kafka_topic_partition_list_destroy(committed);
	if (low)
		rd_kafka_topic_partition_list_destroy(low);
	if (high)
		rd_kafka_topic_partition_list_destroy(high);
	return ok;
}

void bus_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t *parts,
	void *consumer)
{
	struct bus_consumer *c = consumer;
	bool assign = what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
	bus_places_done(&c->places);
	err_clear(&c->failed);
	if (assign && parts->cnt && !bus_place_all(c, parts, &c->failed))
		bus_places_done(&c->places);
	rd_kafka_assign(rk, assign && c->failed.code == ERR_NONE ? parts : NULL);
	c->revoked = c->revoked || !assign;
	atomic_store(&c->joined, assign);
	log_info(assign ? "partitions assigned" : "partitions revoked",
		LOG_I("partitions", parts->cnt));
	if (c->config.rebalanced)
		c->config.rebalanced(c->config.arg);
}

static void bus_seek_beginning(struct bus_consumer *c, const struct bus_place *at)
{
	rd_kafka_topic_partition_list_t *one = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(one, at->topic, at->partition)->offset =
		RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_error_t *failed = rd_kafka_seek_partitions(c->rk, one, SEEK_MS);
	if (failed)
		rd_kafka_error_destroy(failed);
	rd_kafka_topic_partition_list_destroy(one);
}

/* What was known of the partition was of another one. */
static void bus_place_forget(struct bus_consumer *c, struct bus_place *at)
{
	struct bus_resume r = {.topic = at->topic,
		.partition = at->partition,
		.committed = at->committed,
		.ours = true,
		.anew = true};
	bus_tell_anew(at->topic, at->partition);
	if (c->config.resume)
		c->config.resume(c->config.arg, &r, 1, &c->failed);
	bus_place_init(at, at->topic, at->partition);
}

/* Reading begins again; what comes until it does lies behind `seen`. */
static void bus_place_anew(struct bus_consumer *c, struct bus_place *at, int64_t seen)
{
	bus_place_forget(c, at);
	at->anew = seen;
	bus_seek_beginning(c, at);
}

/* True when it is to be handed over: what lay at the offset before it was done. */
static bool bus_place_know(
	struct bus_consumer *c, struct bus_place *at, const rd_kafka_message_t *m)
{
	struct bus_mark known = at->known, here = {m->offset, rd_kafka_message_timestamp(m, NULL),
						   m->len + m->key_len};
	at->known.offset = -1;
	if (m->offset > known.offset)
		return m->offset >= at->start;
	if (m->offset < known.offset) {
		bus_place_forget(c, at);
		return true;
	}
	if (here.at == known.at && here.len == known.len)
		at->last = known;
	else
		bus_place_anew(c, at, m->offset);
	return false;
}

void bus_places_verify(struct bus_consumer *c, int every_ms)
{
	int64_t now = clock_monotonic();
	if (now - c->verified_at < every_ms * INT64_C(1000))
		return;
	c->verified_at = now;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(c->places.n + 1);
	for (int i = 0; i < c->places.n; i++)
		if (c->places.list[i].told)
			rd_kafka_topic_partition_list_add(
				list, c->places.list[i].topic, c->places.list[i].partition);
	rd_kafka_resp_err_t rc =
		list->cnt ? rd_kafka_committed(c->rk, list, VERIFY_MS) : RD_KAFKA_RESP_ERR__NOENT;
	for (int i = 0; rc == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *p = &list->elems[i];
		struct bus_place *at = bus_places_find(&c->places, p->topic, p->partition);
		if (p->err == RD_KAFKA_RESP_ERR_NO_ERROR && p->offset < 0 && at)
			bus_place_anew(c, at, at->next - 1);
	}
	rd_kafka_topic_partition_list_destroy(list);
}

/* Retention can overtake a reader that is slow. */
static void bus_place_gap(struct bus_consumer *c, struct bus_place *at, const rd_kafka_message_t *m)
{
	int64_t low, high, from = at->next > at->committed ? at->next : at->committed;
	if (m->offset <= from || !c->config.lost ||
		rd_kafka_get_watermark_offsets(c->rk, at->topic, at->partition, &low, &high) !=
			RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	low = low < m->offset ? low : m->offset;
	if (low > from)
		c->config.lost(c->config.arg, at->topic, at->partition, from, low);
}

bool bus_place_take(struct bus_consumer *c, const rd_kafka_message_t *m)
{
	struct bus_place *at =
		bus_places_find(&c->places, rd_kafka_topic_name(m->rkt), m->partition);
	if (!at || (at->anew >= 0 && m->offset > at->anew))
		return false;
	at->anew = -1;
	if (at->known.offset >= 0 && !m->err && !bus_place_know(c, at, m))
		return false;
	if (m->offset < at->next) /* reset by itself, as it lay behind the end */
		bus_place_forget(c, at);
	else if (m->offset > at->next)
		bus_place_gap(c, at, m);
	int64_t ms = rd_kafka_message_timestamp(m, NULL);
	at->next = m->offset + 1;
	at->last_at = ms > 0 ? ms * 1000 : 0;
	if (!at->first_at)
		at->first_at = at->last_at;
	if (!m->err)
		at->last = (struct bus_mark){m->offset, ms, m->len + m->key_len};
	return true;
}

void bus_place_end(struct bus_consumer *c, const rd_kafka_message_t *m)
{
	struct bus_place *at =
		bus_places_find(&c->places, rd_kafka_topic_name(m->rkt), m->partition);
	if (at && at->anew < 0)
		at->end = m->offset;
	if (at)
		at->known.offset = -1;
}
