#include "gateway.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "appraisal/roster.h"
#include "base/clock.h"
#include "kept.h"
#include "scores.h"
#include "store.h"
#include "visit.h"

/* With a thread for each connection the allocator would keep free memory for each of many. */
enum { DECODERS = 4, ARENAS = 2 };

static void count(void *context, const struct http_request *r, int status, int64_t micros)
{
	(void)context;
	(void)r;
	metric_add(service_metric_base() + GATEWAY_REQUESTS, status / 100 - 2, 1);
	metric_observe(service_metric_base() + GATEWAY_SECONDS, (double)micros / 1e6);
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
	g->pool = pool_new(
		(int)g->db_pool, database, "gateway", store_statements, store_statements_n);
	g->registry = snapshot_new(database, &roster_snapshot);
	g->known = known_new();
	g->under_way = share_new((unsigned)g->max_per_token);
	g->scores = g->pool ? scores_new(g->pool) : NULL;
	g->kept = kept_new();
	return g->pool && g->registry && g->known && g->under_way && g->scores && g->kept;
}

bool gateway_start(struct gateway *g, const struct route *routes, size_t n, struct err *e)
{
	const struct service_common *common = service_settings();
	if (!serve(g, routes, n))
		return err_set(e, ERR_FATAL, "out of memory");
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
	together_free(g->scores);
	share_free(g->under_way);
	known_free(g->known);
	pool_free(g->pool);
	snapshot_free(g->registry);
	free(g->served);
}

bool gateway_keep_house(struct worker *w, struct err *e)
{
	const struct gateway *g = w->service->values;
	if (atomic_load(&g->producer_broken))
		return err_set(e, ERR_FATAL, "the Kafka client gave up");
	return store_sessions_expire(w->db, clock_now(), e);
}
