/* trace: W3C's trace context. A traceparent, 00-<trace>-<span>-<flags>, says which trace something
 * belongs to and which hop it came from; the same trace goes on through everything that comes of
 * it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { TRACE_TEXT = 56, TRACE_ID_TEXT = 33 };

/* Version 00, lower-case hex. */
bool trace_valid(const char *parent, size_t len);
/* A traceparent for the next hop: the trace of `from` (NULL, or not well-formed: a new one) under a
 * new span. */
const char *trace_next(const char *from, size_t len, char out[TRACE_TEXT]);
/* The trace alone, as log lines have it; "" of what is no traceparent. */
const char *trace_id(const char *parent, size_t len, char out[TRACE_ID_TEXT]);
