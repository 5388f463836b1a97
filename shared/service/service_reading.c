/* How far the store has come, beside what Kafka was told (reading_statements.h). */
#include "service/service_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/reading_statements.h"

enum { CHECK_MS = 1000 };

static bool reading_kept(const struct service_thread *t)
{
	return t->worker.service->reading > 0;
}

static int reading_statement(const struct service_thread *t, int which)
{
	return t->worker.service->reading + which;
}

static struct db_value reading_reader(const struct service_thread *t)
{
	return DB_TEXT(t->subscription->group);
}

static struct reading_place *reading_find(struct reading *r, const char *topic, int32_t partition)
{
	for (int i = 0; i < r->n; i++)
		if (r->list[i].partition == partition && strcmp(r->list[i].topic, topic) == 0)
			return &r->list[i];
	return NULL;
}

/* NULL without memory. */
static struct reading_place *reading_add(struct reading *r, const char *topic, int32_t partition)
{
	struct reading_place *list = realloc(r->list, (size_t)(r->n + 1) * sizeof *list);
	if (!list)
		return NULL;
	r->list = list;
	list[r->n] = (struct reading_place){.topic = strdup(topic), .partition = partition};
	return list[r->n].topic ? &list[r->n++] : NULL;
}

static bool reading_know(
	struct reading *r, const char *topic, int32_t partition, int64_t known, struct err *e)
{
	struct reading_place *at = reading_find(r, topic, partition);
	if (!at && !(at = reading_add(r, topic, partition)))
		return err_set(e, ERR_FATAL, "out of memory");
	at->known = known;
	return true;
}

/* Counted among the workers that see it. */
static void reading_tell(struct reading *r, bool older)
{
	metric_add(service_skeleton_metric(SKELETON_OLDER), 0, older - r->older);
	r->older = older;
}

void reading_done(struct reading *r)
{
	reading_tell(r, false);
	for (int i = 0; i < r->n; i++)
		free(r->list[i].topic);
	free(r->list);
	*r = (struct reading){0};
}

/* Asks the store about partitions: `next` NULL only looks. */
static bool reading_ask(
	struct service_thread *t, const struct bus_offset *list, int n, bool note, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	struct db_array topics, partitions, known, next;
	bool ok = true;
	db_array_init(&topics, DB_K_TEXT);
	db_array_init(&partitions, DB_K_INT4);
	db_array_init(&known, DB_K_INT8);
	db_array_init(&next, DB_K_INT8);
	for (int i = 0; i < n; i++) {
		const struct reading_place *at =
			reading_find(&t->reading, list[i].topic, list[i].partition);
		ok = db_array_add(&topics, DB_TEXT(list[i].topic)) &&
		     db_array_add(&partitions, DB_INT4(list[i].partition)) &&
		     db_array_add(&known, DB_INT8(at ? at->known : 0)) &&
		     db_array_add(&next, DB_INT8(list[i].next)) && ok;
	}
	const struct db_value values[] = {reading_reader(t), db_array_value(&topics),
		db_array_value(&partitions), db_array_value(&known), db_array_value(&next)};
	ok = ok ? db_run(t->worker.db, reading_statement(t, note ? READING_NOTE : READING_CHECK),
			  values, note ? 5 : 4, &rows, e)
		: err_set(e, ERR_FATAL, "out of memory");
	db_array_done(&topics);
	db_array_done(&partitions);
	db_array_done(&known);
	db_array_done(&next);
	if (!ok)
		return false;
	reading_tell(&t->reading, db_int(rows, 0, 0) != 0);
	return !t->reading.older || err_set(e, ERR_RETRY, READING_OLD);
}

bool reading_note(struct service_thread *t, const struct bus_offset *list, int n, struct err *e)
{
	if (!reading_kept(t) || n == 0)
		return true;
	if (!reading_ask(t, list, n, true, e))
		return false;
	for (int i = 0; i < n; i++)
		if (!reading_know(&t->reading, list[i].topic, list[i].partition, list[i].next, e))
			return false;
	return true;
}

