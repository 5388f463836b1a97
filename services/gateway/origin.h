/* origin: whether a form was sent from our own pages, by what the browser says of it. Pure. */
#pragma once

#include <stdbool.h>

struct origin {
	const char *sent, *site; /* the fields Origin and Sec-Fetch-Site; NULL: absent */
	const char *host, *public_url; /* what we are called by: the field Host, and the setting */
};

/* Either of the two says that it comes from another site. A client that says nothing is no browser,
 * or one that is older than both. */
bool origin_is_foreign(const struct origin *o);
