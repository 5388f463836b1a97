#include "http/http_listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 511, PORT_MOST = 65535 };

static bool split(const char *address, char host[64], char port[8])
{
	const char *colon = strrchr(address, ':'), *start = address;
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (!colon || strlen(colon + 1) == 0 || strlen(colon + 1) > 5)
		return false;
	if (len >= 2 && start[0] == '[' && start[len - 1] == ']') {
		start++;
		len -= 2;
	}
	if (len >= 64)
		return false;
	memcpy(host, start, len);
	host[len] = '\0';
	strcpy(port, colon + 1);
	return strspn(port, "0123456789") == strlen(port) && atoi(port) <= PORT_MOST &&
	       strspn(host,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:%_") ==
		       strlen(host);
}

bool http_listen_valid(const char *address)
{
	char host[64], port[8];

	return split(address, host, port);
}

static int open_one(const struct addrinfo *a)
{
	int on = 1, off = 0, saved;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (!bind(fd, a->ai_addr, a->ai_addrlen) && !listen(fd, BACKLOG))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* "Every address" is asked for as IPv6 first, which takes IPv4 too; without IPv6, IPv4 is what is
 * left. */
static int open_first(const char *host, const char *port)
{
	static const int families[] = {AF_INET6, AF_INET};
	int fd = -1;

	for (size_t i = 0; i < 2 && fd < 0; i++) {
		struct addrinfo hints = {.ai_family = families[i],
			.ai_socktype = SOCK_STREAM,
			.ai_flags = AI_PASSIVE};
		struct addrinfo *found = NULL;

		if (getaddrinfo(*host ? host : NULL, port, &hints, &found))
			continue;
		for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next)
			fd = open_one(a);
		freeaddrinfo(found);
	}
	return fd;
}

int http_listen(const char *address, struct err *e)
{
	char host[64], port[8];
	int fd;

	if (!split(address, host, port)) {
		err_set(e, ERR_FATAL,
			"'%s' is no address to listen on: it must be like 127.0.0.1:8080", address);
		return -1;
	}
	errno = EADDRNOTAVAIL;
	fd = open_first(host, port);
	if (fd < 0)
		err_set(e, ERR_FATAL, "cannot listen on %s: %s", address, strerror(errno));
	return fd;
}

int http_listen_port(int fd)
{
	struct sockaddr_storage at = {0};
	socklen_t len = sizeof at;

	if (getsockname(fd, (struct sockaddr *)&at, &len))
		return 0;
	if (at.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&at)->sin6_port);
	return ntohs(((struct sockaddr_in *)&at)->sin_port);
}

const struct conf_form http_listen_form = {
	http_listen_valid, "must be like 127.0.0.1:8080 or :8080, with a port up to 65535"};
