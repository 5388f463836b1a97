#include "http/http.h"

#include <stdatomic.h>
#include <stddef.h>
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
#include "http/http_refusal.h"
#include "http/http_route.h"
#include "http/http_workers.h"

enum {
	HEAD_MAX = 16 * 1024, /* of a request's head */
	POOL = 2 * HEAD_MAX, /* the library's memory for each connection */
	READERS = 2, /* threads that read and write */
	SPARE = 32, /* connections beyond the most, while room is made for them */
	SWALLOW = 4 * 1024 * 1024, /* of a refused body, so that the client gets to read why */
	DRAIN_MS = 5000,
	AWAY_MS = 15000, /* longer than Kafka may take to acknowledge */
};

struct http_server {
	struct http_config config;
	struct MHD_Daemon *daemon;
	struct http_peers *peers;
	struct http_workers *workers;
	int fd, port;
	atomic_int away; /* requests whose connection is suspended */
};

/* --- the answer */

static void add_header(void *response, const char *name, const char *value)
{
	MHD_add_response_header(response, name, value);
}

/* On the first call of a request this also ends the connection; later it may live on. */
static enum MHD_Result send_answer(struct exchange *x, struct MHD_Connection *connection)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		x->len, x->data, x->owned ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	enum MHD_Result queued;

	if (!response)
		return MHD_NO;
	x->data = NULL; /* the response's from here on */
	x->close = x->close || http_peers_draining(x->server->peers);
	exchange_headers(x, add_header, response);
	http_peer_answering(x->peer);
	queued = http_queue(connection, (unsigned)x->status, response);
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
	const char *wrong;
	bool known;

	x->route = http_route_find(
		config->routes, config->n_routes, x->request.method, x->path, &known);
	x->request.route = x->route ? x->route->path : NULL;
	x->request.row = x->route ? (size_t)(x->route - config->routes) : 0;
	wrong = exchange_cut(x);
	if (wrong)
		http_problem(&x->request, 400, "bad_request", wrong);
	else if (!known)
		http_problem(&x->request, 404, "not_found", "there is nothing at this path");
	else if (!x->route)
		refuse_method(x);
	else
		buf_init(&x->body, x->route->max_body);
}

static void refuse_size(struct exchange *x)
{
	http_problem(&x->request, 413, "too_large",
		x->route && x->route->max_body ? "the request's body is larger than this path takes"
					       : "this path takes no body");
}

/* --- away: the connection is suspended while a request's work goes on elsewhere. The library calls
 * again when it is resumed. */

static void part_done(struct exchange *x)
{
	struct MHD_Connection *connection = x->connection;
	struct http_server *s = x->server;

	if (atomic_fetch_sub(&x->parts, 1) > 1)
		return;
	MHD_resume_connection(connection); /* from here on the exchange may be gone */
	atomic_fetch_sub(&s->away, 1);
}

void http_later(struct http_request *r)
{
	atomic_fetch_add(&((struct exchange *)r->handle)->parts, 1);
}

void http_done(struct http_request *r)
{
	part_done(r->handle);
}

static bool run_step(struct exchange *x)
{
	const struct http_config *config = &x->server->config;

	return x->stage == ADMITTING ? config->admit(config->context, &x->request)
				     : x->route->handle(config->context, &x->request);
}

static void run_waiting(struct http_job *job)
{
	struct exchange *x = (struct exchange *)((char *)job - offsetof(struct exchange, job));

	x->request.may_wait = true;
	run_step(x);
	part_done(x);
}

/* True when the step of this stage is done; otherwise it is away. */
static bool do_step(struct exchange *x, struct MHD_Connection *connection, bool quick)
{
	bool done;

	x->connection = connection;
	x->request.may_wait = false;
	atomic_store(&x->parts, 1);
	done = quick && run_step(x);
	if (atomic_load(&x->parts) == 1 && (done || x->status))
		return true;
	atomic_fetch_add(&x->server->away, 1);
	http_peer_working(x->peer);
	MHD_suspend_connection(connection);
	if (quick && (done || atomic_load(&x->parts) > 1)) {
		part_done(x);
	} else {
		x->job.run = run_waiting;
		http_workers_add(x->server->workers, &x->job);
	}
	return false;
}

/* The head is there, and admitted or refused. */
static enum MHD_Result await_body(struct exchange *x)
{
	x->stage = BODY_COMES;
	if (x->status && (exchange_length(x) || exchange_field(x, "Transfer-Encoding")))
		http_refusal_early(x);
	return MHD_YES;
}

