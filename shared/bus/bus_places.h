/* bus_places: what a consumer knows of each partition that the group has given to it: where it
 * reads, what of that is done, and by what it knows the partition again. Used by bus_consumer.c, in
 * the thread that consumes. */
#pragma once

#include <stdatomic.h>

#include "bus/bus_private.h"

enum { BUS_PILE = 500 /* messages taken from the client at once */ };

/* A message by which a partition is known again: what stands at its offset now must be the same. It
 * goes along with the committed offset, as its metadata. */
struct bus_mark {
	int64_t offset; /* -1: none */
	int64_t at; /* ms */
	size_t len; /* of key and value */
};

enum { BUS_MARK_TEXT = 80 };
const char *bus_mark_format(const struct bus_mark *m, char out[BUS_MARK_TEXT]);
/* False when no consumer of ours wrote it. */
bool bus_mark_parse(const char *text, struct bus_mark *out);

struct bus_place {
	char *topic;
	int32_t partition;
	int64_t start; /* where reading began, but for a look at `known` */
	int64_t next; /* behind the last message that was handed over */
	int64_t committed;
	bool told; /* the group has an offset for it; when that is gone, so was the topic */
	int64_t end; /* reading has come to the partition's end there; -1: not yet */
	int64_t first_at; /* of the oldest message that is handed over and not done; 0: none */
	int64_t last_at; /* of the last one handed over */
	struct bus_mark known; /* of the committed offset, until it is looked at */
	struct bus_mark last; /* the last message handed over, or what `known` was */
	struct bus_mark done; /* the last message that bus_offsets was asked about */
	int64_t anew; /* reading goes back to the beginning: what lies behind this offset is
			 dropped until it has; -1: it does not */
};

struct bus_places {
	struct bus_place *list;
	int n, at; /* the one that was looked for last */
};

void bus_places_done(struct bus_places *p);
/* Adds one; its text is copied. NULL without memory. */
struct bus_place *bus_places_add(struct bus_places *p, const char *topic, int32_t partition);
/* As it is of a partition of which nothing is known; its topic is taken. */
void bus_place_init(struct bus_place *at, char *topic, int32_t partition);
/* NULL: it is not this consumer's. */
struct bus_place *bus_places_find(struct bus_places *p, const char *topic, int32_t partition);

struct bus_consumer {
	struct bus_consumer_config config;
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	atomic_bool joined;
	int64_t asked; /* when it looked whether there is any topic for it, */
	bool nothing; /* and found none */
	bool settled; /* see bus_settle */
	bool wakes; /* see bus_wake */
	size_t brim; /* so many bytes taken may have emptied a full queue */
	struct {
		rd_kafka_topic_t *topic;
		int32_t partition;
		int64_t first, next;
	} skipped; /* the last batch that could not be unpacked */
	struct bus_places places;
	bool revoked; /* since bus_consume began */
	struct err failed; /* of the last assignment */
	struct bus_offset *offsets; /* as many as places */
	int64_t ends_at; /* when bus_ends looked last */
	int64_t verified_at; /* when bus_places_verify did */
	rd_kafka_message_t *pile[BUS_PILE];
};

/* What librdkafka calls when the group gives partitions or takes them away. */
void bus_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t *parts,
	void *consumer);

/* Notes a message that came. False when it is not to be handed over. */
bool bus_place_take(struct bus_consumer *c, const rd_kafka_message_t *m);
/* Asks the group, at most so often, whether it still has the offsets that it was told: a topic that
 * is deleted takes them along, and when it is made anew soon enough, the client does not notice. */
void bus_places_verify(struct bus_consumer *c, int every_ms);
/* Notes that the partition was read to its end. */
void bus_place_end(struct bus_consumer *c, const rd_kafka_message_t *m);
