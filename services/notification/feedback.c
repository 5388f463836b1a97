#include "feedback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appraisal/pace.h"
#include "base/clock.h"

enum { MORNING_HOUR = 6, MAX_TEXT = 256 * 1024 };

/* When */

static int64_t morning(int32_t date)
{
	return clock_date_start(date) + MORNING_HOUR * 3600 * CLOCK_SECOND;
}

/* The moment from which a period has ended for us: the morning after. */
static int64_t closes_at(struct period p)
{
	return morning(period_last_day(p) + 1);
}

int64_t feedback_due(struct period p, int64_t now, int64_t quiet)
{
	int64_t closes = closes_at(p);
	bool open = clock_date(now) <= period_last_day(p);
	if (now < closes && !(open && p.kind == PERIOD_MONTH))
		return closes;
	return now + quiet;
}

int64_t feedback_next(struct period p, int64_t now)
{
	int32_t today = clock_date(now);
	if (now >= closes_at(p))
		return 0;
	if (p.kind != PERIOD_MONTH)
		return closes_at(p);
	return now < morning(today) ? morning(today) : morning(today + 1);
}

/* "2026-W13", the ISO week of a date. Day 0 of our dates was a Thursday; a week belongs to its
 * Thursday's year. */
static void week_of(int32_t date, char out[OCCASION_TEXT])
{
	int32_t since_monday = ((date + 3) % 7 + 7) % 7, thursday = date - since_monday + 3;
	int32_t year = clock_month(thursday) / 12;
	snprintf(out, OCCASION_TEXT, "%04d-W%02d", (int)year,
		(int)((thursday - clock_month_first(year * 12)) / 7 + 1));
}

/* Writing */

static int by_code(const void *key, const void *x)
{
	return strcmp(key, ((const struct indicator *)x)->code);
}

static struct indicator about(const struct feedback_context *c, const char *code)
{
	const struct indicator *known =
		c->n_indicators
			? bsearch(code, c->indicators, c->n_indicators, sizeof *known, by_code)
			: NULL;
	return known ? *known
		     : (struct indicator){code, {code, code}, "", MEASURES, DIRECTION_MORE};
}

static bool adds_up(const struct indicator *x)
{
	return x->measure == MEASURE_COUNT || x->measure == MEASURE_SUM;
}

struct figure {
	char text[DEC_TEXT];
};

static const char *figure(
	struct figure *out, enum language l, const struct indicator *x, dec_wide v)
{
	return wording_figure(l, v, x->measure == MEASURE_COUNT, out->text);
}

/* A target with its unit. The registry has units in one language, so Indonesian text has none but
 * per cent. */
static const char *target(
	struct buf *out, enum language l, const struct indicator *x, const struct score_target *t)
{
	struct figure bound;
	if (t->range) {
		buf_adds(out, figure(&bound, l, x, t->low));
		buf_adds(out, "–");
	}
	buf_adds(out, figure(&bound, l, x, t->high));
	if (*x->unit && (l == LANGUAGE_EN || strcmp(x->unit, "%") == 0)) {
		buf_adds(out, " ");
		buf_adds(out, x->unit);
	}
	return out->data;
}

struct number {
	char text[16];
};

static const char *number(struct number *out, int64_t n)
{
	snprintf(out->text, sizeof out->text, "%lld", (long long)n);
	return out->text;
}

static const char *rating_text(enum language l, enum rating r)
{
	static const enum phrase phrases[RATINGS] = {[RATING_BELOW] = RATING_IS_BELOW,
		[RATING_MEETS] = RATING_IS_MEETS,
		[RATING_ABOVE] = RATING_IS_ABOVE};
	return wording_text(l, phrases[r]);
}

static void add_need(
	struct buf *b, enum language l, const struct indicator *x, const struct facts_item *item)
{
	struct figure need = {""};
	bool less = item->need < 0;
	const struct slot slots[] = {{"need", figure(&need, l, x, less ? -item->need : item->need)},
		{"to", rating_text(l, item->to)}, {NULL, NULL}};
	if (item->has_hint)
		wording_add(b, l, less ? NEED_LESS : NEED_MORE, slots);
}

