/* A batch into the store, in one transaction. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "ledger.h"

static int by_total(const void *a, const void *b)
{
	const struct evidence *x = *(const struct evidence *const *)a,
			      *y = *(const struct evidence *const *)b;
	int c = memcmp(x->person, y->person, 16);
	if (c == 0)
		c = x->month - y->month;
	return c ? c : x->indicator - y->indicator;
}

/* Those without a person come first: `counting` is where the others begin. */
static bool sort_accepted(struct batch *b, struct err *e)
{
	b->accepted = calloc((size_t)b->n + 1, sizeof *b->accepted);
	if (!b->accepted)
		return err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; i < b->n; i++)
		if (b->outcomes[i] == OUTCOME_ACCEPTED)
			b->accepted[b->n_accepted++] = &b->rows[i];
	qsort(b->accepted, (size_t)b->n_accepted, sizeof *b->accepted, by_total);
	while (b->counting < b->n_accepted && !b->accepted[b->counting]->has_person)
		b->counting++;
	return true;
}

static bool store_sums(struct batch *b, struct db *db, struct err *e)
{
	int n = b->n_accepted - b->counting;
	return n == 0 || store_totals(db, b->accepted + b->counting, n, e);
}

/* In the order of the totals, which is that of the index as well. */
static bool store_accepted(struct batch *b, struct worker *w, struct err *e)
{
	if (b->n_accepted == 0)
		return true;
	struct ledger ledger = {0};
	char worker[BATCH_WORKER];
	bool ok = store_evidence_begin(w->db, e);
	for (int i = 0; ok && i < b->n_accepted; i++) {
		const struct evidence *x = b->accepted[i];
		char *headers;
		struct origin from;
		ok = batch_origin(b, w->state, (int)(x - b->rows), &from, &headers, e) &&
		     store_evidence_add(w->db, x, &from, b->now, e) &&
		     ledger_add(&ledger, x, &from, b->now, e);
		free(headers);
	}
	ok = ok && store_evidence_end(w->db, e) &&
	     ledger_write(&ledger, w->db, batch_worker(w, worker), e);
	ledger_done(&ledger);
	return ok;
}

/* A message that comes again is told of as it was the first time, though by now another reason may
 * come before that one: its id may be held by another event. */
static bool note_rejected(struct batch *b, struct worker *w, struct evidence *x,
	const struct origin *from, struct err *e)
{
	char detail[BATCH_DETAIL];
	DB_RESULT_AUTO *stands = NULL;
	if (!store_reject(w->db, from, x, batch_detail(x, detail), b->now, &stands, e))
		return false;
	x->early = reason_parse(db_text(stands, 0, 0));
	x->field = "";
	x->detail = batch_keep(b, db_text(stands, 0, 1));
	return true;
}

/* Rejections, waiting corrections and declarations: rare, one by one. */
static bool store_others(struct batch *b, struct worker *w, struct err *e)
{
	bool ok = true;
	for (int i = 0; ok && i < b->n; i++) {
		struct evidence *x = &b->rows[i];
		if (b->outcomes[i] == OUTCOME_ACCEPTED && x->type == EVENT_COMPLETE)
			ok = store_complete(w->db, x, e);
		if (!ok || x->known || b->outcomes[i] == OUTCOME_ACCEPTED ||
			b->outcomes[i] == OUTCOME_DUPLICATE)
			continue;
		char *headers, trace[TRACE_TEXT];
		struct origin from;
		ok = batch_origin(b, w->state, i, &from, &headers, e) &&
		     (b->outcomes[i] == OUTCOME_WAITING
				     ? store_wait(
					       w->db, x, &from, batch_trace(b, i, trace), b->now, e)
				     : note_rejected(b, w, x, &from, e));
		free(headers);
	}
	return ok;
}

/* A rejection that comes again, as in a replay, is neither another one nor an event that is held:
 * OUTCOMES. */
static enum outcome counted(const struct batch *b, int i)
{
	return b->rows[i].known ? OUTCOMES : b->outcomes[i];
}

const char *batch_worker(const struct worker *w, char out[BATCH_WORKER])
{
	snprintf(out, BATCH_WORKER, "%s/%d", service_settings()->instance, w->number);
	return out;
}

enum { MOST_SOURCES = 256 };

