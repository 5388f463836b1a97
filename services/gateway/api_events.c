/* api_events: upstream systems' events by HTTP, and what was rejected of them.
 *
 * An event goes to Kafka as the bytes that came; intake judges it there like any other. Only its
 * shape is looked at here, so that a client hears at once what no repetition would mend. */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "batch.h"
#include "messages/emit.h"
#include "messages/event.h"
#include "messages/topics.h"
#include "publishing.h"

enum { MOST_EVENTS = 1000, SMALL = 8 * 1024, FEW = 1000 };

struct posted {
	struct batch_piece pieces[MOST_EVENTS];
	char *subjects[MOST_EVENTS]; /* Kafka's keys */
	int n;
	bool batch;
	json_t *faults, *mismatches; /* errors[]; NULL: none */
	bool too_large;
};

static void add_error(json_t **list, const struct posted *p, int index, const char *field,
	const char *code, const char *detail)
{
	if (!*list)
		*list = json_array();
	json_t *error =
		json_pack("{s:s, s:s, s:s}", "field", field, "code", code, "detail", detail);
	if (p->batch && index >= 0)
		json_object_set_new(error, "index", json_integer(index));
	json_array_append_new(*list, error);
}

static void check(struct posted *p, int index, const struct who *who)
{
	const struct event_input in = {.data = p->pieces[index].data, .len = p->pieces[index].len};
	struct event_fault fault = {0};
	struct event event;
	if (!event_decode(&in, &event, &fault)) {
		p->too_large = p->too_large || fault.reason == REASON_TOO_LARGE;
		add_error(
			&p->faults, p, index, fault.field, reason_code(fault.reason), fault.detail);
		return;
	}
	if (strcmp(event.source, who->source) != 0 && !text_has_word(who->uris, event.source))
		add_error(&p->mismatches, p, index, "source", reason_code(REASON_SOURCE_MISMATCH),
			"is not the token's");
	p->subjects[index] = strdup(event.subject);
	event_done(&event);
}

static void read_body(struct posted *p, const struct http_request *r, const struct who *who)
{
	p->n = 1;
	p->pieces[0] = (struct batch_piece){r->body, r->body_len};
	if (p->batch)
		p->n = batch_cut(r->body, r->body_len, p->pieces, MOST_EVENTS);
	if (p->n < 0)
		add_error(&p->faults, p, -1, "", reason_code(REASON_MALFORMED),
			"the body is no JSON array");
	if (p->n == 0 || p->n > MOST_EVENTS)
		add_error(&p->faults, p, -1, "", reason_code(REASON_SCHEMA),
			"a batch holds 1 to 1000 events");
	for (int i = 0; i < p->n && p->n <= MOST_EVENTS; i++)
		check(p, i, who);
}

/* Answers when all of it is acknowledged. */
static bool publish(struct visit *v, const struct posted *p, struct err *e)
{
	const char *trace = v->request->traceparent;
	char topic[TOPIC_TEXT], next[TRACE_TEXT];
	static const char type[] = "application/cloudevents+json; charset=UTF-8";
	struct err failed = {0};
	struct publishing *way = publishing_begin(v, p->n, e);
	if (!way)
		return false;
	topic_of_source(v->who.source, topic);
	trace_next(trace, trace ? strlen(trace) : 0, next);
	const struct bus_header headers[] = {
		{"content-type", type, strlen(type)},
		{"traceparent", next, strlen(next)},
	};
	bool ok = true;
	for (int i = 0; ok && i < p->n; i++)
		ok = p->subjects[i]
			     ? bus_produce_for(v->gateway->out, publishing_delivery(way), topic,
				       p->subjects[i], strlen(p->subjects[i]), p->pieces[i].data,
				       p->pieces[i].len, headers, COUNT(headers), &failed)
			     : err_set(&failed, ERR_FATAL, "out of memory");
	publishing_end(way, &failed);
	return true;
}

static bool refuse(struct visit *v, struct posted *p)
{
	json_t *faults = p->faults, *mismatches = p->mismatches;
	p->faults = p->mismatches = NULL;
	if (!faults)
		return http_problem_errors(v->request, 403, "source_mismatch",
			"an event's source is not the token's", mismatches);
	json_decref(mismatches);
	if (p->too_large)
		return http_problem_errors(
			v->request, 413, "too_large", "an event may have 64 KiB", faults);
	return http_problem_errors(
		v->request, 400, "invalid_events", "nothing was taken: see errors", faults);
}

static bool take_events(struct visit *v, struct posted *p, struct err *e)
{
	while (sem_wait(&v->gateway->decoders) != 0)
		; /* interrupted */
	read_body(p, v->request, &v->who);
	sem_post(&v->gateway->decoders);
	return p->faults || p->mismatches ? refuse(v, p) : publish(v, p, e);
}

/* Where nothing may wait, nothing large is parsed, and nothing queued that could find no room. */
static bool takes_long(const struct visit *v)
{
	return v->request->body_len > SMALL || bus_producer_queued(v->gateway->out) > FEW;
}

bool api_post_events(struct visit *v, struct err *e)
{
	if (takes_long(v) && !visit_may_wait(v))
		return false;
	struct posted *p = calloc(1, sizeof *p);
	if (!p)
		return err_set(e, ERR_FATAL, "out of memory");
	p->batch = strcmp(v->type, API_BATCH) == 0;
	bool ok = take_events(v, p, e);
	json_decref(p->faults);
	json_decref(p->mismatches);
	for (int i = 0; i < p->n && i < MOST_EVENTS; i++)
		free(p->subjects[i]);
	free(p);
	return ok;
}

static json_t *rejection_json(const struct rejection_row *x)
{
	char at[CLOCK_TEXT], redriven[CLOCK_TEXT], sha256[DIGEST_HEX];
	return json_pack("{s:s, s:s, s:s, s:i, s:I, s:s, s:s, s:s?}", "reason", x->reason, "detail",
		x->detail, "topic", x->topic, "partition", x->partition, "offset",
		(json_int_t)x->offset, "at", clock_format(x->at, at), "sha256",
		digest_hex(x->sha256, x->sha256_len, sha256), "redriven_at",
		x->redriven_at ? clock_format(x->redriven_at, redriven) : NULL);
}

bool api_get_rejections(struct visit *v, struct err *e)
{
	struct cursor at = {.number = v->later ? v->after.number : INT64_MAX};
	DB_RESULT_AUTO *r = NULL;
	if (!store_rejections(v->db, v->who.source, at.number, &r, e))
		return false;
	json_t *items = json_array();
	for (int i = 0; i < db_rows(r) && i < STORE_PAGE; i++) {
		const struct rejection_row x = store_rejection_row(r, i);
		json_array_append_new(items, rejection_json(&x));
		at.number = x.id;
	}
	return api_page(v, items, db_rows(r) > STORE_PAGE ? &at : NULL);
}
