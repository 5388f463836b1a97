#include "gateway.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appraisal/roster.h"
#include "base/clock.h"
#include "base/log.h"
#include "kept.h"
#include "scores.h"
#include "service/retention.h"
#include "store.h"
#include "visit.h"
#include "web.h"

/* With a thread for each connection the allocator would keep free memory for each of many. */
enum { DECODERS = 4, ARENAS = 2 };
/* One worker in so many is left for what needs no PostgreSQL when that is waited for. */
enum { WORKERS_SPARED = 4 };
/* The database forgets no look sooner, whoever asks. */
enum { ACCESS_DAYS_LEAST = 365 };

static void answered(struct http_request *r, const char *route, int status, int64_t micros)
{
	char trace[TRACE_ID_TEXT];
	log_debug("request answered", LOG_S("route", route), LOG_I("status", status),
		LOG_I("micros", micros), LOG_S("request", r->request_id),
		LOG_S("trace", http_trace_id(r, trace)));
}

static void count(void *context, struct http_request *r, int status, int64_t micros)
{
	const struct gateway *g = context;
	const struct route *row = r->route ? &g->routes[r->row] : NULL;
	int metric = service_metric_base() + GATEWAY_REQUESTS;
	char route[160], label[200];
	snprintf(route, sizeof route, "%s%s%s", row ? row->method : "none", row ? " " : "",
		row ? row->path : "");
	snprintf(label, sizeof label, "%s,%dxx", route, status / 100);
	if (log_enabled(LOG_DEBUG))
		answered(r, route, status, micros);
	metric_add(metric, metric_label(metric, label), 1);
	metric_observe(service_metric_base() + GATEWAY_SECONDS, (double)micros / 1e6);
}

void gateway_count_wait(bool had, int64_t micros)
{
	int base = service_metric_base();
	metric_add(base + (had ? GATEWAY_POOL_IN_USE : GATEWAY_POOL_EMPTY), 0, 1);
	metric_observe(base + GATEWAY_POOL_SECONDS, (double)micros / 1e6);
}

void gateway_count_given(void)
{
	metric_add(service_metric_base() + GATEWAY_POOL_IN_USE, 0, -1);
}

void gateway_count_cache(enum gateway_cache cache, bool hit)
{
	metric_add(service_metric_base() + (hit ? GATEWAY_CACHE_HITS : GATEWAY_CACHE_MISSES),
		(int)cache, 1);
}

static bool serve(struct gateway *g, const struct route *routes, size_t n)
{
	g->routes = routes;
	g->served = calloc(n, sizeof *g->served);
	for (size_t i = 0; g->served && i < n; i++)
		g->served[i] = (struct http_route){routes[i].method, routes[i].path, visit_handle,
			routes[i].body ? routes[i].body->most : 0, true};
	return g->served;
}

/* What handlers share. */
static bool prepare(struct gateway *g, const char *database)
{
	const struct pool_config pool = {
		.size = (int)g->db_pool,
		.url = database,
		.application = "gateway",
		.table = store_statements,
		.n = store_statements_n,
		.wait_ms = g->db_wait_ms < g->request_deadline_ms ? g->db_wait_ms
								  : g->request_deadline_ms,
		.most_waiting = (int)(g->workers - g->workers / WORKERS_SPARED),
	};
	g->pool = pool_new(&pool);
	g->registry = snapshot_new(database, &roster_snapshot);
	g->known = known_new();
	g->under_way = share_new((unsigned)g->max_per_token);
	g->scores = g->pool ? scores_new(g->pool) : NULL;
	g->kept = kept_new();
	g->feedback = quota_new(g->feedback_per_hour);
	pthread_mutex_init(&g->key_lock, NULL);
	return g->pool && g->registry && g->known && g->under_way && g->scores && g->kept &&
	       g->feedback;
}

bool gateway_start(struct gateway *g, const struct route *routes, size_t n, struct err *e)
{
	const struct service_common *common = service_settings();
	if (g->keep_access_days && g->keep_access_days < ACCESS_DAYS_LEAST)
		return err_set(e, ERR_FATAL,
			"KEEP_ACCESS_DAYS must be 0, which is for ever, or at least %d",
			ACCESS_DAYS_LEAST);
	if (!serve(g, routes, n))
		return err_set(e, ERR_FATAL, "out of memory");
	g->web = web_new(e);
	if (!g->web)
		return false;
	const struct http_config config = {
		.listen = g->listen,
		.routes = g->served,
		.n_routes = n,
		.context = g,
		.max_connections = (unsigned)g->max_connections,
		.max_per_address = (unsigned)g->max_per_address,
		.workers = (unsigned)g->workers,
		.request_deadline_ms = (int)g->request_deadline_ms,
		.trusted_proxies = g->trusted_proxies,
		.admit = visit_admit,
		.drop = visit_drop,
		.done = count,
	};
	mallopt(M_ARENA_MAX, ARENAS);
	sem_init(&g->decoders, 0, DECODERS);
	metric_set(service_metric_base() + GATEWAY_POOL_SIZE, 0, (double)g->db_pool);
	if (!prepare(g, common->database))
		return err_set(e, ERR_FATAL, "out of memory");
	g->out = bus_producer_shared_new(common->brokers, e);
	return g->out && (g->http = http_start(&config, e));
}

void gateway_stop(struct gateway *g)
{
	http_stop(g->http);
	bus_producer_free(g->out);
	kept_free(g->kept);
	quota_free(g->feedback);
	pthread_mutex_destroy(&g->key_lock);
	web_free(g->web);
	together_free(g->scores);
	share_free(g->under_way);
	known_free(g->known);
	pool_free(g->pool);
	snapshot_free(g->registry);
	free(g->served);
}

bool gateway_keep_house(struct worker *w, struct err *e)
{
	struct gateway *g = w->service->values;
	if (atomic_load(&g->producer_broken))
		return err_set(e, ERR_FATAL, "the Kafka client gave up");
	const struct retention rule = {store_forget_access, g->keep_access_days};
	return store_sessions_expire(w->db, clock_now(), e) &&
	       store_repetitions_expire(w->db, clock_date(clock_now()), e) &&
	       retention_keep(w, &rule, 1, &g->looks_kept, e);
}
