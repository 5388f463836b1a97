/* bus: the one door to Kafka (librdkafka): consumers that hand over batches and move offsets only
 * when told, producers that say when everything is acknowledged, and the administration of topics.
 *
 * Errors: ERR_RETRY when brokers are away; ERR_FATAL when the client says it cannot go on (exit, be
 * started anew: everything here may be sent again).
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bus_header {
	const char *name;
	const void *data; /* NULL: the header's value is null */
	size_t len;
};

struct bus_message {
	const char *topic;
	int32_t partition;
	int64_t offset;
	int64_t at; /* the record's own timestamp as an instant; 0 when it has none */
	const void *key; /* NULL: none */
	size_t key_len;
	const void *data; /* NULL: a tombstone, or unreadable */
	size_t len;
	bool unreadable; /* first of a compressed batch that does not unpack, or to more than 32
			    MiB; all of it is skipped */
	void *handle; /* bus.c's own */
};

/* Header number i, false past the last. */
bool bus_message_header(const struct bus_message *m, size_t i, struct bus_header *out);
/* The last header of that name (names compared without case). */
bool bus_message_find(const struct bus_message *m, const char *name, struct bus_header *out);

/* Where a partition that the group has just given to a consumer is read from. */
struct bus_resume {
	const char *topic;
	int32_t partition;
	int64_t committed; /* -1: nothing yet */
	bool ours; /* the committed offset is one that this library wrote */
	bool anew; /* the partition is another one than that of which the offset speaks */
	int64_t start; /* where reading begins; it may be put lower */
};

/* An offset behind which everything is done. */
struct bus_offset {
	const char *topic;
	int32_t partition;
	int64_t next;
};

struct bus_consumer;
struct bus_consumer_config {
	const char *brokers;
	const char *group;
	const char *instance; /* group.instance.id, unique per member; NULL: dynamic membership */
	const char *const *topics; /* NULL-terminated; a name starting with ^ is a pattern; borrowed
				      until it is freed */
	/* Most that is fetched ahead, of messages as they are in memory; of a partition a sixteenth
	 * at once, as it was sent: compressed. A consumer that shall go at full speed through a
	 * backlog wants what it handles in one batch. */
	size_t queue_kib;
	/* All of these may be NULL; they are called within bus_consume. Partitions are given: false
	 * when it cannot be said where they are read from, and bus_consume fails. */
	bool (*resume)(void *arg, struct bus_resume *list, int n, struct err *e);
	/* The offsets between were not read and are gone: retention took them. Said again until
	 * more of the partition is committed. */
	void (*lost)(void *arg, const char *topic, int32_t partition, int64_t from, int64_t until);
	void (*rebalanced)(void *arg);
	void *arg;
};
struct bus_consumer *bus_consumer_new(
	const struct bus_consumer_config *config, struct err *e) MUST_CHECK;
void bus_consumer_free(struct bus_consumer *c); /* leaves the group; bounded to a few seconds */

/* Waits up to wait_ms for a first message, then gathers until that time (clock_monotonic; past: no
 * longer than there is something to take) or until `max` messages or `max_bytes` are there. Returns
 * how many (0: none came), or -1 with the error: ERR_RETRY when this consumer is done for, as after
 * a broker's crash that forgot who it was; a new one goes on where offsets were last moved. The
 * messages stay valid until bus_release. What was gathered of partitions that the group has taken
 * away meanwhile is not among them.
 *
 * A partition is read from its committed offset; from its beginning when there is none, or when it
 * is another one than that of which the offset speaks: its topic was deleted and made anew. That is
 * seen when the offset lies behind its end, or when what stands before it is another message. */
int bus_consume(struct bus_consumer *c, struct bus_message *out, int max, size_t max_bytes,
	int wait_ms, int64_t until, struct err *e) MUST_CHECK;
void bus_release(struct bus_message *messages, int n);

/* The offsets that say that these messages and all before them in their partitions are done:
 * without partitions that the group has taken away, whose next owner says more by now. *n: how
 * many. Borrowed until the next call of it or of bus_ends; NULL without memory. */
const struct bus_offset *bus_offsets(
	struct bus_consumer *c, const struct bus_message *messages, int count, int *n);
/* The same of partitions that were read to their ends, where these lie behind what was committed:
 * transactions leave markers that nobody is given. Only of those in which everything is done, and
 * at most twice a second. */
const struct bus_offset *bus_ends(struct bus_consumer *c, int *n);
bool bus_commit_offsets(
	struct bus_consumer *c, const struct bus_offset *list, int n, struct err *e) MUST_CHECK;
/* Says that these and all before them in their partitions are done. */
bool bus_commit(struct bus_consumer *c, const struct bus_message *messages, int n,
	struct err *e) MUST_CHECK;
/* True while the group has given this member its partitions, or said it has none; also while there
 * is no topic at all that it could be given: the client does not join for those. Asks the brokers
 * then, at most once a second. */
bool bus_consumer_joined(struct bus_consumer *c);
/* For each partition that it has: how many messages are behind what is done, and since when (an
 * instant) the oldest of them is there, as far as the client has heard; 0 when none. `held`: how
 * many besides nobody can read yet, as they stand behind the beginning of an open transaction;
 * while the client has something that was not taken from it, they are among the others. */
