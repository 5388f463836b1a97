/* http_workers: threads for the requests that have to wait for something, so that those who read
 * and write for many clients never do. Thread-safe. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* Embedded in what is to be done; the worker's until `run` is called with it. */
struct http_job {
	struct http_job *next;
	void (*run)(struct http_job *job);
};

struct http_workers;
struct http_workers *http_workers_new(unsigned threads, struct err *e) MUST_CHECK;
void http_workers_add(struct http_workers *w, struct http_job *job); /* in turn */
void http_workers_free(struct http_workers *w); /* when all that was added is done; accepts NULL */
