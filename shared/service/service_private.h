/* service_private: what service.c and service_worker.c share; nobody else includes it. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "service/service.h"

enum worker_state { WORKER_STARTING, WORKER_READY, WORKER_WAITING };

/* How far the store is known to have come, partition by partition. */
struct reading_place {
	char *topic;
	int32_t partition;
	int64_t known; /* everything before this offset is in the store */
};
struct reading {
	struct reading_place *list;
	int n;
	int64_t checked; /* monotonic µs */
	bool older; /* it was not so far any more */
	unsigned connection; /* over which it was checked, see db_connections */
};

/* What a thread last said in /metrics. */
struct figures_topic {
	char *name;
	int messages_label, seconds_label, held_label;
	int64_t messages, held, since;
};
struct figures {
	struct figures_topic *topics;
	int n;
	int64_t told; /* monotonic µs */
	unsigned connections;
};

/* One thread: a consumer's, or a timer's. */
struct service_thread {
	pthread_t id;
	bool started;
	struct worker worker;
	const struct service_subscription *subscription; /* NULL: a timer */
	const struct service_timer *timer;
	char name[64];
	struct bus_consumer *consumer;
	struct reading reading;
	struct figures figures;
	_Atomic int64_t progress; /* when its loop last turned, monotonic µs */
	_Atomic enum worker_state state;
	pthread_mutex_t lock; /* of waiting_for */
	char waiting_for[200];
};

bool service_thread_start(struct service_thread *t, struct err *e) MUST_CHECK;
/* Ends the program with this exit code, in order. */
void service_exit(int code);

/* The skeleton's own metrics. */
enum skeleton_metric {
	SKELETON_MESSAGES,
	SKELETON_BATCHES,
	SKELETON_FAILURES,
	SKELETON_REFUSED,
	SKELETON_SECONDS,
	SKELETON_LAG_MESSAGES,
	SKELETON_LAG_SECONDS,
	SKELETON_HELD,
	SKELETON_LOST,
	SKELETON_REBALANCES,
	SKELETON_RECONNECTS,
	SKELETON_BUILD,
	SKELETON_READY,
	SKELETON_SILENT,
	SKELETON_OLDER,
	SKELETON_METRICS
};
int service_skeleton_metric(enum skeleton_metric metric);

/* service_reading.c: a service without a table of how far it has read has none of this. */
#define READING_OLD \
	"the store is older than what was read from Kafka: it was restored from a backup. " \
	"Restart this service, and it reads again from there"
/* Fails with READING_OLD (ERR_RETRY) when the store holds less than is known that it did. Looks
 * once a second, and over each new connection. */
bool reading_check(struct service_thread *t, struct err *e) MUST_CHECK;
/* Notes offsets behind which everything is in the store, before Kafka is told. Fails likewise, and
 * notes nothing then. */
bool reading_note(
	struct service_thread *t, const struct bus_offset *list, int n, struct err *e) MUST_CHECK;
/* For bus_consumer_config; the argument is the thread. */
bool reading_resume(void *thread, struct bus_resume *list, int n, struct err *e) MUST_CHECK;
void reading_lost(void *thread, const char *topic, int32_t partition, int64_t from, int64_t until);
void reading_done(struct reading *r);

/* service_figures.c */
void figures_tell(struct service_thread *t); /* at most once a second */
void figures_rebalanced(void *thread);
void figures_done(struct figures *f);