void bus_each_lag(struct bus_consumer *c,
	void (*each)(void *arg, const char *topic, int64_t messages, int64_t held, int64_t since),
	void *arg);

struct bus_producer;
/* Counts what is on its way for one caller, where several threads share a producer. Zeroed at
 * first. */
struct bus_delivery {
	pthread_mutex_t lock; /* zeroes are an unlocked one, and nobody who waits */
	pthread_cond_t all_said;
	long pending, failed, refused;
	/* Optional: called instead of waiting, see bus_close. */
	void (*told)(struct bus_delivery *d, void *arg);
	void *arg;
};
struct bus_producer *bus_producer_new(const char *brokers, struct err *e) MUST_CHECK;
/* One for many threads that each wait for their own: what they queue at the same moment shares an
 * acknowledgement, which wakes each of them. */
struct bus_producer *bus_producer_shared_new(const char *brokers, struct err *e) MUST_CHECK;
/* One that only asks (bus_ping), which whoever may write nothing may as well. */
struct bus_producer *bus_asker_new(const char *brokers, struct err *e) MUST_CHECK;
void bus_producer_free(struct bus_producer *p);
/* Queues one message (copied); a NULL `data` is a tombstone. Blocks while the queue is full.
 * Thread-safe. `delivery` NULL: the producer's own, for producers that one thread has to itself.
 * ERR_INVALID for one that is too large. */
bool bus_produce_for(struct bus_producer *p, struct bus_delivery *delivery, const char *topic,
	const void *key, size_t key_len, const void *data, size_t len,
	const struct bus_header *headers, size_t n_headers, struct err *e) MUST_CHECK;
static inline bool bus_produce(struct bus_producer *p, const char *topic, const void *key,
	size_t key_len, const void *data, size_t len, const struct bus_header *headers,
	size_t n_headers, struct err *e)
{
	return bus_produce_for(p, 0, topic, key, key_len, data, len, headers, n_headers, e);
}
/* Waits until all that was queued under `delivery` is acknowledged by all in-sync replicas, or has
 * failed, which takes at most about 10 s; ERR_RETRY when something was not acknowledged: produce it
 * all again. ERR_INVALID when the brokers will never take one of the messages (they refuse with it
 * all that travelled beside it). */
bool bus_wait(struct bus_producer *p, struct bus_delivery *delivery, struct err *e) MUST_CHECK;
int bus_producer_queued(struct bus_producer *p); /* messages of which nothing is said yet */
/* Instead of waiting: `told` is called once, in this thread or in the shared producer's, when all
 * is said of what was queued between the two. It may end the delivery's life, and asks bus_outcome
 * what bus_wait would have said. */
void bus_open(struct bus_delivery *d, void (*told)(struct bus_delivery *d, void *arg), void *arg);
void bus_close(struct bus_delivery *d);
bool bus_outcome(struct bus_producer *p, struct bus_delivery *d, struct err *e) MUST_CHECK;
static inline bool bus_flush(struct bus_producer *p, struct err *e)
{
	return bus_wait(p, 0, e);
}

/* Administration. */
struct bus_topic {
	const char *name;
	int partitions;
	bool compacted;
	int64_t retention_ms; /* -1: for ever */
};
bool bus_topic_create(struct bus_producer *p, const struct bus_topic *topic, int replication,
	bool *created, struct err *e) MUST_CHECK;
/* Calls `each` for every existing topic whose name starts with the prefix. */
bool bus_topic_list(struct bus_producer *p, const char *prefix,
	void (*each)(const char *name, int partitions, void *arg), void *arg,
	struct err *e) MUST_CHECK;
enum { BUS_HELD_TEXT = 64 };
struct bus_lag {
	int64_t end, committed; /* summed over partitions; what can be read ends at `end` */
	int64_t held; /* what is behind that, since it or one before it is of an open transaction */
	char held_on[BUS_HELD_TEXT]; /* in which partitions: "0, 3" */
	int64_t lost; /* messages that retention took before anybody read them */
	int64_t oldest_at; /* the timestamp of the oldest message not yet committed; 0 when none */
};
/* Looks at a group's offsets from outside. One that does not ask for what is held sees none. */
struct bus_inspector;
struct bus_inspector *bus_inspector_new(
	const char *brokers, const char *group, bool held, struct err *e) MUST_CHECK;
void bus_inspector_free(struct bus_inspector *i);
/* How far the group is behind on one topic; oldest_at only when asked for, since it reads a message
 * per partition. A group that never committed is behind by everything; a topic that does not exist
 * has nothing. */
bool bus_lag(struct bus_inspector *i, const char *topic, bool want_oldest, struct bus_lag *out,
	struct err *e) MUST_CHECK;
/* Puts the group back on a topic to the first message from an instant on, as its timestamp says,
 * where that lies before what is committed; *messages: how many are read again. Without `really` it
 * only counts. ERR_CONFLICT while the group has members: nothing is done. */
bool bus_rewind(struct bus_inspector *i, const char *topic, int64_t since, bool really,
	int64_t *messages, struct err *e) MUST_CHECK;
/* True when the brokers answer within the time. */
bool bus_ping(struct bus_producer *p, int timeout_ms, struct err *e) MUST_CHECK;
