#include "service/service_private.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "http/http_listen.h"
#include "service/build.h"
#include "service/services.h"

enum {
	MAX_THREADS = 64,
	STUCK_SECONDS = 120,
	MONITOR_MS = 2000,
	SILENT_SECONDS = 5,
	WAITING_SECONDS = 10,
	STOP_SECONDS = 8
};

static struct {
	const struct service *service;
	struct service_common common;
	int skeleton_metrics, own_metrics;
	struct service_thread threads[MAX_THREADS];
	int n_threads;
	atomic_bool draining, stopping;
	atomic_int exit_code;
	struct http_server *ops;
	pthread_t monitor;
	struct snapshot *registry;
	struct bus_producer *asker; /* the monitor's */
	struct db *db; /* likewise */
	atomic_llong asked; /* when the monitor asked what it waits for; 0: it waits for nothing */
	pthread_mutex_t lock; /* of away */
	char away[200]; /* the dependency that does not answer; "" when all do */
	bool away_matters; /* it makes /readyz false */
} self = {.lock = PTHREAD_MUTEX_INITIALIZER, .away = "starting", .away_matters = true};

static char default_instance[65], default_ops[32];

static const struct conf_setting common_table[] = {
	{"KAFKA_BROKERS", CONF_TEXT, offsetof(struct service_common, brokers), NULL, 0, 0,
		"Kafka's bootstrap servers, host:port,…", NULL},
	{"DATABASE_URL", CONF_SECRET, offsetof(struct service_common, database), NULL, 0, 0,
		"PostgreSQL, as postgresql://role:password@host/database", &db_url_form},
	{"OPS_LISTEN", CONF_TEXT, offsetof(struct service_common, ops_listen), default_ops, 0, 0,
		"where /livez, /readyz and /metrics answer", &http_listen_form},
	{"LOG_LEVEL", CONF_TEXT, offsetof(struct service_common, log_level), "info", 0, 0,
		"least level logged: debug, info, warn, error", NULL},
	{"INSTANCE", CONF_TEXT, offsetof(struct service_common, instance), default_instance, 0, 0,
		"a name unique to this replica", NULL},
};
enum { COMMON_SETTINGS = COUNT(common_table) };

static const struct metric skeleton_metrics[SKELETON_METRICS] = {
	[SKELETON_MESSAGES] = {METRIC_COUNTER, "terukur_messages_total", "Messages dealt with.",
		NULL, NULL},
	[SKELETON_BATCHES] = {METRIC_COUNTER, "terukur_batches_total", "Batches dealt with.", NULL,
		NULL},
	[SKELETON_FAILURES] = {METRIC_COUNTER, "terukur_failures_total",
		"Attempts that will be repeated.", NULL, NULL},
	[SKELETON_REFUSED] = {METRIC_COUNTER, "terukur_refused_total",
		"Messages that could not be dealt with: put aside or passed over.", NULL, NULL},
	[SKELETON_SECONDS] = {METRIC_HISTOGRAM, "terukur_batch_seconds",
		"From a batch's being there until its offsets moved.", NULL, NULL},
	[SKELETON_LAG_MESSAGES] = {METRIC_GAUGE, "terukur_lag_messages",
		"Messages that are not dealt with, of the partitions that a worker has.",
		"topic,worker", NULL},
	[SKELETON_LAG_SECONDS] = {METRIC_GAUGE, "terukur_lag_seconds",
		"Age of the oldest message that is not dealt with.", "topic,worker", NULL},
	[SKELETON_HELD] = {METRIC_GAUGE, "terukur_held_messages",
		"Messages behind an upstream's open transaction, which nobody can read yet.",
		"topic,worker", NULL},
	[SKELETON_LOST] = {METRIC_COUNTER, "terukur_lost_messages_total",
		"Messages that retention took before they were read.", "topic", NULL},
	[SKELETON_REBALANCES] = {METRIC_COUNTER, "terukur_rebalances_total",
		"Partitions given to a worker, or taken away.", NULL, NULL},
	[SKELETON_RECONNECTS] = {METRIC_COUNTER, "terukur_postgresql_reconnects_total",
		"Connections to PostgreSQL that took the place of lost ones.", NULL, NULL},
	[SKELETON_BUILD] = {METRIC_GAUGE, "terukur_build_info", "What is running; always 1.",
		"version,revision", NULL},
	[SKELETON_READY] = {METRIC_GAUGE, "terukur_ready",
		"1 while /readyz says so; 0 while something is waited for.", NULL, NULL},
	[SKELETON_SILENT] = {METRIC_GAUGE, "terukur_silent_seconds",
		"How long the worker that is held up the longest has shown no progress.", NULL,
		NULL},
	[SKELETON_OLDER] = {METRIC_GAUGE, "terukur_store_older",
		"Workers that find the store older than what they have read: it was restored.",
		NULL, NULL},
};

