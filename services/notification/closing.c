#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "feedback.h"
#include "writing.h"

json_t *feedback_ratings(const struct facts *f)
{
	json_t *items = json_object();
	for (size_t i = 0; i < f->n_items; i++)
		json_object_set_new(items, f->items[i].indicator,
			json_string(score_rating_name(f->items[i].rating)));
	return json_pack("{s:o, s:o}", "results",
		f->rated ? json_string(score_rating_name(f->rating)) : json_null(), "items", items);
}

char *feedback_ratings_text(const struct facts *f)
{
	json_auto_t *ratings = feedback_ratings(f);
	return ratings ? json_dumps(ratings, JSON_COMPACT) : NULL;
}

static void add_item(struct buf *b, enum language l, const struct feedback_context *c,
	const struct facts_item *item)
{
	struct indicator x = writing_indicator(c, item->indicator);
	struct figure realized = {""};
	char achievement[DEC_TEXT];
	BUF_AUTO goal;
	buf_init(&goal, WRITING_MOST);
	const struct slot slots[] = {{"name", x.names[l]},
		{"realized", writing_figure(&realized, l, &x, item->realized)},
		{"target", writing_target(&goal, l, &x, &item->target)},
		{"achievement", language_figure(l, item->achievement, false, achievement)},
		{"rating", writing_rating(l, item->rating)}, {NULL, NULL}};
	wording_add(b, l, CLOSED_ITEM, slots);
	buf_adds(b, item->has_hint ? " " : "");
	writing_need(b, l, &x, item);
	if (item->brief)
		wording_add(b, l, CLOSED_BRIEF, NULL);
	buf_adds(b, "\n");
}

