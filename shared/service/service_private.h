/* service_private: what service.c and service_worker.c share; nobody else includes it. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "service/service.h"

enum worker_state { WORKER_STARTING, WORKER_READY, WORKER_WAITING };

/* One thread: a consumer's, or a timer's. */
struct service_thread {
	pthread_t id;
	bool started;
	struct worker worker;
	const struct service_subscription *subscription; /* NULL: a timer */
	const struct service_timer *timer;
	char name[64];
	struct bus_consumer *consumer;
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
	SKELETON_METRICS
};
int service_skeleton_metric(enum skeleton_metric metric);
