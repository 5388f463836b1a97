/* http: the one door to libmicrohttpd. A table of routes; guarded against what the library lets
 * through (request smuggling, slow clients, too many connections); problem documents (RFC 9457) for
 * every error.
 *
 * Two threads read and write for all connections, and never wait for anything else. Handlers run in
 * others, where they may block on PostgreSQL; or, where a route is `quick`, at first in those two,
 * and elsewhere only if they ask for it. Who only waits for somebody else's word (Kafka's
 * acknowledgement) answers later and keeps no thread. Every answer carries security headers,
 * `X-Request-Id`, and `Cache-Control: no-store` unless the handler says otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "base/trace.h"

enum { HTTP_PARAMS = 4 };

struct http_request {
	const char *method;
	const char *path; /* as sent, without the query */
	const char *route; /* the route's path, for logs and metrics; NULL when none matched */
	size_t row; /* that route's place in the table */
	const char *params[HTTP_PARAMS]; /* the {…} parts of the route's path, in order,
					    percent-decoded UTF-8 */
	const char *body; /* NUL-terminated; its length beside it; "" when there is none */
	size_t body_len;
	const char *request_id; /* for logs; 16 hex digits */
	bool may_wait; /* false: quick or not at all, see http_route */
	const char *traceparent; /* the client's as it came, or NULL: see http_trace */
	void *user; /* admit's and the handler's own, e.g. who asks: see `drop` */
	void *handle; /* http.c's own */
};

const char *http_query(
	const struct http_request *r, const char *name); /* decoded UTF-8; NULL: absent */
const char *http_header(const struct http_request *r, const char *name); /* NULL: absent */
/* Calls `each` for every query parameter, so that unknown ones can be refused. None comes twice. */
void http_each_query(const struct http_request *r,
	void (*each)(const char *name, const char *value, void *arg), void *arg);
/* Calls `each` for every field of the head, in order; a name may come again. */
void http_each_header(const struct http_request *r,
	void (*each)(const char *name, const char *value, void *arg), void *arg);
/* The fields of a body that is application/x-www-form-urlencoded, as an object of strings; NULL
 * when it is not well formed, or no form. The caller's. */
json_t *http_form(const struct http_request *r);
/* The client's address, from the trusted proxy's header where one is configured. */
const char *http_client(const struct http_request *r);

/* A handler answers exactly once, with one of these. Each returns true, so that `return
 * http_json(…)` ends a handler; bodies are copied, json is taken (its reference stolen). */
bool http_json(struct http_request *r, int status, json_t *json);
bool http_body(struct http_request *r, int status, const char *type, const void *data, size_t len);
bool http_static(struct http_request *r, const char *type, const void *data,
	size_t len); /* 200; not copied */
bool http_problem(struct http_request *r, int status, const char *code, const char *detail);
/* `errors` is taken: an array of {"field":…,"code":…,"detail":…,"index":…}. */
bool http_problem_errors(
	struct http_request *r, int status, const char *code, const char *detail, json_t *errors);
/* Before or after answering, while the handler runs; replaces an earlier one of that name but
 * Set-Cookie. Both are copied. */
void http_add_header(struct http_request *r, const char *name, const char *value);
/* A handler that calls http_later need not have answered when it returns. Whoever it is, in
 * whatever thread, answers then and calls http_done, after which the request is not touched any
 * more; that may be before the handler has returned, until when the request lives in any case. */
void http_later(struct http_request *r);
void http_done(struct http_request *r);
/* A traceparent for what comes of this request, the same whenever it is asked for: of the client's
 * trace, or of a new one. */
const char *http_trace(struct http_request *r);
/* Its id, for a line about this request. */
const char *http_trace_id(struct http_request *r, char out[TRACE_ID_TEXT]);
/* 503 with Retry-After for ERR_RETRY, 500 otherwise; logs it. */
bool http_failed(struct http_request *r, const struct err *e) MUST_CHECK;

struct http_route {
	const char *method; /* "GET", which answers HEAD too */
	const char *path; /* "/api/v1/people/{person}/scores/{period}" */
	bool (*handle)(void *context, struct http_request *r);
	size_t max_body; /* 0: takes none */
	bool quick; /* is called with may_wait false first, and then, if it returned false without
		       an answer, once more where it may wait */
};

struct http_config {
	const char *listen; /* "127.0.0.1:8080", "[::1]:8080", ":8080" for every address; port 0
			       takes a free one */
	const struct http_route *routes;
	size_t n_routes;
	void *context; /* handed to every handler */
	unsigned max_connections; /* beyond these, whoever has let us wait the longest makes room;
				     when nobody lets us wait, they wait in the system's queue */
	unsigned workers; /* threads for what may wait */
	unsigned max_per_address; /* connections; requests under way where a trusted proxy speaks
				     for a client; beyond these it is the same, but what nobody
				     makes room for is refused */
	int request_deadline_ms; /* for a whole request, first byte to last; for an answer; for
				    idling */
	const char *trusted_proxies; /* comma-separated addresses or CIDR blocks, or NULL */
	/* Optional: called for a route that takes a body once the head is there, before the body is
	 * read; answers when this request may have none. Called like a quick handler. Large bodies
	 * want it, or strangers fill the memory that all requests share. */
	bool (*admit)(void *context, struct http_request *r);
	/* Optional: called with a request's `user`, unless that is NULL, when the request has ended
	 * in whatever way. */
	void (*drop)(void *user);
	/* Optional: after every answer of a handler or of the guard; `micros` from the request line
	 * on. */
	void (*done)(void *context, struct http_request *r, int status, int64_t micros);
};

struct http_server;
struct http_server *http_start(const struct http_config *config, struct err *e) MUST_CHECK;
int http_port(const struct http_server *s); /* the port it listens on */
void http_dismiss(void); /* from now on each answer of this program ends its connection */
void http_quiesce(struct http_server *s); /* takes no new connections */
void http_stop(
	struct http_server *s); /* waits for the requests under way, at most 5 s; accepts NULL */
