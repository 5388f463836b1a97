#include "service/service_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "messages/emit.h"
#include "service/services.h"

enum { BACKOFF_FIRST_MS = 100, BACKOFF_MOST_MS = 5000, IDLE_MS = 200, QUEUE_KIB = 2048 };

static void thread_turned(struct service_thread *t)
{
	atomic_store(&t->progress, clock_monotonic());
}

static void thread_ready(struct service_thread *t)
{
	thread_turned(t);
	atomic_store(&t->state, WORKER_READY);
}

/* Logs why it waits, says so to /readyz, and sleeps: longer each time. False when the program ends.
 */
static bool thread_back_off(struct service_thread *t, const struct err *e, int *ms)
{
	if (service_stopping())
		return false;
	if (e->code == ERR_FATAL) {
		log_error("cannot go on", e, LOG_S("worker", t->name));
		service_exit(EXIT_DEPENDENCY);
		return false;
	}
	log_error("waiting, then trying again", e, LOG_S("worker", t->name), LOG_I("wait_ms", *ms));
	pthread_mutex_lock(&t->lock);
	text_format(t->waiting_for, sizeof t->waiting_for, "%s", e->text);
	pthread_mutex_unlock(&t->lock);
	atomic_store(&t->state, WORKER_WAITING);
	metric_add(service_skeleton_metric(SKELETON_FAILURES), 0, 1);
	thread_turned(t);
	figures_tell(t);
	service_sleep(*ms);
	*ms = *ms * 2 < BACKOFF_MOST_MS ? *ms * 2 : BACKOFF_MOST_MS;
	return !service_stopping();
}

/* Calls step until it succeeds; false when the program ends first. */
static bool thread_insist(struct service_thread *t,
	bool (*step)(struct service_thread *t, void *arg, struct err *e), void *arg)
{
	for (int ms = BACKOFF_FIRST_MS;;) {
		struct err e = {0};
		thread_turned(t);
		if (step(t, arg, &e))
			return true;
		db_rollback(t->worker.db);
		if (!thread_back_off(t, &e, &ms))
			return false;
	}
}

static bool thread_connect(struct service_thread *t, void *arg, struct err *e)
{
	(void)arg;
	return db_connect(t->worker.db, e);
}

static bool thread_open(struct service_thread *t, void *arg, struct err *e)
{
	(void)arg;
	bool (*open)(struct worker *, struct err *) =
		t->subscription ? t->subscription->open : t->timer->open;
	return !open || open(&t->worker, e);
}

static bool thread_subscribe(struct service_thread *t, void *arg, struct err *e)
{
	(void)arg;
	char instance[128];
	/* The thread first: partitions are dealt out in the order of these names, so each replica's
	 * first threads have one more before any second one has. */
	snprintf(
		instance, sizeof instance, "%d-%s", t->worker.number, service_settings()->instance);
	const struct bus_consumer_config config = {
		.brokers = service_settings()->brokers,
		.group = t->subscription->group,
		.instance = instance,
		.topics = t->subscription->topics,
		.queue_kib = t->subscription->queue_kib ? t->subscription->queue_kib : QUEUE_KIB,
		.resume = reading_resume,
		.lost = reading_lost,
		.rebalanced = figures_rebalanced,
		.arg = t,
	};
	reading_done(&t->reading);
	t->consumer = bus_consumer_new(&config, e);
	return t->consumer != NULL;
}

/* Puts a new consumer in the place of one that is done for. False when the program ends first. */
static bool thread_renew(struct service_thread *t, const struct err *e)
{
	int ms = BACKOFF_FIRST_MS;
	if (!thread_back_off(t, e, &ms))
		return false;
	bus_consumer_free(t->consumer);
	t->consumer = NULL;
	return thread_insist(t, thread_subscribe, NULL);
}

void worker_progress(struct worker *w)
{
	thread_turned(
		(struct service_thread *)((char *)w - offsetof(struct service_thread, worker)));
}

