/* emit: internal messages as CloudEvents in binary mode, and the trace that travels with them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/trace.h"
#include "bus/bus.h"

/* The trace that a message's headers name, as Kafka's clients do or else as an extension of its
 * event, or NULL. */
const char *trace_of(const struct bus_message *m, size_t *len);
/* Its id for a log line, "" when it names none. */
const char *trace_id_of(const struct bus_message *m, char out[TRACE_ID_TEXT]);

/* Who says something, and where it came from. */
struct emitter {
	struct bus_producer *out;
	const char *service; /* "scoring": the CloudEvent's source */
	const char *trace; /* a traceparent for this hop, from trace_next; NULL: none */
	struct bus_delivery *delivery; /* NULL: the producer's own */
	bool by_day; /* the time that it bears is that of the day's beginning */
};

struct emit_message {
	const char *topic; /* of topics.h; the type is that with ".v1" */
	const char *key; /* NULL: none */
	const char *data; /* JSON; NULL: a tombstone */
	size_t len;
	const char *id; /* what a repetition is known by; NULL: a random one, for what is recognised
			   by its content */
};

/* Queues one. The codecs in this folder call it; services say what they say through them. */
bool emit(const struct emitter *by, const struct emit_message *m, struct err *e) MUST_CHECK;