static bool store_counts(struct batch *b, struct worker *w, struct err *e)
{
	struct tally tallies[MOST_SOURCES];
	int n = 0;
	for (int i = 0; i < b->n; i++) {
		const char *source = admit_topic_source(b->messages[i].topic);
		int k = 0;
		while (k < n && strcmp(tallies[k].source, source) != 0)
			k++;
		if (k == MOST_SOURCES)
			continue;
		if (k == n)
			tallies[n++] = (struct tally){.source = source};
		enum outcome outcome = counted(b, i);
		tallies[k].accepted += outcome == OUTCOME_ACCEPTED || outcome == OUTCOME_WAITING;
		tallies[k].duplicates += outcome == OUTCOME_DUPLICATE;
		tallies[k].rejected += outcome == OUTCOME_REJECTED;
	}
	char worker[BATCH_WORKER];
	bool ok = true;
	for (int k = 0; ok && k < n; k++)
		ok = store_tally(w->db, batch_worker(w, worker), &tallies[k], e);
	return ok;
}

/* The partitions and topic numbers that the batch needs, made before its transaction begins. */
static bool prepare_partitions(struct batch *b, struct worker *w, struct err *e)
{
	struct intake *in = w->state;
	for (int i = 0; i < b->n_order; i++) {
		const struct evidence *x = b->order[i];
		int32_t month = clock_month(x->day);
		int k = 0;
		while (k < in->n_days && in->days[k] != month)
			k++;
		if (k < in->n_days || x->late)
			continue;
		int32_t *days = realloc(in->days, (size_t)(in->n_days + 1) * sizeof *days);
		if (!days)
			return err_set(e, ERR_FATAL, "out of memory");
		in->days = days;
		if (!store_partition(w->db, x->day, e))
			return false;
		worker_progress(w);
		in->days[in->n_days++] = month;
	}
	return true;
}

static bool prepare_topics(struct batch *b, struct worker *w, struct err *e)
{
	struct intake *in = w->state;
	for (int i = 0; i < b->n; i++) {
		const char *name = b->messages[i].topic;
		if (batch_topic(in, name))
			continue;
		void *topics = realloc(in->topics, (size_t)(in->n_topics + 1) * sizeof *in->topics);
		if (!topics)
			return err_set(e, ERR_FATAL, "out of memory");
		in->topics = topics;
		if (!store_topic(w->db, name, &in->topics[in->n_topics].id, e))
			return false;
		in->topics[in->n_topics++].name = strdup(name);
	}
	return true;
}

/* Anybody can make a topic; sources are those that the registry knows. */
static const char *source_of(const struct registry *r, const char *topic)
{
	const struct registry_source *s = r ? registry_source(r, admit_topic_source(topic)) : NULL;
	return s ? s->code : "unknown";
}

/* A line for each event. Its place leads to the original, its reason code to what is wrong with it.
 */
static void log_outcomes(const struct batch *b)
{
	static const char *const names[OUTCOMES] = {[OUTCOME_ACCEPTED] = "accepted",
		[OUTCOME_WAITING] = "waiting",
		[OUTCOME_DUPLICATE] = "duplicate",
		[OUTCOME_REJECTED] = "rejected"};
	for (int i = 0; i < b->n && log_enabled(LOG_DEBUG); i++) {
		const struct bus_message *m = &b->messages[i];
		char parent[TRACE_TEXT], trace[TRACE_ID_TEXT];
		batch_trace(b, i, parent);
		log_debug("event judged", LOG_S("outcome", names[b->outcomes[i]]),
			LOG_S("reason", reason_code(b->rows[i].early)), LOG_S("topic", m->topic),
			LOG_I("partition", m->partition), LOG_I("offset", m->offset),
			LOG_S("trace", trace_id(parent, strlen(parent), trace)));
	}
}

static void count_outcomes(const struct batch *b, const struct registry *r)
{
	int outcomes[OUTCOMES + 1] = {0}, base = service_metric_base();
	for (int i = 0; i < b->n; i++) {
		enum outcome outcome = counted(b, i);
		outcomes[outcome]++;
		if (outcome == OUTCOME_REJECTED)
			say_counted(source_of(r, b->messages[i].topic), b->rows[i].early);
	}
	for (int i = 0; i < OUTCOMES; i++)
		metric_add(base + INTAKE_EVENTS, i, outcomes[i]);
}

bool batch_store(struct batch *b, struct worker *w, struct err *e)
{
	const struct intake *in = w->state;
	bool ok = prepare_partitions(b, w, e) && prepare_topics(b, w, e) && db_begin(w->db, e) &&
		  batch_recall(b, w->db, e) && batch_decide(b, w->db, e) && sort_accepted(b, e) &&
		  store_accepted(b, w, e) && store_others(b, w, e) && store_sums(b, w->db, e) &&
		  store_counts(b, w, e) && db_commit(w->db, e);
	if (!ok) {
		db_rollback(w->db);
		return false;
	}
	count_outcomes(b, in->registry.value);
	log_outcomes(b);
	return true;
}
