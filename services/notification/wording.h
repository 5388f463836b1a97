/* wording: the sentences that people read, Indonesian and English side by side. Pure. A sentence's
 * {slots} are filled by name. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/language.h"

enum phrase {
	PACE_MORE_TITLE,
	PACE_LESS_TITLE,
	PACE_VALUE_TITLE,
	PACE_MORE,
	PACE_MORE_NEED,
	PACE_LESS,
	PACE_LESS_ROOM,
	PACE_LESS_OVER,
	PACE_VALUE,
	PACE_FOOT,
	CLOSED_TITLE,
	CLOSED_TITLE_UNRATED,
	CLOSED,
	CLOSED_UNRATED,
	CLOSED_ITEM,
	CLOSED_BRIEF,
	CLOSED_MISSING,
	CLOSED_FOOT,
	CHANGED_TITLE,
	CHANGED,
	CHANGED_ITEM,
	CHANGED_RESULTS,
	CHANGED_NOW,
	DIGEST_TITLE,
	DIGEST,
	DIGEST_RATED,
	DIGEST_UNRATED,
	DIGEST_BEFORE,
	DIGEST_ITEMS,
	DIGEST_FOOT,
	NEED_MORE,
	NEED_LESS,
	RATING_IS_BELOW,
	RATING_IS_MEETS,
	RATING_IS_ABOVE,
	RATING_IS_NONE,
	MAIL_LINK,
	MAIL_FOOT,
	PHRASES,
};

struct slot {
	const char *name, *text;
};

/* Appends the sentence. Slots end with a NULL name; one that is not given stays as it is written.
 */
void wording_add(
	struct buf *out, enum language language, enum phrase phrase, const struct slot *slots);
const char *wording_text(enum language language, enum phrase phrase); /* as it is written */