const struct service_common *service_settings(void)
{
	return &self.common;
}

int service_metric_base(void)
{
	return self.own_metrics;
}

int service_skeleton_metric(enum skeleton_metric metric)
{
	return self.skeleton_metrics + (int)metric;
}

bool service_stopping(void)
{
	return atomic_load(&self.stopping);
}

void service_exit(int code)
{
	int fine = EXIT_OK;
	atomic_compare_exchange_strong(&self.exit_code, &fine, code);
	kill(getpid(), SIGTERM);
}

void service_sleep(int ms)
{
	for (; ms > 0 && !service_stopping(); ms -= 50)
		nanosleep(&(struct timespec){.tv_nsec = (ms < 50 ? ms : 50) * 1000000L}, NULL);
}

bool worker_registry(struct worker *w, struct snapshot_hold *held, struct err *e)
{
	bool fresh;
	if (!snapshot_refresh(w->registry, held, &fresh, e))
		return false;
	if (fresh)
		log_info("registry read", LOG_I("version", held->version));
	return true;
}

/* The ops port */

/* Since when one of the workers has shown no progress. */
static int64_t silent_since(void)
{
	int64_t oldest = clock_monotonic();
	for (int i = 0; i < self.n_threads; i++) {
		int64_t progress = atomic_load(&self.threads[i].progress);
		oldest = progress < oldest ? progress : oldest;
	}
	return oldest;
}

static bool ops_livez(void *context, struct http_request *r)
{
	(void)context;
	if (clock_monotonic() - silent_since() > STUCK_SECONDS * CLOCK_SECOND)
		return http_problem(
			r, 503, "stuck", "a worker has made no progress for two minutes");
	return http_json(r, 200, json_pack("{s:s}", "status", "ok"));
}

static void ops_add_waiting(json_t *list, struct service_thread *t)
{
	enum worker_state state = atomic_load(&t->state);
	if (state == WORKER_READY)
		return;
	pthread_mutex_lock(&t->lock);
	json_array_append_new(
		list, json_sprintf("%s: %s", t->name,
			      state == WORKER_STARTING ? "starting" : t->waiting_for));
	pthread_mutex_unlock(&t->lock);
}

/* Whether it is ready, and for what it waits. */
static bool ops_ready(json_t *waiting)
{
	size_t bearable = 0;
	if (atomic_load(&self.draining) || service_stopping())
		json_array_append_new(waiting, json_string("stopping"));
	pthread_mutex_lock(&self.lock);
	if (*self.away) {
		json_array_append_new(waiting, json_string(self.away));
		bearable += !self.away_matters;
	}
	pthread_mutex_unlock(&self.lock);
	int64_t asked = atomic_load(&self.asked);
	if (asked && clock_monotonic() - asked > SILENT_SECONDS * CLOCK_SECOND)
		json_array_append_new(waiting,
			json_string("PostgreSQL or Kafka holds the line and says nothing"));
	for (int i = 0; i < self.n_threads; i++)
		ops_add_waiting(waiting, &self.threads[i]);
	return json_array_size(waiting) == bearable;
}

static bool ops_readyz(void *context, struct http_request *r)
{
	(void)context;
	json_t *waiting = json_array();
	bool ready = ops_ready(waiting);
	return http_json(r, ready ? 200 : 503,
		json_pack("{s:b, s:o}", "ready", ready, "waiting_for", waiting));
}

static bool ops_metrics(void *context, struct http_request *r)
{
	(void)context;
	json_auto_t *waiting = json_array();
	metric_set(service_skeleton_metric(SKELETON_READY), 0, ops_ready(waiting));
	metric_set(service_skeleton_metric(SKELETON_SILENT), 0,
		(double)(clock_monotonic() - silent_since()) / 1e6);
	BUF_AUTO text;
	buf_init(&text, 1024 * 1024);
	metrics_print(&text);
	return http_body(r, 200, "text/plain; version=0.0.4; charset=utf-8", text.data, text.len);
}

static const struct http_route ops_routes[] = {
	{"GET", "/livez", ops_livez, 0, true},
	{"GET", "/readyz", ops_readyz, 0, true},
	{"GET", "/metrics", ops_metrics, 0, false},
};

