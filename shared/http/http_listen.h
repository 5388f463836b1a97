/* http_listen: a listening socket from an address as settings give it. */
#pragma once

#include <stdbool.h>

#include "base/conf.h"
#include "base/err.h"

/* "127.0.0.1:8080", "[::1]:8080", "localhost:8080", ":8080" (every address, IPv4 and IPv6); port 0
 * takes a free one. Returns the socket, or -1: ERR_FATAL. */
bool http_listen_valid(const char *address); /* it looks like one of those */
extern const struct conf_form http_listen_form;
int http_listen(const char *address, struct err *e) MUST_CHECK;
int http_listen_port(int fd); /* 0 when it cannot be told */