/* The first call: the head is there. */
static enum MHD_Result begin(
	struct exchange *x, struct MHD_Connection *connection, const char *version)
{
	if (refuse_head(x, connection, version))
		return send_answer(x, connection);
	/* Chunks may be framed loosely too (bare line feeds), which cannot be seen from here:
	 * nothing follows them. */
	x->close = exchange_field(x, "Transfer-Encoding") != NULL;
	x->request.traceparent = exchange_field(x, "traceparent");
	choose_route(x);
	if (!x->status && exchange_length(x) > x->route->max_body)
		refuse_size(x);
	if (!http_peer_asks(x->peer, exchange_field(x, "X-Forwarded-For")) && !x->status) {
		http_add_header(&x->request, "Retry-After", "1");
		http_problem(&x->request, 429, "too_many_requests",
			"too many requests at once from this address");
	}
	x->stage = ADMITTING;
	if (!x->status && x->route->max_body && x->server->config.admit &&
		!do_step(x, connection, true))
		return MHD_YES;
	return await_body(x);
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
		http_refusal_early(x);
	}
	x->swallowed += len;
	return x->swallowed > SWALLOW ? MHD_NO : MHD_YES;
}

static enum MHD_Result answer(struct exchange *x, struct MHD_Connection *connection)
{
	if (!x->status)
		http_problem(&x->request, 500, "internal", "something went wrong here");
	return x->status ? send_answer(x, connection) : MHD_NO;
}

static enum MHD_Result finish(struct exchange *x, struct MHD_Connection *connection)
{
	if (x->told)
		return MHD_NO;
	if (x->status)
		return send_answer(x, connection);
	if (x->body.len) {
		x->request.body = x->body.data;
		x->request.body_len = x->body.len;
	}
	http_peer_working(x->peer);
	x->stage = WORKING_ON_IT;
	return do_step(x, connection, x->route->quick) ? answer(x, connection) : MHD_YES;
}

/* --- what the library calls */

/* The request line is there, and the library has not cut its query yet: of many parameters it would
 * keep a list that leaves no memory for the head, or for an answer. */
static void *on_target(void *arg, const char *target, struct MHD_Connection *connection)
{
	struct http_peer *peer = http_refusal_peer(connection);
	struct exchange *x = peer && target ? exchange_new(arg, peer, target) : NULL;

	if (!x)
		return NULL;
	http_peer_reading(peer);
	if (!http_query_fits(x->query)) {
		http_problem(&x->request, 400, "bad_request", HTTP_QUERY_TOO_MANY);
		http_refusal_early(x);
	}
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
	switch (x->stage) {
	case HEAD_CAME:
		return x->told ? MHD_NO : begin(x, connection, version);
	case ADMITTING:
		http_peer_reading_on(x->peer);
		return await_body(x);
	case WORKING_ON_IT:
		return answer(x, connection);
	case BODY_COMES:
		break;
	}
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
	if (!x->status)
		x->status = http_peer_said(x->peer);
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

/* Since 1.0 the library puts folded lines together before they can be seen, unless it is told to
 * refuse them. Before that it would close without a word over a blank in the target, which the
 * guard refuses as well. */
enum { STRICTNESS = MHD_VERSION >= 0x01000000 ? 1 : 0 };

static bool start_daemon(struct http_server *s, struct err *e)
{
	const struct http_config *c = &s->config;

	s->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0,
		on_accept, s, on_request, s, MHD_OPTION_LISTEN_SOCKET, s->fd,
		MHD_OPTION_CONNECTION_LIMIT, c->max_connections + SPARE,
		MHD_OPTION_THREAD_POOL_SIZE, (unsigned)READERS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)POOL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_URI_LOG_CALLBACK,
		on_target, s, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, s,
		MHD_OPTION_STRICT_FOR_CLIENT, (int)STRICTNESS, MHD_OPTION_END);
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
		s->peers = http_peers_new(config->max_connections, config->max_per_address,
			config->request_deadline_ms, config->trusted_proxies, e);
		s->workers = s->peers ? http_workers_new(config->workers, e) : NULL;
		if (s->workers && start_daemon(s, e))
			return s;
		close(s->fd);
	}
	http_workers_free(s->workers);
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

/* The library does not bear to be stopped while something is suspended. */
static bool all_are_back(struct http_server *s)
{
	int64_t end = clock_monotonic() + (int64_t)AWAY_MS * 1000;

	while (atomic_load(&s->away) && clock_monotonic() < end)
		usleep(1000);
	return !atomic_load(&s->away);
}

void http_stop(struct http_server *s)
{
	if (!s)
		return;
	http_quiesce(s);
	http_peers_drain(s->peers, DRAIN_MS);
	http_workers_free(s->workers);
	if (!all_are_back(s))
		return; /* stuck: the process is about to end, and that ends it too */
	MHD_stop_daemon(s->daemon);
	close(s->fd);
	http_peers_free(s->peers);
	free(s);
}
