#include "housekeeping.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "messages/registry_changed.h"
#include "messages/topics.h"
#include "service/retention.h"
#include "store_answers.h"

enum {
	WAIT_DAYS = 7,
	REMEMBER_YEARS = 2,
	REST_FACTOR = 9,
	REST_MOST_MS = 5000,
	NEXT_MONTH_DAYS = 31,
	FORGET_PAGES = 2000 /* 16 MiB */
};

static bool say_groups(struct worker *w, const struct db_result *groups,
	const struct bus_message *m, struct err *e)
{
	char trace[TRACE_TEXT];
	size_t len = 0;
	const char *from = trace_of(m, &len);
	trace_next(from, len, trace);
	bool ok = true;
	for (int i = 0; ok && i < db_rows(groups); i++)
		if (i == 0 || db_int(groups, i, 1) != db_int(groups, i - 1, 1))
			ok = say_accepted(w, db_uuid(groups, i, 0), NULL,
				(int32_t)db_int(groups, i, 1), trace, e);
	return ok;
}

/* *any: it asked for that. */
static bool rebuild(struct worker *w, const struct bus_message *m, bool *any, struct err *e)
{
	struct registry_changed asked;
	bool readable = registry_changed_read(m->data, m->len, &asked);
	if (!readable)
		worker_pass_over(w, m, "it does not say what is to be looked at again");
	if (!readable || asked.kind != REGISTRY_RECOMPUTE)
		return true;
	*any = true;
	struct period p = asked.period;
	DB_RESULT_AUTO *groups = NULL;
	return store_rebuild(w->db, asked.person, p.first_month, p.first_month + p.months - 1,
		       &groups, e) &&
	       say_groups(w, groups, m, e);
}

bool housekeeping_recompute(
	struct worker *w, const struct bus_message *messages, int n, struct err *e)
{
	bool any = false;
	for (int i = 0; i < n; i++) {
		if (service_stopping())
			return err_set(e, ERR_RETRY, "stopping");
		if (!rebuild(w, &messages[i], &any, e))
			return false;
		worker_progress(w);
	}
	/* Of everybody's units at once: all of it is read, so not for each. */
	return (!any || store_recount_answers(w->db, e)) && bus_flush(w->out, e);
}

static bool say_mark(void *worker, const struct db_result *r, int i, struct err *e)
{
	struct worker *w = worker;
	char next[TRACE_TEXT];
	const char *trace = db_is_null(r, i, 4) ? NULL : db_text(r, i, 4);
	if (trace)
		trace = trace_next(trace, strlen(trace), next);
	return say_accepted(w, db_is_null(r, i, 1) ? NULL : db_uuid(r, i, 1), db_text(r, i, 2),
		(int32_t)db_int(r, i, 3), trace, e);
}

static bool say_rejection(void *worker, const struct db_result *r, int i, struct err *e)
{
	size_t len;
	struct evidence_rejected x = {
		.source = db_text(r, i, 1),
		.reason = db_text(r, i, 2),
		.detail = db_text(r, i, 3),
		.topic = db_text(r, i, 4),
		.partition = (int32_t)db_int(r, i, 5),
		.offset = db_int(r, i, 6),
		.at = db_time(r, i, 7),
	};
	memcpy(x.sha256, db_bytes(r, i, 8, &len), sizeof x.sha256);
	x.key = db_bytes(r, i, 9, &x.key_len);
	x.headers = db_bytes(r, i, 10, &len);
	x.payload = db_bytes(r, i, 11, &x.payload_len);
	return say_rejected(worker, &x, NULL, e);
}

static void count_refused(const struct db_result *refused, enum reason reason)
{
	int base = service_metric_base(), n = db_rows(refused);
	for (int i = 0; i < n; i++)
		say_counted(db_text(refused, i, 0), reason);
	metric_add(base + INTAKE_EVENTS, OUTCOME_REJECTED, n);
}

static bool resolve(struct worker *w, bool *more, struct err *e)
{
	char worker[BATCH_WORKER];
	DB_RESULT_AUTO *refused = NULL;
	if (!store_resolve(w->db, batch_worker(w, worker), clock_now(), more, &refused, e))
		return false;
	count_refused(refused, REASON_ALREADY_REPLACED);
	return true;
}

static bool expire(struct worker *w, int64_t now, bool *more, struct err *e)
{
	char worker[BATCH_WORKER];
	DB_RESULT_AUTO *refused = NULL;
	if (!store_expire(w->db, batch_worker(w, worker), now - WAIT_DAYS * CLOCK_DAY, now, more,
		    &refused, e))
		return false;
	count_refused(refused, REASON_UNKNOWN_ORIGINAL);
	return true;
}

/* Looking for originals costs by how many wait for one: rest in proportion, so that a flood of
 * corrections which name nothing cannot take more than a small share of the database. */
bool housekeeping_resolve(struct worker *w, struct err *e)
{
	int64_t since = clock_monotonic();
	bool more = true;
	for (; more && !service_stopping(); worker_progress(w))
		if (!resolve(w, &more, e))
			return false;
	int64_t rest = (clock_monotonic() - since) / 1000 * REST_FACTOR;
	if (!outbox_publish(w->db, w->out, &store_marks, say_mark, w, NULL, e) ||
		!outbox_publish(w->db, w->out, &store_rejections, say_rejection, w, NULL, e))
		return false;
	service_sleep(rest < REST_MOST_MS ? (int)rest : REST_MOST_MS);
	return true;
}

/* Looks at every id, some pages of the table at a time. */
static bool forget_ids(struct worker *w, int32_t before_year, struct err *e)
{
	bool more = true;
	for (int64_t page = 0; more; page += FORGET_PAGES) {
		if (service_stopping())
			return err_set(e, ERR_RETRY, "stopping");
		if (!store_forget_ids(w->db, before_year, page, FORGET_PAGES, &more, e))
			return false;
		worker_progress(w);
	}
	return true;
}

/* What the timer `expire` did last of what it does once a day. */
struct days {
	int32_t done, kept;
};

/* Once a day: forgetting looks at every id, and the coming month's partition is there before its
 * events are. */
static bool daily(struct worker *w, int32_t today, struct err *e)
{
	struct days *days = w->state;
	if (days->done == today)
		return true;
	if (!store_partition(w->db, today, e) ||
		!store_partition(w->db, today + NEXT_MONTH_DAYS, e) ||
		!forget_ids(w, clock_month(today) / 12 - REMEMBER_YEARS, e))
		return false;
	days->done = today;
	return true;
}

bool housekeeping_open(struct worker *w, struct err *e)
{
	w->state = calloc(1, sizeof(struct days));
	return w->state || err_set(e, ERR_FATAL, "out of memory");
}

static bool keep(struct worker *w, struct err *e)
{
	const struct intake_settings *s = w->service->values;
	struct days *days = w->state;
	const struct retention rules[] = {{store_forget_rejections, s->keep_rejections_days},
		{store_fold_tally, s->keep_tally_days}};
	return retention_keep(w, rules, COUNT(rules), &days->kept, e);
}

bool housekeeping_expire(struct worker *w, struct err *e)
{
	int64_t now = clock_now();
	bool more = true;
	for (; more && !service_stopping(); worker_progress(w))
		if (!expire(w, now, &more, e))
			return false;
	return daily(w, clock_date(now), e) && keep(w, e);
}
