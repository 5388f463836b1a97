/* http_address: network addresses as values, blocks of trusted proxies, and who is behind them.
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/conf.h"

/* IPv6, or IPv4 mapped into it. */
struct http_address {
	uint8_t bytes[16];
};

enum { HTTP_ADDRESS_TEXT = 46 };

bool http_address_of(
	const struct sockaddr *from, struct http_address *out); /* false: neither IPv4 nor IPv6 */
bool http_address_parse(const char *text, size_t len, struct http_address *out);
const char *http_address_format(const struct http_address *a, char out[HTTP_ADDRESS_TEXT]);
bool http_address_equal(const struct http_address *a, const struct http_address *b);

/* http:// or https://, a host, perhaps a port and a path; nothing that would have to be escaped. */
bool http_url_valid(const char *text);
extern const struct conf_form http_url_form;

struct http_block {
	struct http_address base;
	unsigned bits;
};

/* "10.0.0.0/8, ::1" into blocks, at most `max`; returns how many, or -1 when an entry is malformed
 * or there are too many. NULL and "" are none. */
int http_blocks_parse(const char *text, struct http_block *out, int max);
enum { HTTP_BLOCKS_MOST = 32 };
bool http_blocks_valid(const char *text); /* they parse, and are no more than that */
extern const struct conf_form http_blocks_form;
bool http_blocks_hold(const struct http_block *blocks, int n, const struct http_address *a);

/* Who asks: the peer itself, unless it is a trusted proxy; then the last address in its
 * X-Forwarded-For that is none. `forwarded` may be NULL. An address that cannot be read ends the
 * search at the hop before it. */
struct http_address http_client_of(const struct http_address *peer, const char *forwarded,
	const struct http_block *trusted, int n);
