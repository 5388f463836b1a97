/* http_exchange: one request and the answer that its handler gives it, without the library
 * underneath: http.c fills the first half and sends the second, handlers see only http.h. */
#pragma once

#include <stdatomic.h>

#include "base/buf.h"
#include "http/http.h"
#include "http/http_guard.h"
#include "http/http_peers.h"
#include "http/http_route.h"
#include "http/http_workers.h"

struct MHD_Connection;

enum { EXCHANGE_FIELDS = 64, EXCHANGE_HEADERS = 8, EXCHANGE_ID = 17 };

struct exchange_header {
	const char *name;
	char *value;
};

struct exchange {
	struct http_request request;
	struct http_server *server;
	struct http_peer *peer;
	int64_t started; /* on the monotonic clock */
	char id[EXCHANGE_ID];

	const char *target_at; /* where the library keeps the target */
	char *target; /* a copy as it was sent */
	char *path, *query; /* another, cut in two; query is NULL or within path */
	char *cut; /* the path once more, cut at its slashes */
	struct http_query_field queries[HTTP_QUERIES];
	int n_queries;
	struct http_field fields[EXCHANGE_FIELDS];
	size_t n_fields;
	const struct http_route *route;
	enum exchange_stage {
		HEAD_CAME,
		ADMITTING, /* away, see `parts` */
		BODY_COMES,
		WORKING_ON_IT /* away */
	} stage;
	struct http_job job; /* the first that is done by a worker */
	struct MHD_Connection *connection; /* suspended while it is away */
	atomic_int parts; /* of the work that are not done yet; whoever does the last resumes it */
	struct buf body;
	size_t swallowed; /* bytes of the body thrown away */

	int status; /* 0: not answered yet */
	const char *type;
	void *data;
	size_t len;
	bool owned; /* data is to be freed */
	bool close; /* the connection ends with this answer */
	bool told; /* it was sent before all of the request was there */
	struct exchange_header headers[EXCHANGE_HEADERS];
	size_t n_headers;
};

struct exchange *exchange_new(
	struct http_server *server, struct http_peer *peer, const char *target);
void exchange_free(struct exchange *x);

/* Cuts the path and the query for the route. Returns NULL, or what is wrong with them. */
const char *exchange_cut(struct exchange *x);
const char *exchange_title(int status); /* the reason phrase */
/* Calls `put` for every header of the answer but its length. */
void exchange_headers(const struct exchange *x,
	void (*put)(void *arg, const char *name, const char *value), void *arg);
const char *exchange_field(const struct exchange *x, const char *name); /* NULL: absent */