/* What waits in the store, as gauges. */
static void monitor_waiting(int64_t *asked)
{
	const struct service *s = self.service;
	DB_RESULT_AUTO *rows = NULL;
	struct err e = {0};
	int64_t now = clock_monotonic();
	if (!s->waiting || (*asked && now - *asked < WAITING_SECONDS * CLOCK_SECOND) ||
		!db_run(self.db, s->waiting, NULL, 0, &rows, &e))
		return;
	*asked = now;
	for (int i = 0; i < s->waiting_metrics; i++)
		metric_set(self.own_metrics + s->waiting_metric + i, 0, (double)db_int(rows, 0, i));
}

/* Asks both dependencies whether they are there; /readyz tells. In a thread of its own: a server
 * that has been stopped holds the question for as long as it likes. */
static void *monitor(void *arg)
{
	int64_t waiting = 0;
	while (!service_stopping()) {
		struct err e = {0};
		atomic_store(&self.asked, clock_monotonic());
		bool stored = db_script(self.db, "SELECT 1", &e);
		if (stored)
			monitor_waiting(&waiting);
		bool there = stored && bus_ping(self.asker, MONITOR_MS / 2, &e);
		atomic_store(&self.asked, 0);
		pthread_mutex_lock(&self.lock);
		text_format(self.away, sizeof self.away, "%s", there ? "" : e.text);
		self.away_matters = !stored || !self.service->ready_without_kafka;
		pthread_mutex_unlock(&self.lock);
		service_sleep(MONITOR_MS);
	}
	return arg;
}

/* Start and stop */

static bool start_threads(struct err *e)
{
	const struct service *s = self.service;
	for (size_t i = 0; i < s->n_subscriptions; i++)
		for (int k = 0; k < s->subscriptions[i].threads; k++)
			self.threads[self.n_threads++] = (struct service_thread){
				.worker = {.service = s, .registry = self.registry, .number = k},
				.subscription = &s->subscriptions[i]};
	for (size_t i = 0; i < s->n_timers; i++)
		self.threads[self.n_threads++] =
			(struct service_thread){.worker = {.service = s, .registry = self.registry},
				.timer = &s->timers[i]};
	for (int i = 0; i < self.n_threads; i++)
		if (!service_thread_start(&self.threads[i], e))
			return false;
	return true;
}

static bool start(struct err *e)
{
	const struct http_config ops = {
		.listen = self.common.ops_listen,
		.routes = ops_routes,
		.n_routes = COUNT(ops_routes),
		.max_connections = 32,
		.workers = 2,
		.max_per_address = 32,
		.request_deadline_ms = 5000,
	};
	self.db = db_new(self.common.database, self.service->name, self.service->statements,
		self.service->waiting ? self.service->n_statements : 0);
	self.asker = bus_asker_new(self.common.brokers, e);
	if (self.service->registry)
		self.registry = snapshot_new(self.common.database, self.service->registry);
	return self.asker && (self.ops = http_start(&ops, e)) &&
	       (!self.service->start || self.service->start(self.service, e)) && start_threads(e) &&
	       (pthread_create(&self.monitor, NULL, monitor, NULL) == 0 ||
		       err_set(e, ERR_FATAL, "no thread could be started"));
}

static void join(pthread_t thread, const char *name, const struct timespec *deadline)
{
	if (pthread_timedjoin_np(thread, NULL, deadline) == 0)
		return;
	log_warn("cut off at the deadline", LOG_S("worker", name));
	_exit(atomic_load(&self.exit_code));
}

/* Whatever else holds up the stop: a query of the gateway's that a stopped server does not answer.
 */
static void cut_off(int signal)
{
	(void)signal;
	_exit(atomic_load(&self.exit_code));
}

/* Joins every thread by the deadline. What is cut off then was in no transaction that committed, or
 * had moved no offset: the next start does it again. */
static void stop(void)
{
	struct timespec deadline;
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += STOP_SECONDS;
	signal(SIGALRM, cut_off);
	alarm(STOP_SECONDS + 1);
	for (int i = 0; i < self.n_threads; i++)
		if (self.threads[i].started)
			join(self.threads[i].id, self.threads[i].name, &deadline);
	join(self.monitor, "monitor", &deadline);
	if (self.service->stop)
		self.service->stop(self.service);
	http_stop(self.ops);
	snapshot_free(self.registry);
	bus_producer_free(self.asker);
	db_free(self.db);
}

/* Whoever sends it work learns meanwhile from /readyz that it is to go elsewhere. */
static void drain(const sigset_t *signals)
{
	const struct service *s = self.service;
	atomic_store(&self.draining, true);
	if (!s->drain_seconds || *s->drain_seconds == 0 || atomic_load(&self.exit_code) != EXIT_OK)
		return;
	log_info("draining", LOG_I("seconds", *s->drain_seconds));
	http_dismiss();
	const struct timespec most = {.tv_sec = *s->drain_seconds};
	while (sigtimedwait(signals, NULL, &most) < 0 && errno == EINTR)
		;
}