/* What became of one message; `why` NULL: nothing is to be explained. */
static void worker_say(enum log_level level, const char *what, const struct worker *w,
	const struct bus_message *m, const char *why)
{
	char trace[TRACE_ID_TEXT];
	const struct log_field fields[] = {LOG_S("worker", w->name), LOG_S("topic", m->topic),
		LOG_I("partition", m->partition), LOG_I("offset", m->offset),
		LOG_S("trace", trace_id_of(m, trace)), LOG_S("why", why)};
	log_write(level, what, fields, (int)COUNT(fields) - (why == NULL));
}

void worker_pass_over(struct worker *w, const struct bus_message *m, const char *why)
{
	worker_say(LOG_WARN, "message passed over", w, m, why);
	metric_add(service_skeleton_metric(SKELETON_REFUSED), 0, 1);
}

/* Messages from `done` on are still to be dealt with, `part` of them at once. */
struct batch {
	struct bus_message *messages;
	int n, done, part;
};

/* Whether an error is about the messages, rather than about what they are handled with. */
static bool blames(const struct err *e)
{
	return e->code != ERR_RETRY && e->code != ERR_FATAL;
}

/* One that stands alone: put aside, or passed over when nothing can be done for it. */
static bool thread_refuse(
	struct service_thread *t, const struct bus_message *m, const struct err *why, struct err *e)
{
	const struct service_subscription *s = t->subscription;
	struct err failed = {0};
	if (s->refuse && s->refuse(&t->worker, m, why, &failed)) {
		worker_say(LOG_WARN, "message refused", &t->worker, m, why->text);
		metric_add(service_skeleton_metric(SKELETON_REFUSED), 0, 1);
		return true;
	}
	if (s->refuse && !blames(&failed))
		return err_set(e, failed.code, "%s", failed.text);
	db_rollback(t->worker.db);
	worker_pass_over(&t->worker, m, why->text);
	return true;
}

/* The store is told first: what Kafka was told, the store knows. */
static bool thread_done(
	struct service_thread *t, const struct bus_message *messages, int n, struct err *e)
{
	int offsets;
	const struct bus_offset *list = bus_offsets(t->consumer, messages, n, &offsets);
	if (!reading_note(t, list, offsets, e) ||
		!bus_commit_offsets(t->consumer, list, offsets, e))
		return false;
	for (int i = 0; i < n && log_enabled(LOG_DEBUG); i++)
		worker_say(LOG_DEBUG, "message dealt with", &t->worker, &messages[i], NULL);
	return true;
}

/* The next part: all of it, or the half of it, down to the one that is refused. A part that went
 * well is followed by one twice as large, so that many bad ones among many do not make it slow. */
static bool thread_handle_part(struct service_thread *t, struct batch *b, struct err *e)
{
	const struct bus_message *first = b->messages + b->done;
	struct err why = {0};
	int n = b->part < b->n - b->done ? b->part : b->n - b->done;
	if (!reading_check(t, e))
		return false;
	bool fine = t->subscription->handle(&t->worker, first, n, &why);
	if (!fine && !blames(&why))
		return err_set(e, why.code, "%s", why.text);
	if (!fine)
		db_rollback(t->worker.db);
	if (!fine && n > 1) {
		b->part = n / 2;
		return true;
	}
	if ((!fine && !thread_refuse(t, first, &why, e)) || !thread_done(t, first, n, e))
		return false;
	b->done += n;
	b->part = fine ? 2 * n : 1;
	return true;
}

static bool thread_handle(struct service_thread *t, void *arg, struct err *e)
{
	struct batch *b = arg;
	while (b->done < b->n && !service_stopping()) {
		thread_turned(t);
		if (!thread_handle_part(t, b, e))
			return false;
	}
	return b->done == b->n || err_set(e, ERR_RETRY, "stopping");
}

