/* http_refusal: what libmicrohttpd refuses by itself, before any of our code sees the request, in
 * our words: one answer with one head, a problem document. 0.9.75 would say it twice, in HTML.
 *
 * The library hands its own refusals to MHD_queue_response, by that name, as we hand it our
 * answers. It is defined here again, so that the library finds ours; our answers go by http_queue
 * to the library's. Where a build of the library does not look its own function up by name, its own
 * words stand. */
#pragma once

#include <microhttpd.h>

enum MHD_Result http_queue(
	struct MHD_Connection *connection, unsigned status, struct MHD_Response *response);
