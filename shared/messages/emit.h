/* emit: internal messages as CloudEvents in binary mode, and the trace that travels with them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bus/bus.h"

enum { TRACE_TEXT = 56 };

/* A W3C traceparent for the next hop: the trace of `from` (NULL, or not well-formed: a new one)
 * under a new span. */
const char *trace_next(const char *from, size_t len, char out[TRACE_TEXT]);
/* The message's own traceparent header, or NULL. */
const char *trace_of(const struct bus_message *m, size_t *len);

struct emit_message {
	const char *topic; /* "terukur.score.changed"; the type is that with ".v1" */
	const char *key; /* NULL: none */
	const char *data; /* JSON; NULL: a tombstone */
	size_t len;
	const char *trace; /* a traceparent for this hop, from trace_next; NULL: none */
	const char *id; /* what a repetition is known by; NULL: a random one, for what is recognised
			   by its content */
};

/* Queues one; `service` names the emitter in ce_source. */
bool emit(struct bus_producer *p, const char *service, const struct emit_message *m,
	struct err *e) MUST_CHECK;
