/* letter: a mail as text, RFC 5322 with MIME: plain UTF-8, quoted-printable. Pure. Nothing that
 * comes in can make a header of its own: addresses are checked, the subject is encoded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wording.h"

/* Plain addresses, as in user@example.org: ASCII, no quotes, no comments, at most 254 bytes. */
bool letter_address_valid(const char *address);

struct letter {
	const char *from, *to; /* valid addresses */
	const char *id; /* for Message-ID, the same at each attempt: letters, digits, hyphens */
	int64_t at;
	const char *title[LANGUAGES], *body[LANGUAGES];
	const char *url; /* where to read more; NULL: nowhere */
};

/* Appends the whole mail with CRLF line ends; `out->failed` tells of a lack of room. */
void letter_write(struct buf *out, const struct letter *l);