static struct message *message_new(struct feedback *f, const char *kind, const char *indicator)
{
	struct message *list = realloc(f->list, (f->n + 1) * sizeof *list);
	if (!list)
		return NULL;
	f->list = list;
	f->list[f->n] = (struct message){.kind = kind, .indicator = indicator};
	return &f->list[f->n++];
}

void feedback_done(struct feedback *f)
{
	for (size_t i = 0; i < f->n; i++)
		for (int l = 0; l < LANGUAGES; l++) {
			free(f->list[i].title[l]);
			free(f->list[i].body[l]);
		}
	free(f->list);
	*f = (struct feedback){0};
}

/* Pace */

/* Nobody does a third of a visit: of counts only whole ones are expected, and only whole ones too
 * many are counted. */
static dec_wide whole(const struct indicator *x, dec_wide v, bool up)
{
	return x->measure != MEASURE_COUNT ? v
					   : (v + (up ? DEC_SHOWN - 1 : 0)) / DEC_SHOWN * DEC_SHOWN;
}

static dec_wide bound_of(const struct facts_item *item, const struct indicator *x)
{
	return x->direction == DIRECTION_LESS ? item->target.high : item->target.low;
}

/* Whether an item lags; *expected is where its pace would be. */
static bool lags(const struct facts_item *item, const struct indicator *x,
	const struct service_days *days, const struct pace_rules *rules, dec_wide *expected)
{
	*expected = 0;
	if (x->measure == MEASURES || days->elapsed < rules->after_days ||
		days->elapsed >= days->total)
		return false;
	if (!adds_up(x))
		return item->rating == RATING_BELOW;
	bool less = x->direction == DIRECTION_LESS;
	*expected = pace_of(bound_of(item, x), item->realized, days->elapsed, days->total, less)
			    .expected;
	dec_wide allowed = *expected * (100 + (less ? rules->tolerance : -rules->tolerance)) / 100;
	return less ? item->realized > whole(x, allowed, true)
		    : item->realized < whole(x, allowed, false);
}

struct lag {
	const struct feedback_context *c;
	const struct facts_item *item;
	struct indicator about;
	const struct service_days *days;
	dec_wide expected;
};

static void add_pace_need(struct buf *b, enum language l, const struct lag *p)
{
	struct figure need = {""}, daily = {""};
	struct number left = {""};
	int32_t days_left = p->days->total - p->days->elapsed;
	dec_wide gap = bound_of(p->item, &p->about) - p->item->realized;
	bool less = p->about.direction == DIRECTION_LESS;
	dec_wide step = less && gap < 0 ? -gap : whole(&p->about, gap, !less);
	const struct slot slots[] = {{"need", figure(&need, l, &p->about, step)},
		{"left", number(&left, days_left)},
		{"daily", wording_figure(l, dec_div(step, days_left), false, daily.text)},
		{NULL, NULL}};
	wording_add(b, l,
		!less     ? PACE_MORE_NEED
		: gap < 0 ? PACE_LESS_OVER
			  : PACE_LESS_ROOM,
		slots);
}

static void add_pace(struct buf *b, enum language l, const struct lag *p)
{
	char period[WORDING_PERIOD];
	struct figure realized = {""}, expected = {""};
	struct number elapsed = {""}, total = {""}, events = {""};
	BUF_AUTO goal;
	buf_init(&goal, MAX_TEXT);
	const struct slot slots[] = {
		{"realized", figure(&realized, l, &p->about, p->item->realized)},
		{"target", target(&goal, l, &p->about, &p->item->target)},
		{"expected", figure(&expected, l, &p->about, p->expected)},
		{"period", wording_period(l, p->c->period, period)},
		{"elapsed", number(&elapsed, p->days->elapsed)},
		{"total", number(&total, p->days->total)},
		{"events", number(&events, p->item->events)}, {NULL, NULL}};
	if (!adds_up(&p->about)) {
		wording_add(b, l, PACE_VALUE, slots);
		add_need(b, l, &p->about, p->item);
		buf_adds(b, p->item->has_hint ? "\n" : "");
	} else {
		wording_add(
			b, l, p->about.direction == DIRECTION_LESS ? PACE_LESS : PACE_MORE, slots);
		add_pace_need(b, l, p);
	}
	wording_add(b, l, PACE_FOOT, NULL);
}

