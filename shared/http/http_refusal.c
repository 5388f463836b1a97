#include "http/http_refusal.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "http/http_exchange.h"

enum { ANSWER = 4096, UNREAD = 1024 * 1024, PIECE = 16 * 1024 };

static const struct why {
	unsigned status;
	const char *title, *code, *detail;
} whys[] = {
	{400, "Bad Request", "bad_request", "the request is malformed"},
	{413, "Content Too Large", "too_large", "the request's body is too large"},
	{414, "URI Too Long", "header_too_large", "the request's target is too long"},
	{431, "Request Header Fields Too Large", "header_too_large",
		"the request's head may have 16 KiB and 64 fields"},
	{505, "HTTP Version Not Supported", "bad_request",
		"the version must be HTTP/1.1 or HTTP/1.0"},
	{0, "Bad Request", "bad_request", "the request is malformed"},
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

static void put_answer(struct buf *out, const struct why *w)
{
	struct exchange *x = exchange_new(NULL, NULL, "/");

	if (!x)
		return;
	x->close = true;
	http_problem(&x->request, w->status ? (int)w->status : 400, w->code, w->detail);
	buf_addf(out, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n", x->status, w->title, x->len);
	exchange_headers(x, put_header, out);
	buf_adds(out, "\r\n");
	buf_add(out, x->data, x->len);
	exchange_free(x);
}

/* What came and is not read would reset the connection under the answer. */
static void send_and_end(int fd, const struct buf *answer)
{
	char piece[PIECE];
	ssize_t n = send(fd, answer->data, answer->len, MSG_DONTWAIT | MSG_NOSIGNAL);

	shutdown(fd, SHUT_WR);
	for (size_t sum = 0; n > 0 && sum < UNREAD; sum += (size_t)n)
		n = recv(fd, piece, sizeof piece, MSG_DONTWAIT);
}

/* The library's own refusals alone come here. It has to queue them all the same: from some of its
 * places it goes on with the connection, and were that closed, with what is freed. Nothing can be
 * sent any more, so it closes it a moment later. */
enum MHD_Result MHD_queue_response(
	struct MHD_Connection *connection, unsigned status, struct MHD_Response *response)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	BUF_AUTO answer;

	buf_init(&answer, ANSWER);
	put_answer(&answer, why_of(status));
	if (info && !answer.failed)
		send_and_end(info->connect_fd, &answer);
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