static int serve(void)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	struct err e = {0};
	if (!start(&e)) {
		log_error("cannot start", &e);
		return e.code == ERR_RETRY ? EXIT_DEPENDENCY : EXIT_SETTINGS;
	}
	log_info("started", LOG_S("ops", self.common.ops_listen),
		LOG_S("instance", self.common.instance));
	while (sigwaitinfo(&signals, NULL) < 0 && errno == EINTR)
		;
	drain(&signals);
	atomic_store(&self.stopping, true);
	log_info("stopping");
	stop();
	log_info("stopped", LOG_I("exit_code", atomic_load(&self.exit_code)));
	return atomic_load(&self.exit_code);
}

static int check(void)
{
	struct err e = {0};
	self.db = db_new(self.common.database, self.service->name, self.service->statements,
		self.service->n_statements);
	self.asker = bus_asker_new(self.common.brokers, &e);
	bool set = self.asker != NULL;
	bool ok = set && db_connect(self.db, &e) && bus_ping(self.asker, 5000, &e);
	bus_producer_free(self.asker);
	db_free(self.db);
	if (!ok) {
		fprintf(stderr, "%s: %s\n", self.service->name, e.text);
		return set ? EXIT_DEPENDENCY : EXIT_SETTINGS;
	}
	printf("%s: settings are right, PostgreSQL and Kafka answer, %zu statements prepare\n",
		self.service->name, self.service->n_statements);
	return EXIT_OK;
}

static int help(const struct service *s)
{
	printf("%s: %s\n\nUsage: %s [--help | --check]\n\n", s->name, s->summary, s->name);
	printf("Settings, from the environment, or from the file that <NAME>_FILE names:\n");
	conf_help(stdout, common_table, COMMON_SETTINGS);
	conf_help(stdout, s->settings, s->n_settings);
	printf("  KAFKA_…                any other librdkafka property: KAFKA_SECURITY_PROTOCOL "
	       "sets security.protocol\n\n");
	printf("--check reads the settings, prepares every SQL statement, asks Kafka, and "
	       "exits.\n");
	printf("Exit codes: 0 stopped by SIGTERM, 100 wrong settings, 111 a dependency stays "
	       "away.\n");
	return EXIT_OK;
}

static bool settings(const struct service *s)
{
	struct err e = {0};
	enum log_level level;
	gethostname(default_instance, sizeof default_instance - 1);
	bool ok = conf_load(common_table, COMMON_SETTINGS, &self.common, &e) &&
		  conf_load(s->settings, s->n_settings, s->values, &e);
	if (ok && !log_level_parse(self.common.log_level, &level))
		ok = err_set(&e, ERR_FATAL, "LOG_LEVEL must be debug, info, warn or error");
	if (!ok) {
		fprintf(stderr, "%s: %s\nSee %s --help.\n", s->name, e.text, s->name);
		return false;
	}
	log_init(s->name, level);
	db_introduce(self.common.instance);
	return true;
}

int service_main(const struct service *s, int argc, char **argv)
{
	bool only_check = argc == 2 && strcmp(argv[1], "--check") == 0;
	const struct service_row *row = service_row_find(s->name);
	if (!row) {
		fprintf(stderr, "%s: has no row in the table of services\n", s->name);
		return EXIT_SETTINGS;
	}
	self.service = s;
	snprintf(default_ops, sizeof default_ops, "127.0.0.1:%d", row->ops_port);
	snprintf(default_instance, sizeof default_instance, "the host's name");
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return help(s);
	if (argc > 1 && !only_check) {
		fprintf(stderr,
			"%s: takes --help or --check, or nothing; settings come from the "
			"environment\n",
			s->name);
		return EXIT_SETTINGS;
	}
	if (!digest_init() || !settings(s))
		return EXIT_SETTINGS;
	json_object_seed(0);
	/* Few, so that a batch's memory is used again by the next, whichever thread it is in; with
	 * half of them the workers wait for the clients' threads. */
	mallopt(M_ARENA_MAX, 8);
	mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	self.skeleton_metrics = metrics_register(skeleton_metrics, SKELETON_METRICS);
	self.own_metrics = metrics_register(s->metrics, s->n_metrics);
	int build = service_skeleton_metric(SKELETON_BUILD);
	metric_set(build, metric_label(build, VERSION "," REVISION), 1);
	return only_check ? check() : serve();
}
