#include "http/http.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "http/http_exchange.h"
#include "http/http_guard.h"
#include "http/http_listen.h"
#include "http/http_peers.h"
#include "http/http_route.h"

enum {
	HEAD_MAX = 16 * 1024, /* of a request's head */
	POOL = 2 * HEAD_MAX, /* the library's memory for each connection */
	SWALLOW = 4 * 1024 * 1024, /* of a refused body, so that the client gets to read why */
	STACK = 512 * 1024, /* of each connection's thread */
	DRAIN_MS = 5000,
};

struct http_server {
	struct http_config config;
	struct MHD_Daemon *daemon;
	struct http_peers *peers;
	int fd, port;
};

/* --- the answer */

static void add_headers(const struct exchange *x, struct MHD_Response *response)
{
	bool page = x->type && !strncmp(x->type, "text/html", strlen("text/html"));

	if (x->type)
		MHD_add_response_header(response, "Content-Type", x->type);
	for (size_t i = 0; i < x->n_headers; i++)
		if (x->headers[i].value)
			MHD_add_response_header(response, x->headers[i].name, x->headers[i].value);
	if (!MHD_get_response_header(response, "Cache-Control"))
		MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "Content-Security-Policy",
		page ? "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
		       "base-uri 'none'; frame-ancestors 'none'"
		     : "default-src 'none'; frame-ancestors 'none'");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Referrer-Policy", "same-origin");
	MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
	MHD_add_response_header(response, "X-Request-Id", x->id);
	if (x->close || http_peers_draining(x->server->peers))
		MHD_add_response_header(response, "Connection", "close");
}

/* On the first call of a request this also ends the connection, its body unread; later it may live
 * on. */
static enum MHD_Result send_answer(struct exchange *x, struct MHD_Connection *connection)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		x->len, x->data, x->owned ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	enum MHD_Result queued;

	if (!response)
		return MHD_NO;
	x->data = NULL; /* the response's from here on */
	add_headers(x, response);
	http_peer_answering(x->peer);
	queued = MHD_queue_response(connection, (unsigned)x->status, response);
	MHD_destroy_response(response);
	return queued;
}

/* --- the request's head */

static enum MHD_Result take_field(void *arg, enum MHD_ValueKind kind, const char *name,
	size_t name_len, const char *value, size_t value_len)
{
	struct exchange *x = arg;

	(void)kind;
	if (x->n_fields == EXCHANGE_FIELDS)
		return MHD_NO;
	x->fields[x->n_fields++] =
		(struct http_field){name, value ? value : "", name_len, value_len};
	return MHD_YES;
}

static size_t head_size(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	return info ? info->header_size : 0;
}

/* Looks at the whole head before anything of it is believed. True: answered with a refusal, and the
 * framing is not to be trusted. */
static bool refuse_head(struct exchange *x, struct MHD_Connection *connection, const char *version)
{
	struct http_head head = {
		.method = x->request.method,
		.target = x->target,
		.target_at = x->target_at,
		.version = version,
		.size = head_size(connection),
		.fields = x->fields,
	};
	int n = MHD_get_connection_values_n(connection, MHD_HEADER_KIND, take_field, x);
	const char *wrong;

	if (head.size > HEAD_MAX || n > EXCHANGE_FIELDS)
		return http_problem(&x->request, 431, "header_too_large",
			"the request's head may have 16 KiB and 64 fields");
	head.n = x->n_fields;
	wrong = http_guard_layout(&head);
	if (!wrong)
		wrong = http_guard_check(&head);
	return wrong && http_problem(&x->request, 400, "bad_request", wrong);
}

static void refuse_method(struct exchange *x)
{
	const struct http_config *config = &x->server->config;
	BUF_AUTO allow;

	buf_init(&allow, 256);
	http_route_allow(config->routes, config->n_routes, x->path, &allow);
	if (!allow.failed)
		http_add_header(&x->request, "Allow", allow.data);
	http_problem(&x->request, 405, "method_not_allowed", "this path does not take that method");
}

