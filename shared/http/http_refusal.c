#include "http/http_refusal.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "http/http_exchange.h"

enum { EARLY = 64 * 1024, UNREAD = 1024 * 1024, PIECE = 16 * 1024, DATE = 64 };

static const struct why {
	unsigned status;
	const char *code, *detail;
} whys[] = {
	{400, "bad_request", "the request is malformed"},
	{HTTP_LATE, "request_timeout", "the whole request must come within the deadline"},
	{413, "too_large", "the request's body is too large"},
	{414, "header_too_large", "the request's target is too long: a head may have 16 KiB"},
	{431, "header_too_large", "the request's head may have 16 KiB, 64 fields, and few cookies"},
	{HTTP_BUSY, "busy", "others wait for this place: try again, and send all of it at once"},
	{505, "bad_request", "the version must be HTTP/1.1 or HTTP/1.0"},
	{0, "bad_request", "the request is malformed"},
};

static const struct why *why_of(unsigned status)
{
	const struct why *w = whys;

	while (w->status && w->status != status)
		w++;
	return w;
}

static void put_header(void *arg, const char *name, const char *value)
{
	buf_addf(arg, "%s: %s\r\n", name, value);
}

static void put_date(struct buf *out)
{
	time_t now = (time_t)(clock_now() / CLOCK_SECOND);
	struct tm utc;
	char text[DATE];

	strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &utc));
	put_header(out, "Date", text);
}

static void put(struct buf *out, const struct exchange *x)
{
	const char *method = x->request.method;

	buf_addf(out, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n", x->status,
		exchange_title(x->status), x->len);
	put_date(out);
	exchange_headers(x, put_header, out);
	buf_adds(out, "\r\n");
	if (!method || strcmp(method, "HEAD") != 0)
		buf_add(out, x->data, x->len);
}

void http_refusal_early(struct exchange *x)
{
	BUF_AUTO words;

	if (x->told)
		return;
	x->close = x->told = true;
	buf_init(&words, EARLY);
	put(&words, x);
	http_peer_tell(x->peer, &words);
}

void http_refusal_words(struct buf *out, unsigned status)
{
	const struct why *w = why_of(status);
	struct exchange *x = exchange_new(NULL, NULL, "/");

	if (!x)
		return;
	x->close = true;
	if (status == HTTP_BUSY)
		http_add_header(&x->request, "Retry-After", "1");
	http_problem(&x->request, w->status ? (int)w->status : 400, w->code, w->detail);
	put(out, x);
	exchange_free(x);
}

struct http_peer *http_refusal_peer(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* What came and is not read would reset the connection under the answer. */
static void read_off(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	char piece[PIECE];
	ssize_t n = 1;

	for (size_t sum = 0; info && n > 0 && sum < UNREAD; sum += (size_t)n)
		n = recv(info->connect_fd, piece, sizeof piece, MSG_DONTWAIT);
}

/* The library's own refusals alone come here. It has to queue them all the same: from some of its
 * places it goes on with the connection, and were that closed, with what is freed. Nothing can be
 * sent any more, so it closes it a moment later. */
enum MHD_Result MHD_queue_response(
	struct MHD_Connection *connection, unsigned status, struct MHD_Response *response)
{
	struct http_peer *peer = http_refusal_peer(connection);
	BUF_AUTO words;

	buf_init(&words, HTTP_REFUSAL);
	http_refusal_words(&words, status);
	if (peer)
		http_peer_tell(peer, &words);
	read_off(connection);
	return http_queue(connection, status, response);
}

enum MHD_Result http_queue(
	struct MHD_Connection *connection, unsigned status, struct MHD_Response *response)
{
	/* Found anew by each thread that is the first: it is the same. */
	static _Atomic(void *) found;
	enum MHD_Result (*queue)(struct MHD_Connection *, unsigned, struct MHD_Response *);

	if (!atomic_load(&found))
		atomic_store(&found, dlsym(RTLD_NEXT, "MHD_queue_response"));
	*(void **)&queue = atomic_load(&found);
	return queue ? queue(connection, status, response) : MHD_NO;
}