static bool pace_message(const struct lag *p, struct feedback *out)
{
	struct message *m = message_new(out, "pace", p->item->indicator);
	enum phrase title = !adds_up(&p->about)                    ? PACE_VALUE_TITLE
			    : p->about.direction == DIRECTION_LESS ? PACE_LESS_TITLE
								   : PACE_MORE_TITLE;
	bool ok = m != NULL;
	for (int l = 0; ok && l < LANGUAGES; l++) {
		BUF_AUTO text;
		buf_init(&text, MAX_TEXT);
		wording_add(&text, l, title,
			(const struct slot[]){{"name", p->about.names[l]}, {NULL, NULL}});
		m->title[l] = buf_take(&text);
		add_pace(&text, l, p);
		m->body[l] = buf_take(&text);
		ok = m->title[l] && m->body[l];
	}
	if (ok)
		week_of(p->days->today, m->occasion);
	return ok;
}

bool feedback_pace(const struct feedback_context *c, const struct facts *f,
	const struct service_days *days, const struct pace_rules *rules,
	bool (*told)(void *arg, const char *indicator), void *arg, struct feedback *out)
{
	bool ok = true;
	for (size_t i = 0; ok && i < f->n_items; i++) {
		struct lag p = {.c = c,
			.item = &f->items[i],
			.about = about(c, f->items[i].indicator),
			.days = days};
		if (lags(p.item, &p.about, days, rules, &p.expected) &&
			!(told && told(arg, p.item->indicator)))
			ok = pace_message(&p, out);
	}
	return ok;
}

/* Closing */

json_t *feedback_ratings(const struct facts *f)
{
	json_t *items = json_object();
	for (size_t i = 0; i < f->n_items; i++)
		json_object_set_new(items, f->items[i].indicator,
			json_string(score_rating_name(f->items[i].rating)));
	return json_pack("{s:o, s:o}", "results",
		f->rated ? json_string(score_rating_name(f->rating)) : json_null(), "items", items);
}

static void add_item(struct buf *b, enum language l, const struct feedback_context *c,
	const struct facts_item *item)
{
	struct indicator x = about(c, item->indicator);
	struct figure realized = {""};
	char achievement[DEC_TEXT];
	BUF_AUTO goal;
	buf_init(&goal, MAX_TEXT);
	const struct slot slots[] = {{"name", x.names[l]},
		{"realized", figure(&realized, l, &x, item->realized)},
		{"target", target(&goal, l, &x, &item->target)},
		{"achievement", wording_figure(l, item->achievement, false, achievement)},
		{"rating", rating_text(l, item->rating)}, {NULL, NULL}};
	wording_add(b, l, CLOSED_ITEM, slots);
	buf_adds(b, item->has_hint ? " " : "");
	add_need(b, l, &x, item);
	buf_adds(b, "\n");
}

static void add_missing(
	struct buf *b, enum language l, const struct feedback_context *c, const json_t *codes)
{
	size_t i;
	const json_t *code;
	BUF_AUTO names;
	buf_init(&names, MAX_TEXT);
	json_array_foreach (codes, i, code) {
		buf_adds(&names, i ? ", " : "");
		buf_adds(&names, about(c, json_string_value(code)).names[l]);
	}
	if (names.len)
		wording_add(b, l, CLOSED_MISSING,
			(const struct slot[]){{"names", names.data}, {NULL, NULL}});
}

static void add_items(
	struct buf *b, enum language l, const struct feedback_context *c, const struct facts *f)
{
	for (size_t i = 0; i < f->n_items; i++)
		add_item(b, l, c, &f->items[i]);
	add_missing(b, l, c, f->missing);
}

