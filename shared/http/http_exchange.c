#include "http/http_exchange.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"

/* An id tells requests apart, it keeps no secret: of each thread's only the first is drawn from the
 * system, which is a system call; then splitmix64. */
static uint64_t next_id(void)
{
	static _Thread_local uint64_t state;
	uint64_t z;

	if (!state)
		digest_random(&state, sizeof state);
	state += UINT64_C(0x9e3779b97f4a7c15);
	z = (state ^ (state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

struct exchange *exchange_new(
	struct http_server *server, struct http_peer *peer, const char *target)
{
	struct exchange *x = calloc(1, sizeof *x);
	uint64_t id = next_id();

	if (!x)
		return NULL;
	x->server = server;
	x->peer = peer;
	x->started = clock_monotonic();
	x->target_at = target;
	x->target = strdup(target);
	x->path = strdup(target);
	x->query = x->path ? strchr(x->path, '?') : NULL;
	if (x->query)
		*x->query++ = '\0';
	x->request.path = x->path;
	x->request.handle = x;
	x->request.body = "";
	x->request.request_id = digest_hex((const uint8_t *)&id, sizeof id, x->id);
	if (x->target && x->path)
		return x;
	exchange_free(x);
	return NULL;
}

static void drop_data(struct exchange *x)
{
	if (x->owned)
		free(x->data);
	x->data = NULL;
}

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n_headers; i++)
		free(x->headers[i].value);
	drop_data(x);
	buf_done(&x->body);
	free(x->cut);
	free(x->path);
	free(x->target);
	free(x);
}

const char *exchange_cut(struct exchange *x)
{
	const char *wrong = http_query_parse(x->query, x->queries, &x->n_queries);

	if (wrong || !x->route)
		return wrong;
	x->cut = strdup(x->path);
	return x->cut && http_route_params(x->route, x->cut, x->request.params)
		       ? NULL
		       : "the path must be percent-encoded UTF-8 without control characters, and "
			 "no part of it empty";
}

const char *exchange_field(const struct exchange *x, const char *name)
{
	const struct http_head head = {.fields = x->fields, .n = x->n_fields};
	const struct http_field *f = http_guard_find(&head, name);

	return f ? f->value : NULL;
}

static struct exchange *exchange_of(const struct http_request *r)
{
	return r->handle;
}

const char *http_query(const struct http_request *r, const char *name)
{
	const struct exchange *x = exchange_of(r);

	for (int i = 0; i < x->n_queries; i++)
		if (!strcmp(x->queries[i].name, name))
			return x->queries[i].value;
	return NULL;
}

void http_each_query(const struct http_request *r,
	void (*each)(const char *name, const char *value, void *arg), void *arg)
{
	const struct exchange *x = exchange_of(r);

	for (int i = 0; i < x->n_queries; i++)
		each(x->queries[i].name, x->queries[i].value, arg);
}

const char *http_header(const struct http_request *r, const char *name)
{
	return exchange_field(exchange_of(r), name);
}

void http_each_header(const struct http_request *r,
	void (*each)(const char *name, const char *value, void *arg), void *arg)
{
	const struct exchange *x = exchange_of(r);

	for (size_t i = 0; i < x->n_fields; i++)
		each(x->fields[i].name, x->fields[i].value, arg);
}

json_t *http_form(const struct http_request *r)
{
	static const char type[] = "application/x-www-form-urlencoded";
	const char *sent = http_header(r, "Content-Type");
	struct http_query_field fields[HTTP_QUERIES];
	char *body = sent && !strncasecmp(sent, type, strlen(type)) ? strdup(r->body) : NULL;
	int n = 0;
	bool sound = body && strlen(body) == r->body_len && !http_query_parse(body, fields, &n);
	json_t *form = sound ? json_object() : NULL;

	for (int i = 0; form && i < n; i++)
		json_object_set_new(form, fields[i].name, json_string(fields[i].value));
	free(body);
	return form;
}

const char *http_client(const struct http_request *r)
{
	return http_peer_client(exchange_of(r)->peer);
}

/* The first answer counts; one without data, for want of memory, does not. */
static void answer(
	struct exchange *x, int status, const char *type, void *data, size_t len, bool owned)
{
	if (x->status || !data) {
		if (owned)
			free(data);
		return;
	}
	x->status = status;
	x->type = type;
	x->data = data;
	x->len = len;
	x->owned = owned;
}

static void answer_json(struct exchange *x, int status, const char *type, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	answer(x, status, type, text, text ? strlen(text) : 0, true);
}

bool http_json(struct http_request *r, int status, json_t *json)
{
	answer_json(exchange_of(r), status, "application/json", json);
	return true;
}

bool http_body(struct http_request *r, int status, const char *type, const void *data, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy)
		memcpy(copy, data, len);
	answer(exchange_of(r), status, type, copy, len, true);
	return true;
}

