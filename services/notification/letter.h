/* letter: what a mail says, head and text; mail.h makes MIME of it. Pure. Nothing that comes in can
 * make a header of its own: addresses are checked, the subject is encoded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wording.h"

enum { LETTER_ADDRESS = 254 };
/* Plain addresses, as in user@example.org: ASCII, no quotes, no comments, at most 254 bytes. */
bool letter_address_valid(const char *address);

struct letter {
	const char *from, *to; /* valid addresses */
	const char *id; /* for Message-ID, the same at each attempt: letters, digits, hyphens */
	int64_t at;
	const char *title[LANGUAGES], *body[LANGUAGES];
	const char *url; /* where to read more; NULL: nowhere */
	const char *reads; /* "id" or "en"; NULL, or another: nobody said, and it is Indonesian */
};

/* In one language. Appends what mail.h calls head and text; `failed` of either tells of a lack of
 * room. */
void letter_write(struct buf *head, struct buf *text, const struct letter *l);
