/* api_events: upstream systems' events by HTTP.
 *
 * An event goes to Kafka as the bytes that came; intake judges it there like any other. Only its
 * shape is looked at here, so that a client hears at once what no repetition would mend. */
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "base/array.h"
#include "base/metrics.h"
#include "base/text.h"
#include "batch.h"
#include "binary.h"
#include "messages/emit.h"
#include "messages/event.h"
#include "messages/topics.h"
#include "publishing.h"

enum { MOST_EVENTS = 1000, SMALL = 8 * 1024, FEW = 1000 };

struct posted {
	struct batch_piece pieces[MOST_EVENTS];
	char *subjects[MOST_EVENTS]; /* Kafka's keys */
	char *traces[MOST_EVENTS]; /* by an event's own extension; NULL: none */
	struct binary *envelope; /* of one in binary mode, else NULL */
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
	char named[BINARY_FIELD];
	json_t *error = json_pack("{s:s, s:s, s:s}", "field",
		p->envelope ? binary_field(field, named) : field, "code", code, "detail", detail);
	if (p->batch && index >= 0)
		json_object_set_new(error, "index", json_integer(index));
	json_array_append_new(*list, error);
}

/* The trace that an event names in an extension. */
static void take_trace(struct posted *p, int index, const struct event *event)
{
	const char *trace = json_string_value(json_object_get(event->root, "traceparent"));
	char next[TRACE_TEXT];
	if (trace)
		p->traces[index] = strdup(trace_next(trace, strlen(trace), next));
}

static void check(struct posted *p, int index, const struct who *who)
{
	const struct event_input in = {p->pieces[index].data, p->pieces[index].len,
		p->envelope ? p->envelope->headers : NULL, p->envelope ? p->envelope->n : 0};
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
	take_trace(p, index, &event);
	event_done(&event);
}

static void take_field(const char *name, const char *value, void *arg)
{
	struct posted *p = arg;
	if (!binary_is_misnamed(name))
		binary_add(p->envelope, name, value);
	else
		add_error(&p->faults, p, 0, name, reason_code(REASON_SCHEMA),
			"names no attribute that may be set");
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
	if (p->n > MOST_EVENTS)
		add_error(&p->faults, p, -1, "", reason_code(REASON_SCHEMA),
			"a batch holds at most 1000 events");
	for (int i = 0; i < p->n && p->n <= MOST_EVENTS; i++)
		check(p, i, who);
}

static struct bus_header header(const char *name, const char *text)
{
	return (struct bus_header){name, text, strlen(text)};
}

/* An event's headers: in binary mode its envelope; the trace is the last. Returns how many. */
static size_t headers_for(
	const struct posted *p, const char *trace, struct bus_header out[BINARY_HEADERS + 1])
{
	size_t n = 0;
	for (; p->envelope && n < p->envelope->n; n++)
		out[n] = (struct bus_header){p->envelope->headers[n].name,
			p->envelope->headers[n].data, p->envelope->headers[n].len};
	if (n == 0)
		out[n++] = header("content-type", "application/cloudevents+json; charset=UTF-8");
	out[n++] = header("traceparent", trace);
	return n;
}

/* Answers when all of it is acknowledged. */
static bool publish(struct visit *v, const struct posted *p, struct err *e)
{
	const char *next = http_trace(v->request);
	char topic[TOPIC_TEXT];
	struct err failed = {0};
	struct publishing *way =
		publishing_begin(v, p->n, GATEWAY_EVENTS, json_pack("{s:i}", "accepted", p->n), e);
	if (!way)
		return false;
	topic_of_source(v->who.source, topic);
	struct bus_header headers[BINARY_HEADERS + 1];
	size_t n = headers_for(p, next, headers);
	bool ok = true;
	for (int i = 0; ok && i < p->n; i++) {
		bool own = !v->request->traceparent && p->traces[i];
		headers[n - 1] = header("traceparent", own ? p->traces[i] : next);
		ok = p->subjects[i]
			     ? bus_produce_for(v->gateway->out, publishing_delivery(way), topic,
				       p->subjects[i], strlen(p->subjects[i]), p->pieces[i].data,
				       p->pieces[i].len, headers, n, &failed)
			     : err_set(&failed, ERR_FATAL, "out of memory");
	}
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

static bool take_envelope(const struct visit *v, struct posted *p)
{
	if (strcmp(v->type, API_BINARY) != 0)
		return true;
	p->envelope = calloc(1, sizeof *p->envelope);
	if (p->envelope)
		http_each_header(v->request, take_field, p);
	return p->envelope;
}

static void posted_free(struct posted *p)
{
	json_decref(p->faults);
	json_decref(p->mismatches);
	for (int i = 0; i < p->n && i < MOST_EVENTS; i++) {
		free(p->subjects[i]);
		free(p->traces[i]);
	}
	free(p->envelope);
	free(p);
}

bool api_post_events(struct visit *v, struct err *e)
{
	if (takes_long(v) && !visit_may_wait(v))
		return false;
	struct posted *p = calloc(1, sizeof *p);
	if (!p)
		return err_set(e, ERR_FATAL, "out of memory");
	p->batch = strcmp(v->type, API_BATCH) == 0;
	bool ok =
		take_envelope(v, p) ? take_events(v, p, e) : err_set(e, ERR_FATAL, "out of memory");
	posted_free(p);
	return ok;
}
