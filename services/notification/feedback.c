#include "feedback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appraisal/pace.h"
#include "base/clock.h"
#include "writing.h"

enum { MORNING_HOUR = 6 };

const char *const message_kinds[] = {
	[MESSAGE_PACE] = "pace", [MESSAGE_CLOSED] = "closed", [MESSAGE_DIGEST] = "digest", NULL};

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

bool feedback_ended(struct period p, int64_t now)
{
	return now >= closes_at(p);
}

int64_t feedback_digest_due(int64_t quiet, int64_t last)
{
	int64_t next = last ? morning(clock_date(last) + 1) : 0;
	return quiet > next ? quiet : next;
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

static bool adds_up(const struct indicator *x)
{
	return x->measure == MEASURE_COUNT || x->measure == MEASURE_SUM;
}

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
	const struct slot slots[] = {{"need", writing_figure(&need, l, &p->about, step)},
		{"left", writing_number(&left, days_left)},
		{"daily", language_figure(l, dec_div(step, days_left), false, daily.text)},
		{NULL, NULL}};
	wording_add(b, l,
		!less     ? PACE_MORE_NEED
		: gap < 0 ? PACE_LESS_OVER
			  : PACE_LESS_ROOM,
		slots);
}

static void add_pace(struct buf *b, enum language l, const struct lag *p)
{
	char period[LANGUAGE_TEXT];
	struct figure realized = {""}, expected = {""};
	struct number elapsed = {""}, total = {""}, events = {""};
	BUF_AUTO goal;
	buf_init(&goal, WRITING_MOST);
	const struct slot slots[] = {
		{"realized", writing_figure(&realized, l, &p->about, p->item->realized)},
		{"target", writing_target(&goal, l, &p->about, &p->item->target)},
		{"expected", writing_figure(&expected, l, &p->about,
				     pace_said(p->expected, bound_of(p->item, &p->about),
					     p->about.measure == MEASURE_COUNT))},
		{"period", language_period(l, p->c->period, period)},
		{"elapsed", writing_number(&elapsed, p->days->elapsed)},
		{"total", writing_number(&total, p->days->total)},
		{"events", writing_number(&events, p->item->events)}, {NULL, NULL}};
	if (!adds_up(&p->about)) {
		wording_add(b, l, PACE_VALUE, slots);
		writing_need(b, l, &p->about, p->item);
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
	struct message *m = writing_message(out, MESSAGE_PACE, p->item->indicator);
	enum phrase title = !adds_up(&p->about)                    ? PACE_VALUE_TITLE
			    : p->about.direction == DIRECTION_LESS ? PACE_LESS_TITLE
								   : PACE_MORE_TITLE;
	bool ok = m != NULL;
	for (int l = 0; ok && l < LANGUAGES; l++) {
		BUF_AUTO text;
		buf_init(&text, WRITING_MOST);
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
			.about = writing_indicator(c, f->items[i].indicator),
			.days = days};
		if (lags(p.item, &p.about, days, rules, &p.expected) &&
			!(told && told(arg, p.item->indicator)))
			ok = pace_message(&p, out);
	}
	return ok;
}