/* What is to be done even when no message comes. */
static bool thread_idle(struct service_thread *t, void *arg, struct err *e)
{
	(void)arg;
	int n;
	const struct bus_offset *list = bus_ends(t->consumer, &n);
	return reading_check(t, e) && reading_note(t, list, n, e) &&
	       bus_commit_offsets(t->consumer, list, n, e);
}

static void thread_count(int n, int64_t took)
{
	metric_add(service_skeleton_metric(SKELETON_MESSAGES), 0, n);
	metric_add(service_skeleton_metric(SKELETON_BATCHES), 0, 1);
	metric_observe(service_skeleton_metric(SKELETON_SECONDS), (double)took / 1e6);
}

/* When it began. */
static int64_t thread_batch(struct service_thread *t, struct batch *b)
{
	int64_t since = clock_monotonic();
	b->done = 0;
	b->part = b->n;
	if (thread_insist(t, thread_handle, b))
		thread_count(b->n, clock_monotonic() - since);
	bus_release(b->messages, b->n);
	return since;
}

static void thread_consume(struct service_thread *t)
{
	const struct service_subscription *s = t->subscription;
	struct batch b = {.messages = calloc((size_t)s->max_messages, sizeof *b.messages)};
	for (int64_t since = 0; b.messages && !service_stopping();) {
		struct err e = {0};
		thread_turned(t);
		if (bus_consumer_joined(t->consumer))
			thread_ready(t);
		b.n = bus_consume(t->consumer, b.messages, s->max_messages, s->max_bytes, IDLE_MS,
			since + (int64_t)s->gather_ms * 1000, &e);
		figures_tell(t);
		if (b.n < 0 && !thread_renew(t, &e))
			break;
		if (b.n > 0)
			since = thread_batch(t, &b);
		if (!thread_insist(t, thread_idle, NULL))
			break;
	}
	free(b.messages);
}

static bool thread_tick(struct service_thread *t, void *arg, struct err *e)
{
	(void)arg;
	return t->timer->run(&t->worker, e);
}

static void thread_keep_time(struct service_thread *t)
{
	while (!service_stopping() && thread_insist(t, thread_tick, NULL)) {
		thread_ready(t);
		figures_tell(t);
		for (int left = t->timer->every_ms; left > 0 && !service_stopping(); left -= 1000) {
			thread_turned(t);
			service_sleep(left < 1000 ? left : 1000);
		}
	}
}

static void *thread_run(void *arg)
{
	struct service_thread *t = arg;
	void (*close)(struct worker *) = t->subscription ? t->subscription->close : t->timer->close;
	if (thread_insist(t, thread_connect, NULL) && thread_insist(t, thread_open, NULL)) {
		if (t->timer)
			thread_keep_time(t);
		else if (thread_insist(t, thread_subscribe, NULL))
			thread_consume(t);
		if (close)
			close(&t->worker);
	}
	bus_consumer_free(t->consumer);
	reading_done(&t->reading);
	figures_done(&t->figures);
	bus_producer_free(t->worker.out);
	db_free(t->worker.db);
	return NULL;
}

bool service_thread_start(struct service_thread *t, struct err *e)
{
	struct worker *w = &t->worker;
	const char *role = t->subscription ? t->subscription->group : t->timer->name;
	snprintf(t->name, sizeof t->name, "%s/%d", role, w->number);
	w->name = t->name;
	pthread_mutex_init(&t->lock, NULL);
	thread_turned(t);
	w->db = db_new(service_settings()->database, t->name, w->service->statements,
		w->service->n_statements);
	if (!w->db)
		return err_set(e, ERR_FATAL, "out of memory");
	if (*service_row_find(w->service->name)->writes &&
		!(w->out = bus_producer_new(service_settings()->brokers, e)))
		return false;
	t->started = pthread_create(&t->id, NULL, thread_run, t) == 0;
	return t->started || err_set(e, ERR_FATAL, "no thread could be started");
}