static const char *told_text(enum language l, const json_t *name)
{
	enum rating r;
	return facts_rating(name, &r) ? rating_text(l, r) : wording_text(l, RATING_IS_NONE);
}

static bool differs(const json_t *a, const json_t *b)
{
	const char *x = json_string_value(a), *y = json_string_value(b);
	return x && y ? strcmp(x, y) != 0 : x != y;
}

static void add_change(struct buf *b, enum language l, enum phrase phrase, const char *name,
	const json_t *old, const json_t *new)
{
	if (differs(old, new))
		wording_add(b, l, phrase,
			(const struct slot[]){{"name", name}, {"old", told_text(l, old)},
				{"new", told_text(l, new)}, {NULL, NULL}});
}

/* A line for each rating that is another than before; none when all are the same. */
static void add_changes(struct buf *b, enum language l, const struct feedback_context *c,
	const json_t *old, const json_t *new)
{
	const json_t *before = json_object_get(old, "items"), *now = json_object_get(new, "items"),
		     *rating;
	const char *code;
	json_object_foreach ((json_t *)(uintptr_t)now, code, rating)
		add_change(b, l, CHANGED_ITEM, about(c, code).names[l],
			json_object_get(before, code), rating);
	json_object_foreach ((json_t *)(uintptr_t)before, code, rating)
		if (!json_object_get(now, code))
			add_change(b, l, CHANGED_ITEM, about(c, code).names[l], rating, NULL);
	add_change(b, l, CHANGED_RESULTS, "", json_object_get(old, "results"),
		json_object_get(new, "results"));
}

static void closed_title(struct buf *b, enum language l, const struct feedback_context *c,
	const struct facts *f, const json_t *told)
{
	char period[WORDING_PERIOD];
	const struct slot slots[] = {{"period", wording_period(l, c->period, period)},
		{"rating", f->rated ? rating_text(l, f->rating) : ""}, {NULL, NULL}};
	wording_add(b, l,
		told       ? CHANGED_TITLE
		: f->rated ? CLOSED_TITLE
			   : CLOSED_TITLE_UNRATED,
		slots);
}

static void closed_body(struct buf *b, enum language l, const struct feedback_context *c,
	const struct facts *f, const json_t *told, const json_t *ratings)
{
	char period[WORDING_PERIOD], score[DEC_TEXT];
	const struct slot slots[] = {{"period", wording_period(l, c->period, period)},
		{"score", wording_figure(l, f->results, false, score)},
		{"rating", f->rated ? rating_text(l, f->rating) : ""}, {NULL, NULL}};
	if (told) {
		wording_add(b, l, CHANGED, slots);
		add_changes(b, l, c, told, ratings);
		if (f->n_items)
			wording_add(b, l, CHANGED_NOW, NULL);
	} else {
		wording_add(b, l, f->rated ? CLOSED : CLOSED_UNRATED, slots);
	}
	add_items(b, l, c, f);
	wording_add(b, l, CLOSED_FOOT, NULL);
}

/* Whether there is something to say. Of nothing measured only where something was told before. */
static bool worth_telling(const struct facts *f, const json_t *told, const json_t *ratings)
{
	return told ? !json_equal(told, ratings) : f->n_items > 0;
}

bool feedback_closed(const struct feedback_context *c, const struct facts *f, const json_t *told,
	int64_t revision, struct feedback *out)
{
	json_auto_t *ratings = feedback_ratings(f);
	if (!ratings || !worth_telling(f, told, ratings))
		return ratings != NULL;
	struct message *m = message_new(out, "closed", NULL);
	bool ok = m != NULL;
	for (int l = 0; ok && l < LANGUAGES; l++) {
		BUF_AUTO text;
		buf_init(&text, MAX_TEXT);
		closed_title(&text, l, c, f, told);
		m->title[l] = buf_take(&text);
		closed_body(&text, l, c, f, told, ratings);
		m->body[l] = buf_take(&text);
		ok = m->title[l] && m->body[l];
	}
	if (ok)
		snprintf(m->occasion, sizeof m->occasion, "%lld%s", (long long)revision,
			f->root ? "" : "-none");
	return ok;
}
