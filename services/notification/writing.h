/* writing: what the sentences about paces and ends have in common. Pure. */
#pragma once

#include "feedback.h"

/* One that is not known is named by its code. */
struct indicator writing_indicator(const struct feedback_context *c, const char *code);

struct figure {
	char text[DEC_TEXT];
};
const char *writing_figure(
	struct figure *out, enum language l, const struct indicator *x, dec_wide v);
/* A target with its unit, appended. */
const char *writing_target(
	struct buf *out, enum language l, const struct indicator *x, const struct score_target *t);

struct number {
	char text[16];
};
const char *writing_number(struct number *out, int64_t n);

const char *writing_rating(enum language l, enum rating r);
/* "With 6 more: above expectations."; nothing where there is no hint. */
void writing_need(
	struct buf *b, enum language l, const struct indicator *x, const struct facts_item *item);

enum { WRITING_MOST = 256 * 1024 }; /* bytes of a text */
/* One more message, without its texts; NULL without memory. */
struct message *writing_message(struct feedback *f, enum message_kind kind, const char *indicator);