static void add_missing(
	struct buf *b, enum language l, const struct feedback_context *c, const json_t *codes)
{
	size_t i;
	const json_t *code;
	BUF_AUTO names;
	buf_init(&names, WRITING_MOST);
	json_array_foreach (codes, i, code) {
		buf_adds(&names, i ? ", " : "");
		buf_adds(&names, writing_indicator(c, json_string_value(code)).names[l]);
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
	return facts_rating(name, &r) ? writing_rating(l, r) : wording_text(l, RATING_IS_NONE);
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
		add_change(b, l, CHANGED_ITEM, writing_indicator(c, code).names[l],
			json_object_get(before, code), rating);
	json_object_foreach ((json_t *)(uintptr_t)before, code, rating)
		if (!json_object_get(now, code))
			add_change(b, l, CHANGED_ITEM, writing_indicator(c, code).names[l], rating,
				NULL);
	add_change(b, l, CHANGED_RESULTS, "", json_object_get(old, "results"),
		json_object_get(new, "results"));
}

static void closed_title(struct buf *b, enum language l, const struct feedback_context *c,
	const struct facts *f, const json_t *told)
{
	char period[LANGUAGE_TEXT];
	const struct slot slots[] = {{"period", language_period(l, c->period, period)},
		{"rating", f->rated ? writing_rating(l, f->rating) : ""}, {NULL, NULL}};
	wording_add(b, l,
		told       ? CHANGED_TITLE
		: f->rated ? CLOSED_TITLE
			   : CLOSED_TITLE_UNRATED,
		slots);
}

static void closed_body(struct buf *b, enum language l, const struct feedback_context *c,
	const struct facts *f, const json_t *told, const json_t *ratings)
{
	char period[LANGUAGE_TEXT], score[DEC_TEXT];
	const struct slot slots[] = {{"period", language_period(l, c->period, period)},
		{"score", language_figure(l, f->results, false, score)},
		{"rating", f->rated ? writing_rating(l, f->rating) : ""}, {NULL, NULL}};
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
	struct message *m = writing_message(out, MESSAGE_CLOSED, NULL);
	bool ok = m != NULL;
	for (int l = 0; ok && l < LANGUAGES; l++) {
		BUF_AUTO text;
		buf_init(&text, WRITING_MOST);
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

/* Digests */

/* "Home visits, Waiting time": whose ratings are others than before. */
static void add_names(struct buf *names, enum language l, const struct feedback_context *c,
	const json_t *before, const json_t *now, bool gone)
{
	const char *code;
	json_t *rating;
	json_object_foreach ((json_t *)(uintptr_t)now, code, rating) {
		const json_t *old = json_object_get(before, code);
		if (gone ? old != NULL : !differs(old, rating))
			continue;
		buf_adds(names, names->len ? ", " : "");
		buf_adds(names, writing_indicator(c, code).names[l]);
	}
}

static void add_part_changes(struct buf *b, enum language l, const struct feedback_context *c,
	const json_t *told, const json_t *ratings)
{
	const json_t *before = json_object_get(told, "items"),
		     *now = json_object_get(ratings, "items"),
		     *old = json_object_get(told, "results");
	BUF_AUTO names;
	buf_init(&names, WRITING_MOST);
	add_names(&names, l, c, before, now, false);
	add_names(&names, l, c, now, before, true);
	if (differs(old, json_object_get(ratings, "results")))
		wording_add(b, l, DIGEST_BEFORE,
			(const struct slot[]){{"old", told_text(l, old)}, {NULL, NULL}});
	if (names.len)
		wording_add(b, l, DIGEST_ITEMS,
			(const struct slot[]){{"names", names.data}, {NULL, NULL}});
}

static void add_part(struct buf *b, enum language l, const struct feedback_context *c,
	const struct digest_part *p)
{
	json_auto_t *ratings = feedback_ratings(p->facts);
	char period[LANGUAGE_TEXT], score[DEC_TEXT];
	const struct slot slots[] = {{"period", language_period(l, p->period, period)},
		{"score", language_figure(l, p->facts->results, false, score)},
		{"rating", p->facts->rated ? writing_rating(l, p->facts->rating)
					   : wording_text(l, RATING_IS_NONE)},
		{NULL, NULL}};
	wording_add(b, l, p->facts->rated ? DIGEST_RATED : DIGEST_UNRATED, slots);
	if (p->told)
		add_part_changes(b, l, c, p->told, ratings);
	buf_adds(b, "\n");
}

static void digest_body(struct buf *b, enum language l, const struct feedback_context *c,
	const struct digest_part *parts, size_t n)
{
	wording_add(b, l, DIGEST, NULL);
	for (size_t i = 0; i < n; i++)
		if (parts[i].tells)
			add_part(b, l, c, &parts[i]);
	wording_add(b, l, DIGEST_FOOT, NULL);
	wording_add(b, l, CLOSED_FOOT, NULL);
}

static bool digest_message(const struct feedback_context *c, const struct digest_part *parts,
	size_t n, int64_t telling, struct feedback *out)
{
	struct message *m = writing_message(out, MESSAGE_DIGEST, NULL);
	struct number count;
	const struct slot slots[] = {{"count", writing_number(&count, telling)}, {NULL, NULL}};
	bool ok = m != NULL;
	for (int l = 0; ok && l < LANGUAGES; l++) {
		BUF_AUTO text;
		buf_init(&text, WRITING_MOST);
		wording_add(&text, l, DIGEST_TITLE, slots);
		m->title[l] = buf_take(&text);
		digest_body(&text, l, c, parts, n);
		m->body[l] = buf_take(&text);
		ok = m->title[l] && m->body[l];
	}
	return ok;
}

/* The one that ends later; of those that end together the longer one. */
static bool is_later(struct period a, struct period b)
{
	int32_t x = period_last_day(a), y = period_last_day(b);
	return x != y ? x > y : a.months > b.months;
}

/* Sets what each has to say; returns the latest that has, *telling is how many; -1 without memory.
 */
static const struct digest_part *find_parts(struct digest_part *parts, size_t n, int64_t *telling)
{
	const struct digest_part *latest = NULL;
	*telling = 0;
	for (size_t i = 0; i < n; i++) {
		json_auto_t *ratings = feedback_ratings(parts[i].facts);
		if (!ratings) {
			*telling = -1;
			return NULL;
		}
		parts[i].tells = worth_telling(parts[i].facts, parts[i].told, ratings);
		*telling += parts[i].tells;
		if (parts[i].tells && (!latest || is_later(parts[i].period, latest->period)))
			latest = &parts[i];
	}
	return latest;
}

bool feedback_digest(const struct feedback_context *c, struct digest_part *parts, size_t n,
	int32_t today, struct feedback *out, struct period *about)
{
	int64_t telling;
	const struct digest_part *latest = find_parts(parts, n, &telling);
	if (!latest)
		return telling == 0;
	*about = latest->period;
	struct feedback_context alone = *c;
	alone.period = latest->period;
	if (telling == 1)
		return feedback_closed(&alone, latest->facts, latest->told, latest->revision, out);
	char date[CLOCK_TEXT];
	if (!digest_message(c, parts, n, telling, out))
		return false;
	snprintf(out->list[out->n - 1].occasion, OCCASION_TEXT, "%s",
		clock_date_format(today, date));
	return true;
}
