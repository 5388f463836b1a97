#include "writing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_code(const void *key, const void *x)
{
	return strcmp(key, ((const struct indicator *)x)->code);
}

struct indicator writing_indicator(const struct feedback_context *c, const char *code)
{
	const struct indicator *known =
		c->n_indicators
			? bsearch(code, c->indicators, c->n_indicators, sizeof *known, by_code)
			: NULL;
	return known ? *known
		     : (struct indicator){code, {code, code}, {"", ""}, MEASURES, DIRECTION_MORE};
}

const char *writing_figure(
	struct figure *out, enum language l, const struct indicator *x, dec_wide v)
{
	return language_figure(l, v, x->measure == MEASURE_COUNT, out->text);
}

/* A target with its unit. */
const char *writing_target(
	struct buf *out, enum language l, const struct indicator *x, const struct score_target *t)
{
	struct figure bound;
	if (t->range) {
		buf_adds(out, writing_figure(&bound, l, x, t->low));
		buf_adds(out, "–");
	}
	buf_adds(out, writing_figure(&bound, l, x, t->high));
	if (*x->units[l]) {
		buf_adds(out, " ");
		buf_adds(out, x->units[l]);
	}
	return out->data;
}

const char *writing_number(struct number *out, int64_t n)
{
	snprintf(out->text, sizeof out->text, "%lld", (long long)n);
	return out->text;
}

const char *writing_rating(enum language l, enum rating r)
{
	static const enum phrase phrases[RATINGS] = {[RATING_BELOW] = RATING_IS_BELOW,
		[RATING_MEETS] = RATING_IS_MEETS,
		[RATING_ABOVE] = RATING_IS_ABOVE};
	return wording_text(l, phrases[r]);
}

void writing_need(
	struct buf *b, enum language l, const struct indicator *x, const struct facts_item *item)
{
	struct figure need = {""};
	bool less = item->need < 0;
	const struct slot slots[] = {
		{"need", writing_figure(&need, l, x, less ? -item->need : item->need)},
		{"to", writing_rating(l, item->to)}, {NULL, NULL}};
	if (item->has_hint)
		wording_add(b, l, less ? NEED_LESS : NEED_MORE, slots);
}

struct message *writing_message(struct feedback *f, enum message_kind kind, const char *indicator)
{
	struct message *list = realloc(f->list, (f->n + 1) * sizeof *list);
	if (!list)
		return NULL;
	f->list = list;
	f->list[f->n] = (struct message){.kind = kind, .indicator = indicator};
	return &f->list[f->n++];
}