static void choose_route(struct exchange *x)
{
	const struct http_config *config = &x->server->config;
	bool known;

	x->route = http_route_find(
		config->routes, config->n_routes, x->request.method, x->path, &known);
	x->request.route = x->route ? x->route->path : NULL;
	x->request.row = x->route ? (size_t)(x->route - config->routes) : 0;
	if (!exchange_cut(x))
		http_problem(&x->request, 400, "bad_request",
			"the path or the query does not decode, or repeats a name");
	else if (!known)
		http_problem(&x->request, 404, "not_found", "there is nothing at this path");
	else if (!x->route)
		refuse_method(x);
	else
		buf_init(&x->body, x->route->max_body);
}

static size_t content_length(const struct exchange *x)
{
	const char *text = exchange_field(x, "Content-Length");

	return text ? (size_t)strtoull(text, NULL, 10) : 0;
}

static void refuse_size(struct exchange *x)
{
	x->close = true;
	http_problem(&x->request, 413, "too_large",
		x->route && x->route->max_body ? "the request's body is larger than this path takes"
					       : "this path takes no body");
}

/* The first call: the head is there. A refused request's body is read and thrown away when it is
 * not too long: to close at once would reset the connection under the answer. */
static enum MHD_Result begin(
	struct exchange *x, struct MHD_Connection *connection, const char *version)
{
	x->begun = true;
	if (refuse_head(x, connection, version))
		return send_answer(x, connection);
	/* Chunks may be framed loosely too (bare line feeds), which cannot be seen from here:
	 * nothing follows them. */
	x->close = exchange_field(x, "Transfer-Encoding") != NULL;
	x->request.traceparent = exchange_field(x, "traceparent");
	choose_route(x);
	if (!x->status && content_length(x) > x->route->max_body)
		refuse_size(x);
	if (!http_peer_asks(x->peer, exchange_field(x, "X-Forwarded-For")) && !x->status) {
		http_add_header(&x->request, "Retry-After", "1");
		http_problem(&x->request, 429, "too_many_requests",
			"too many requests at once from this address");
	}
	if (!x->status && x->route->max_body && x->server->config.admit)
		x->server->config.admit(x->server->config.context, &x->request);
	if (x->status && (content_length(x) > SWALLOW || exchange_field(x, "Expect")))
		return send_answer(x, connection);
	return MHD_YES;
}

/* --- the request's body, and its handler */

/* What came of the body so far is not needed any more. */
static void drop_body(struct exchange *x)
{
	buf_done(&x->body);
	http_peer_hold(x->peer, 0);
}

static void refuse_busy(struct exchange *x)
{
	x->close = true;
	http_add_header(&x->request, "Retry-After", "1");
	http_problem(&x->request, 503, "busy", "too many large requests at once; try again");
}

static enum MHD_Result take_body(struct exchange *x, const char *data, size_t len)
{
	if (!x->status) {
		if (len > x->route->max_body - x->body.len)
			refuse_size(x);
		else if (!http_peer_hold(x->peer, x->body.len + len) ||
			 !buf_add(&x->body, data, len))
			refuse_busy(x);
		else
			return MHD_YES;
		drop_body(x);
	}
	x->swallowed += len;
	return x->swallowed > SWALLOW ? MHD_NO : MHD_YES;
}

static enum MHD_Result finish(struct exchange *x, struct MHD_Connection *connection)
{
	if (!x->status) {
		if (x->body.len) {
			x->request.body = x->body.data;
			x->request.body_len = x->body.len;
		}
		http_peer_working(x->peer);
		x->route->handle(x->server->config.context, &x->request);
	}
	if (!x->status)
		http_problem(&x->request, 500, "internal", "something went wrong here");
	return x->status ? send_answer(x, connection) : MHD_NO;
}

/* --- what the library calls */