bool reading_check(struct service_thread *t, struct err *e)
{
	struct reading *r = &t->reading;
	int64_t now = clock_monotonic();
	bool same = r->connection == db_connections(t->worker.db);
	if (!reading_kept(t) || r->n == 0 || (same && now - r->checked < CHECK_MS * INT64_C(1000)))
		return true;
	struct bus_offset *all = calloc((size_t)r->n, sizeof *all);
	for (int i = 0; all && i < r->n; i++)
		all[i] = (struct bus_offset){r->list[i].topic, r->list[i].partition, 0};
	bool ok =
		all ? reading_ask(t, all, r->n, false, e) : err_set(e, ERR_FATAL, "out of memory");
	free(all);
	if (ok) {
		r->checked = now;
		r->connection = db_connections(t->worker.db);
	}
	return ok;
}

/* What the store says of a partition; -1: nothing. */
static int64_t reading_stored(const struct db_result *rows, const struct bus_resume *p)
{
	for (int i = 0; i < db_rows(rows); i++)
		if (db_int(rows, i, 1) == p->partition &&
			strcmp(db_text(rows, i, 0), p->topic) == 0)
			return db_int(rows, i, 2);
	return -1;
}

/* An offset that came from before the store kept its own is believed, and noted. */
static bool reading_adopt(struct service_thread *t, const struct bus_resume *p, struct err *e)
{
	const struct bus_offset o = {p->topic, p->partition, p->committed};
	return reading_note(t, &o, 1, e);
}

static bool reading_resume_one(
	struct service_thread *t, const struct db_result *rows, struct bus_resume *p, struct err *e)
{
	int64_t stored = reading_stored(rows, p);
	if (p->anew)
		return reading_know(&t->reading, p->topic, p->partition, 0, e) &&
		       db_exec(t->worker.db, reading_statement(t, READING_FORGET), NULL, e,
			       reading_reader(t), DB_TEXT(p->topic), DB_INT4(p->partition));
	if (p->committed >= 0 && !p->ours && stored < 0)
		return reading_adopt(t, p, e);
	stored = stored < 0 ? 0 : stored;
	if (p->committed > stored) {
		log_warn("the store is older than what was read: it was restored from a backup; "
			 "what came since is read again",
			LOG_S("topic", p->topic), LOG_I("partition", p->partition),
			LOG_I("committed", p->committed), LOG_I("stored", stored));
		p->start = stored;
	}
	return reading_know(&t->reading, p->topic, p->partition, stored, e);
}

bool reading_resume(void *thread, struct bus_resume *list, int n, struct err *e)
{
	struct service_thread *t = thread;
	DB_RESULT_AUTO *rows = NULL;
	bool ok = !reading_kept(t) || db_exec(t->worker.db, reading_statement(t, READING_READ),
					      &rows, e, reading_reader(t));
	for (int i = 0; ok && reading_kept(t) && i < n; i++)
		ok = reading_resume_one(t, rows, &list[i], e);
	return ok;
}

/* Of what is lost, how much nobody had noted. */
static int64_t reading_note_lost(
	struct service_thread *t, const char *topic, int32_t partition, int64_t from, int64_t until)
{
	DB_RESULT_AUTO *rows = NULL;
	struct err e = {0};
	if (!reading_kept(t))
		return until - from;
	if (!db_exec(t->worker.db, reading_statement(t, READING_LOST), &rows, &e, reading_reader(t),
		    DB_TEXT(topic), DB_INT4(partition), DB_INT8(from), DB_INT8(until))) {
		log_error("what was lost could not be noted", &e);
		return until - from;
	}
	return db_int(rows, 0, 0);
}

void reading_lost(void *thread, const char *topic, int32_t partition, int64_t from, int64_t until)
{
	struct service_thread *t = thread;
	struct err e = {0};
	int metric = service_skeleton_metric(SKELETON_LOST);
	int64_t n = reading_note_lost(t, topic, partition, from, until);
	if (n <= 0)
		return;
	err_set(&e, ERR_CONFLICT, "retention took messages that nobody had read");
	log_error("messages are lost", &e, LOG_S("worker", t->name), LOG_S("topic", topic),
		LOG_I("partition", partition), LOG_I("messages", n));
	metric_add(metric, metric_label(metric, topic), (double)n);
}
