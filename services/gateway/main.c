/* gateway: the thin HTTP edge.
 *
 * Reads the views of the others; writes terukur.activity.<source> and feedback.submitted, and in
 * its own schema sign-ins and who looked at whose data. A replay is harmless: a client that posts
 * an event again sends a duplicate, which intake recognises. */
#include <stddef.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "gateway.h"
#include "http/http_address.h"
#include "http/http_listen.h"
#include "route.h"
#include "store.h"

static struct gateway gateway;

#define SETTING(field_) offsetof(struct gateway, field_)
static const struct conf_setting settings[] = {
	{"LISTEN", CONF_TEXT, SETTING(listen), "127.0.0.1:8080", 0, 0,
		"where the API and the pages answer", &http_listen_form},
	{"PUBLIC_URL", CONF_TEXT, SETTING(public_url), "http://127.0.0.1:8080", 0, 0,
		"how people reach the pages; with https, cookies are for https alone",
		&http_url_form},
	{"TRUSTED_PROXIES", CONF_TEXT, SETTING(trusted_proxies), "", 0, 0,
		"addresses or CIDR blocks of proxies whose X-Forwarded-For counts",
		&http_blocks_form},
	{"DB_POOL", CONF_INT, SETTING(db_pool), "8", 1, 100, "connections to PostgreSQL", NULL},
	{"DB_WAIT_MS", CONF_INT, SETTING(db_wait_ms), "8000", 0, 600000,
		"milliseconds for which requests wait for a PostgreSQL that is away, no longer "
		"than for themselves",
		NULL},
	{"MAX_CONNECTIONS", CONF_INT, SETTING(max_connections), "256", 1, 10000, "of clients",
		NULL},
	{"MAX_PER_ADDRESS", CONF_INT, SETTING(max_per_address), "64", 1, 10000,
		"of them from one address", NULL},
	{"MAX_PER_TOKEN", CONF_INT, SETTING(max_per_token), "64", 1, 10000,
		"requests under way with one token", NULL},
	{"WORKERS", CONF_INT, SETTING(workers), "128", 1, 10000,
		"threads for the requests that wait for PostgreSQL", NULL},
	{"REQUEST_DEADLINE_MS", CONF_INT, SETTING(request_deadline_ms), "15000", 100, 600000,
		"milliseconds for a whole request to come, and for its answer to go", NULL},
	{"KEEP_ACCESS_DAYS", CONF_INT, SETTING(keep_access_days), "1096", 0, 36500,
		"how long it is kept who looked at whose data: 365 or more; 0: for ever", NULL},
	{"FEEDBACK_PER_HOUR", CONF_INT, SETTING(feedback_per_hour), "30", 0, 1000000,
		"feedback in an hour from one block of addresses about one unit; 0: without bounds",
		NULL},
	{"DRAIN_SECONDS", CONF_INT, SETTING(drain_seconds), "0", 0, 600,
		"for how long it goes on answering after SIGTERM, while nobody new is sent to it "
		"any more",
		NULL},
};

static const char *const caches[] = {
	[GATEWAY_CACHE_WHO] = "who", [GATEWAY_CACHE_ANSWERS] = "answers", NULL};
static const struct metric metrics[GATEWAY_METRICS] = {
	[GATEWAY_REQUESTS] = {METRIC_COUNTER, "terukur_gateway_requests_total",
		"Requests answered; the route as its table has it, none where it has none.",
		"route,status", NULL},
	[GATEWAY_SECONDS] = {METRIC_HISTOGRAM, "terukur_gateway_request_seconds",
		"From the request line on.", NULL, NULL},
	[GATEWAY_EVENTS] = {METRIC_COUNTER, "terukur_gateway_events_total",
		"Events that Kafka acknowledged.", NULL, NULL},
	[GATEWAY_FEEDBACK] = {METRIC_COUNTER, "terukur_gateway_feedback_total",
		"Citizens' feedback that Kafka acknowledged.", NULL, NULL},
	[GATEWAY_POOL_SIZE] = {METRIC_GAUGE, "terukur_gateway_pool_connections",
		"Connections to PostgreSQL that requests share.", NULL, NULL},
	[GATEWAY_POOL_IN_USE] = {METRIC_GAUGE, "terukur_gateway_pool_in_use",
		"Of them, those that a request has.", NULL, NULL},
	[GATEWAY_POOL_SECONDS] = {METRIC_HISTOGRAM, "terukur_gateway_pool_wait_seconds",
		"How long a request waited for one.", NULL, NULL},
	[GATEWAY_POOL_EMPTY] = {METRIC_COUNTER, "terukur_gateway_pool_empty_total",
		"Requests that got none in time.", NULL, NULL},
	[GATEWAY_CACHE_HITS] = {METRIC_COUNTER, "terukur_gateway_cache_hits_total",
		"What was known in memory: who asks, and public answers.", "cache", caches},
	[GATEWAY_CACHE_MISSES] = {METRIC_COUNTER, "terukur_gateway_cache_misses_total",
		"What PostgreSQL was asked for instead.", "cache", caches},
};

static const struct service_timer timers[] = {
	{.name = "housekeeping", .every_ms = 5000, .run = gateway_keep_house},
};

static bool start(const struct service *s, struct err *e)
{
	return gateway_start(s->values, gateway_routes, gateway_routes_n, e);
}

static void stop(const struct service *s)
{
	gateway_stop(s->values);
}

int main(int argc, char **argv)
{
	const struct service service = {
		.name = "gateway",
		.summary =
			"the thin HTTP edge: authenticates, checks the shape, publishes, answers; "
			"serves the web pages",
		.settings = settings,
		.n_settings = COUNT(settings),
		.values = &gateway,
		.statements = store_statements,
		.n_statements = store_statements_n,
		.ready_without_kafka = true,
		.drain_seconds = &gateway.drain_seconds,
		.metrics = metrics,
		.n_metrics = GATEWAY_METRICS,
		.timers = timers,
		.n_timers = COUNT(timers),
		.start = start,
		.stop = stop,
	};
	return service_main(&service, argc, argv);
}
