/* http_route: which row of a table a request's path means, and what its query says. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "http/http.h"

/* The first route whose path matches and whose method is `method`, or GET for a HEAD; NULL when
 * there is none. `path` is still percent-encoded. *known: some route has this path. */
const struct http_route *http_route_find(const struct http_route *routes, size_t n,
	const char *method, const char *path, bool *known);
/* The methods of all routes that have this path, as an Allow field: "GET, HEAD, POST". */
void http_route_allow(const struct http_route *routes, size_t n, const char *path, struct buf *out);

/* Cuts `path` (changed) into the route's {…} parts, decoded. False when one does not decode or is
 * empty. */
bool http_route_params(const struct http_route *route, char *path, const char *params[HTTP_PARAMS]);

enum { HTTP_QUERIES = 64 };
#define HTTP_QUERY_TOO_MANY "a query may have at most 64 parameters"
struct http_query_field {
	const char *name, *value;
};
/* Cuts a query string (changed; NULL: none) into at most HTTP_QUERIES fields, decoded; *n: how
 * many. Returns NULL, or what is wrong with it, for a problem document. */
const char *http_query_parse(char *query, struct http_query_field out[HTTP_QUERIES], int *n);
/* Whether it has no more, empty ones counted too: they cost the library as much. */
bool http_query_fits(const char *query);
