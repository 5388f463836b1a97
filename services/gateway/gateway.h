/* gateway: what every request's handler has at hand. */
#pragma once

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus.h"
#include "db/snapshot.h"
#include "http/http.h"
#include "known.h"
#include "pool.h"
#include "quota.h"
#include "route.h"
#include "service/service.h"
#include "share.h"
#include "together.h"

struct gateway {
	/* settings */
	char *listen, *public_url, *trusted_proxies;
	int64_t db_pool, db_wait_ms, max_connections, max_per_address, max_per_token, workers,
		request_deadline_ms, keep_access_days, drain_seconds, feedback_per_hour;

	const struct route *routes;
	struct http_route *served; /* the same, in the same order, as the server wants them */
	struct pool *pool;
	struct known *known; /* who asked lately */
	struct share *under_way; /* requests, by token */
	struct together *scores; /* see scores.h */
	struct kept *kept; /* see kept.h */
	struct web *web; /* pages and words, see web.h */
	struct snapshot *registry; /* of rosters: what each day asks of people */
	struct quota *feedback; /* of strangers, see quota.h */
	pthread_mutex_t key_lock;
	uint8_t key[32]; /* of tracking codes, once has_key */
	bool has_key;
	struct bus_producer *out; /* shared by all threads */
	struct http_server *http;
	int32_t looks_kept; /* the last day on which old looks were forgotten; the timer's own */
	sem_t decoders; /* of events: parsed, one takes up to fifty times its size */
	atomic_bool producer_broken; /* librdkafka gave up: the program is to end, and be started
					anew */
};

/* `g` holds the settings. Listens at once, whether PostgreSQL and Kafka are there or not. */
bool gateway_start(
	struct gateway *g, const struct route *routes, size_t n, struct err *e) MUST_CHECK;
void gateway_stop(struct gateway *g); /* after the requests under way */

/* A timer: a producer that has given up ends the program; old sessions and
 * looks are deleted. */
bool gateway_keep_house(struct worker *w, struct err *e) MUST_CHECK;

/* For the metrics: a connection of the pool was had after so long, or not; and given back. */
void gateway_count_wait(bool had, int64_t micros);
void gateway_count_given(void);

enum gateway_metric {
	GATEWAY_REQUESTS,
	GATEWAY_SECONDS,
	GATEWAY_EVENTS,
	GATEWAY_FEEDBACK,
	GATEWAY_POOL_SIZE,
	GATEWAY_POOL_IN_USE,
	GATEWAY_POOL_SECONDS,
	GATEWAY_POOL_EMPTY,
	GATEWAY_CACHE_HITS,
	GATEWAY_CACHE_MISSES,
	GATEWAY_METRICS
};
enum gateway_cache { GATEWAY_CACHE_WHO, GATEWAY_CACHE_ANSWERS }; /* the label of the last two */
void gateway_count_cache(enum gateway_cache cache, bool hit);