bool http_static(struct http_request *r, const char *type, const void *data, size_t len)
{
	answer(exchange_of(r), 200, type, (void *)(uintptr_t)data, len, false);
	return true;
}

const char *exchange_title(int status)
{
	static const struct {
		int status;
		const char *title;
	} titles[] = {
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{406, "Not Acceptable"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{415, "Unsupported Media Type"},
		{422, "Unprocessable Content"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{503, "Service Unavailable"},
		{505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < COUNT(titles); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

bool http_problem_errors(
	struct http_request *r, int status, const char *code, const char *detail, json_t *errors)
{
	json_t *problem = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s}", "type", "about:blank",
		"title", exchange_title(status), "status", status, "code", code, "detail", detail,
		"request_id", r->request_id);

	if (errors)
		json_object_set_new(problem, "errors", errors);
	answer_json(exchange_of(r), status, "application/problem+json", problem);
	return true;
}

bool http_problem(struct http_request *r, int status, const char *code, const char *detail)
{
	return http_problem_errors(r, status, code, detail, NULL);
}

static struct exchange_header *place_for(struct exchange *x, const char *name)
{
	for (size_t i = 0; i < x->n_headers && strcasecmp(name, "Set-Cookie"); i++)
		if (!strcasecmp(x->headers[i].name, name))
			return &x->headers[i];
	return x->n_headers < EXCHANGE_HEADERS ? &x->headers[x->n_headers++] : NULL;
}

void http_add_header(struct http_request *r, const char *name, const char *value)
{
	struct exchange_header *h = place_for(exchange_of(r), name);

	if (!h)
		return;
	free(h->value);
	h->name = name;
	h->value = strdup(value);
}

static bool has_header(const struct exchange *x, const char *name)
{
	for (size_t i = 0; i < x->n_headers; i++)
		if (!strcasecmp(x->headers[i].name, name))
			return true;
	return false;
}

void exchange_headers(const struct exchange *x,
	void (*put)(void *arg, const char *name, const char *value), void *arg)
{
	bool page = x->type && !strncmp(x->type, "text/html", strlen("text/html"));

	if (x->type)
		put(arg, "Content-Type", x->type);
	for (size_t i = 0; i < x->n_headers; i++)
		if (x->headers[i].value)
			put(arg, x->headers[i].name, x->headers[i].value);
	if (!has_header(x, "Cache-Control"))
		put(arg, "Cache-Control", "no-store");
	put(arg, "Content-Security-Policy",
		page ? "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
		       "base-uri 'none'; frame-ancestors 'none'"
		     : "default-src 'none'; frame-ancestors 'none'");
	put(arg, "X-Content-Type-Options", "nosniff");
	put(arg, "Referrer-Policy", "same-origin");
	put(arg, "Cross-Origin-Resource-Policy", "same-origin");
	put(arg, "X-Request-Id", x->id);
	if (x->close)
		put(arg, "Connection", "close");
}

bool http_failed(struct http_request *r, const struct err *e)
{
	log_error("request failed", e, LOG_S("request", r->request_id), LOG_S("route", r->route));
	if (e->code != ERR_RETRY)
		return http_problem(r, 500, "internal", "something went wrong here");
	http_add_header(r, "Retry-After", "5");
	return http_problem(r, 503, "unavailable", "a part of the system is away; try again");
}
