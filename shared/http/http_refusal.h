/* http_refusal: answers that do not go through libmicrohttpd: each is one answer with one head, and
 * the last on its connection.
 *
 * They are of two kinds. Ours, when a request is refused before all of it is there: the library
 * sends nothing before that. And what the library refuses by itself, before any of our code sees
 * the request, in our words; 0.9.75 would say it twice, in HTML.
 *
 * The library hands its own refusals to MHD_queue_response, by that name, as we hand it our
 * answers. It is defined here again, so that the library finds ours; our answers go by http_queue
 * to the library's. Where a build of the library does not look its own function up by name, its own
 * words stand. */
#pragma once

#include <microhttpd.h>

#include "base/buf.h"

struct exchange;
struct http_peer;

enum { HTTP_LATE = 408, HTTP_BUSY = 503, HTTP_REFUSAL = 4096 /* bytes of such words */ };

/* Before all of the request is there: its answer goes at once. What is still to come is to be read
 * and thrown away: to close at once would reset the connection under the answer. */
void http_refusal_early(struct exchange *x);
/* The problem document for a status, whole, for a request of which no more is known. */
void http_refusal_words(struct buf *out, unsigned status);

/* Whose connection it is; NULL: nobody's, for want of memory. */
struct http_peer *http_refusal_peer(struct MHD_Connection *connection);
enum MHD_Result http_queue(
	struct MHD_Connection *connection, unsigned status, struct MHD_Response *response);
