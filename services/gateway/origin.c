#include "origin.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* The length of a URL's scheme, host and port; *host is where they begin. */
static size_t origin_of(const char *url, const char **host)
{
	const char *at = strstr(url, "://");
	*host = at ? at + strlen("://") : NULL;
	return at ? (size_t)(*host - url) + strcspn(*host, "/?#") : 0;
}

/* By the name that the request itself came under, since a port may be forwarded to it; or by the
 * one that people use, since a proxy may have changed that. */
static bool is_ours(const struct origin *o)
{
	const char *host, *ignored;
	size_t len = origin_of(o->sent, &host), ours = origin_of(o->public_url, &ignored);
	if (!host)
		return false; /* "null" */
	return (len == ours && strncasecmp(o->sent, o->public_url, len) == 0) ||
	       (o->host && strcasecmp(host, o->host) == 0);
}

bool origin_is_foreign(const struct origin *o)
{
	bool other_site =
		o->site && strcmp(o->site, "same-origin") != 0 && strcmp(o->site, "none") != 0;
	return other_site || (o->sent && !is_ours(o));
}
