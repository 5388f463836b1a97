#include "http/http_route.h"

#include <string.h>

#include "http/http_guard.h"

/* The segment at *at ends at a slash or the text's end; *at moves to the next one, or to NULL after
 * the last. */
static size_t next_segment(const char **at, const char **start)
{
	size_t len = strcspn(*at, "/");

	*start = *at;
	*at = (*at)[len] ? *at + len + 1 : NULL;
	return len;
}

static bool is_param(const char *segment, size_t len)
{
	return len >= 2 && segment[0] == '{' && segment[len - 1] == '}';
}

static bool path_matches(const char *pattern, const char *path)
{
	const char *p = pattern + 1, *q = path + 1;

	while (p && q) {
		const char *want, *have;
		size_t want_len = next_segment(&p, &want), have_len = next_segment(&q, &have);

		if (is_param(want, want_len)) {
			if (!have_len)
				return false;
		} else if (want_len != have_len || memcmp(want, have, want_len) != 0) {
			return false;
		}
	}
	return !p && !q;
}

static bool method_matches(const char *route, const char *method)
{
	return !strcmp(route, method) || (!strcmp(route, "GET") && !strcmp(method, "HEAD"));
}

const struct http_route *http_route_find(const struct http_route *routes, size_t n,
	const char *method, const char *path, bool *known)
{
	*known = false;
	for (size_t i = 0; i < n; i++) {
		if (!path_matches(routes[i].path, path))
			continue;
		*known = true;
		if (method_matches(routes[i].method, method))
			return &routes[i];
	}
	return NULL;
}

static void add_method(struct buf *out, const char *method)
{
	if (out->len)
		buf_adds(out, ", ");
	buf_adds(out, method);
}

void http_route_allow(const struct http_route *routes, size_t n, const char *path, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (!path_matches(routes[i].path, path))
			continue;
		add_method(out, routes[i].method);
		if (!strcmp(routes[i].method, "GET"))
			add_method(out, "HEAD");
	}
}

bool http_route_params(const struct http_route *route, char *path, const char *params[HTTP_PARAMS])
{
	const char *p = route->path + 1;
	char *q = path + 1;
	size_t n = 0;

	while (p) {
		const char *want;
		size_t len = next_segment(&p, &want);
		char *segment = strsep(&q, "/");

		if (!is_param(want, len))
			continue;
		if (n == HTTP_PARAMS || !http_guard_decode(segment, false) || !*segment)
			return false;
		params[n++] = segment;
	}
	return true;
}

static bool is_repeated(const struct http_query_field *fields, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(fields[i].name, fields[n].name))
			return true;
	return false;
}

bool http_query_fits(const char *query)
{
	int pairs = 1;

	for (; query && (query = strchr(query, '&')); query++)
		pairs++;
	return pairs <= HTTP_QUERIES;
}

static const char *add_pair(char *pair, struct http_query_field *out, int n)
{
	char *value = strchr(pair, '=');

	if (!value)
		return "every parameter of the query must have an equals sign";
	*value++ = '\0';
	if (!http_guard_decode(pair, true) || !http_guard_decode(value, true))
		return "the query must be percent-encoded UTF-8 without control characters";
	out[n] = (struct http_query_field){pair, value};
	return is_repeated(out, n) ? "the query must name a parameter no more than once" : NULL;
}

const char *http_query_parse(char *query, struct http_query_field out[HTTP_QUERIES], int *n)
{
	const char *wrong = http_query_fits(query) ? NULL : HTTP_QUERY_TOO_MANY;

	*n = 0;
	for (char *pair = wrong ? NULL : strsep(&query, "&"); pair && !wrong;
		pair = strsep(&query, "&"))
		if (*pair) {
			wrong = add_pair(pair, out, *n);
			++*n;
		}
	return wrong;
}
