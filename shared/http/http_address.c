#include "http/http_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static void map(const struct in_addr *v4, struct http_address *out)
{
	memcpy(out->bytes, mapped, sizeof mapped);
	memcpy(out->bytes + sizeof mapped, v4, sizeof *v4);
}

bool http_address_of(const struct sockaddr *from, struct http_address *out)
{
	if (from->sa_family == AF_INET) {
		struct sockaddr_in v4;

		memcpy(&v4, from, sizeof v4);
		map(&v4.sin_addr, out);
		return true;
	}
	if (from->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;

		memcpy(&v6, from, sizeof v6);
		memcpy(out->bytes, &v6.sin6_addr, sizeof out->bytes);
		return true;
	}
	return false;
}

static bool parse_text(const char *text, struct http_address *out)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		map(&v4, out);
		return true;
	}
	if (inet_pton(AF_INET6, text, &v6) != 1)
		return false;
	memcpy(out->bytes, &v6, sizeof out->bytes);
	return true;
}

bool http_address_parse(const char *text, size_t len, struct http_address *out)
{
	char copy[HTTP_ADDRESS_TEXT];

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof copy)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return parse_text(copy, out);
}

const char *http_address_format(const struct http_address *a, char out[HTTP_ADDRESS_TEXT])
{
	bool v4 = !memcmp(a->bytes, mapped, sizeof mapped);

	if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a->bytes + sizeof mapped : a->bytes, out,
		    HTTP_ADDRESS_TEXT))
		out[0] = '\0';
	return out;
}

bool http_address_equal(const struct http_address *a, const struct http_address *b)
{
	return !memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static void trim(const char **text, size_t *len)
{
	while (*len && strchr(" \t", (*text)[0])) {
		(*text)++;
		(*len)--;
	}
	while (*len && strchr(" \t", (*text)[*len - 1]))
		(*len)--;
}

static bool parse_block(const char *text, size_t len, struct http_block *out)
{
	const char *slash = memchr(text, '/', len);
	size_t address_len = slash ? (size_t)(slash - text) : len;
	unsigned long bits;
	char *end;
	bool v4;

	if (!http_address_parse(text, address_len, &out->base))
		return false;
	v4 = !memchr(text, ':', address_len);
	out->bits = 128;
	if (!slash)
		return true;
	if (len - address_len < 2 || slash[1] < '0' || slash[1] > '9')
		return false;
	bits = strtoul(slash + 1, &end, 10);
	if (end != text + len || bits > (v4 ? 32 : 128))
		return false;
	out->bits = (unsigned)bits + (v4 ? 96 : 0);
	return true;
}

int http_blocks_parse(const char *text, struct http_block *out, int max)
{
	int n = 0;

	while (text && *text) {
		size_t part = strcspn(text, ","), len = part;
		const char *start = text;

		trim(&start, &len);
		if (n == max || !parse_block(start, len, &out[n]))
			return -1;
		n++;
		text += part + (text[part] == ',');
	}
	return n;
}

bool http_blocks_valid(const char *text)
{
	struct http_block blocks[HTTP_BLOCKS_MOST];

	return http_blocks_parse(text, blocks, HTTP_BLOCKS_MOST) >= 0;
}

bool http_url_valid(const char *text)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t scheme = !strncmp(text, "https://", 8)  ? 8
			: !strncmp(text, "http://", 7) ? 7
						       : 0,
	       host = 0;
	const char *p = text + scheme;

	while (p[host] && (strchr(letters, p[host]) || strchr(".-:[]", p[host])))
		host++;
	for (p += host; *p && (strchr(letters, *p) || strchr("/.-_~", *p)); p++)
		;
	return scheme && host && !*p && (text[scheme + host] == '/' || !text[scheme + host]);
}

static bool in_block(const struct http_block *b, const struct http_address *a)
{
	unsigned whole = b->bits / 8, rest = b->bits % 8;

	if (memcmp(a->bytes, b->base.bytes, whole) != 0)
		return false;
	return !rest || (a->bytes[whole] ^ b->base.bytes[whole]) >> (8 - rest) == 0;
}

bool http_blocks_hold(const struct http_block *blocks, int n, const struct http_address *a)
{
	for (int i = 0; i < n; i++)
		if (in_block(&blocks[i], a))
			return true;
	return false;
}

struct http_address http_client_of(const struct http_address *peer, const char *forwarded,
	const struct http_block *trusted, int n)
{
	struct http_address client = *peer;
	size_t left = forwarded ? strlen(forwarded) : 0;

	while (left && http_blocks_hold(trusted, n, &client)) {
		size_t start = left;

		while (start && forwarded[start - 1] != ',')
			start--;
		const char *hop = forwarded + start;
		size_t len = left - start;
		struct http_address a;

		trim(&hop, &len);
		if (!http_address_parse(hop, len, &a))
			break;
		client = a;
		left = start ? start - 1 : 0;
	}
	return client;
}

const struct conf_form http_url_form = {
	http_url_valid, "must begin with http:// or https:// and a host"};
const struct conf_form http_blocks_form = {
	http_blocks_valid, "must be at most 32 addresses or blocks, such as 10.0.0.0/8,::1"};