static struct http_peer *peer_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* The request line is there. */
static void *on_target(void *arg, const char *target, struct MHD_Connection *connection)
{
	struct http_peer *peer = peer_of(connection);
	struct exchange *x = peer && target ? exchange_new(arg, peer, target) : NULL;

	if (x)
		http_peer_reading(peer);
	return x;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *len, void **context)
{
	struct exchange *x = *context;
	size_t have = *len;

	(void)arg;
	(void)url; /* the library's idea of a path; ours comes from the target as sent */
	if (!x)
		return MHD_NO;
	x->request.method = method;
	if (!x->begun)
		return begin(x, connection, version);
	*len = 0;
	return have ? take_body(x, data, have) : finish(x, connection);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	struct http_server *s = arg;
	struct exchange *x = *context;

	(void)connection;
	(void)code;
	if (!x)
		return;
	if (s->config.done && x->status)
		s->config.done(
			s->config.context, &x->request, x->status, clock_monotonic() - x->started);
	http_peer_idle(x->peer);
	if (s->config.drop && x->request.user)
		s->config.drop(x->request.user);
	exchange_free(x);
	*context = NULL;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode code)
{
	struct http_server *s = arg;
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		http_peer_close(*context);
		*context = NULL;
		return;
	}
	/* Each answer lasts until the next question. */
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	int fd = info ? info->connect_fd : -1;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (fd >= 0 && info)
		*context = http_peer_open(s->peers, fd, info->client_addr);
}

static enum MHD_Result on_accept(void *arg, const struct sockaddr *from, socklen_t len)
{
	struct http_server *s = arg;

	(void)len;
	return http_peers_admit(s->peers, from) ? MHD_YES : MHD_NO;
}

/* The path is decoded here, after it was cut; the library is to leave it alone. */
static size_t leave_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg;
	(void)connection;
	return strlen(text);
}

/* --- the server */

/* Pedantic: since 1.0 the library puts folded lines together before they can be seen, unless it is
 * told to refuse them. */
static bool start_daemon(struct http_server *s, struct err *e)
{
	const struct http_config *c = &s->config;

	s->daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION |
					     MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
					     MHD_USE_ITC | MHD_USE_PEDANTIC_CHECKS,
		0, on_accept, s, on_request, s, MHD_OPTION_LISTEN_SOCKET, s->fd,
		MHD_OPTION_CONNECTION_LIMIT, c->max_connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)POOL, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, s, MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
		MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, s, MHD_OPTION_END);
	return s->daemon || err_set(e, ERR_FATAL, "the HTTP server did not start");
}

struct http_server *http_start(const struct http_config *config, struct err *e)
{
	struct http_server *s = calloc(1, sizeof *s);

	if (!s) {
		err_set(e, ERR_FATAL, "out of memory");
		return NULL;
	}
	s->config = *config;
	s->fd = http_listen(config->listen, e);
	if (s->fd >= 0) {
		s->port = http_listen_port(s->fd);
		s->peers = http_peers_new(config->max_per_address, config->request_deadline_ms,
			config->trusted_proxies, e);
		if (s->peers && start_daemon(s, e))
			return s;
		close(s->fd);
	}
	http_peers_free(s->peers);
	free(s);
	return NULL;
}

int http_port(const struct http_server *s)
{
	return s->port;
}

void http_quiesce(struct http_server *s)
{
	/* The daemon's thread may be in accept on it: it is shut down now, and closed when that
	 * thread is gone. */
	if (MHD_quiesce_daemon(s->daemon) != MHD_INVALID_SOCKET)
		shutdown(s->fd, SHUT_RDWR);
}

void http_stop(struct http_server *s)
{
	if (!s)
		return;
	http_quiesce(s);
	http_peers_drain(s->peers, DRAIN_MS);
	MHD_stop_daemon(s->daemon);
	close(s->fd);
	http_peers_free(s->peers);
	free(s);
}
