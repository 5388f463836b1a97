#include "page_team.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "page.h"
#include "picture.h"
#include "sheet.h"

/* Where somebody is, in the order of who needs the head first. While the month runs it is the pace
 * that says so; then the rating. */
enum state { STATE_BELOW, STATE_NONE, STATE_MEETS, STATE_ABOVE, STATES };
static const char *const state_codes[STATES] = {[STATE_BELOW] = "BELOW",
	[STATE_NONE] = "NONE",
	[STATE_MEETS] = "MEETS",
	[STATE_ABOVE] = "ABOVE"};

struct member {
	struct team_row row;
	enum state state;
	bool open;
	dec_wide weakest; /* its achievement, hundredths */
	char indicator[200]; /* the name of the weakest; "" for none */
};

struct team {
	struct visit *v;
	enum language language;
	struct period month;
	struct db_result *indicators; /* owned */
	struct member *members;
	int n;
};

/* --- reading somebody's score */

static void find_weakest(const struct sheet *s, struct member *m)
{
	size_t i;
	const json_t *item;
	json_array_foreach (json_object_get(s->score, "items"), i, item) {
		dec_wide achievement = sheet_hundredths(sheet_text(item, "achievement"));
		if (i > 0 && achievement >= m->weakest)
			continue;
		m->weakest = achievement;
		snprintf(m->indicator, sizeof m->indicator, "%s",
			store_indicator_find(s->indicators, sheet_text(item, "indicator"))
				.name[s->language]);
	}
}

static bool is_behind(const struct sheet *s)
{
	size_t i;
	const json_t *item;
	json_array_foreach (json_object_get(s->score, "items"), i, item) {
		struct sheet_pace p;
		if (sheet_pace(s, item, &p) && p.behind)
			return true;
	}
	return false;
}

static enum state state_of(const struct sheet *s)
{
	const char *rating = sheet_text(json_object_get(s->score, "results"), "rating");
	if (s->open)
		return is_behind(s) ? STATE_BELOW : STATE_MEETS;
	for (int x = 0; x < STATES; x++)
		if (strcmp(state_codes[x], rating) == 0)
			return (enum state)x;
	return STATE_NONE;
}

static void read_member(const struct team *t, struct member *m)
{
	json_auto_t *score = m->row.score ? json_loads(m->row.score, 0, NULL) : NULL;
	const struct sheet s = {.v = t->v,
		.language = t->language,
		.score = score,
		.indicators = t->indicators,
		.days = m->row.days,
		.open = m->row.days.elapsed < m->row.days.all};
	m->state = STATE_NONE;
	if (!score)
		return;
	m->open = s.open;
	m->state = state_of(&s);
	find_weakest(&s, m);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->row.name, ((const struct member *)b)->row.name);
}

/* The weakest first; whoever has nothing measured comes last. */
static int by_weakest(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	if (!*x->indicator != !*y->indicator)
		return *x->indicator ? -1 : 1;
	if (x->weakest != y->weakest)
		return x->weakest < y->weakest ? -1 : 1;
	return by_name(a, b);
}

/* Of those with the same state, whose weakest indicator is weaker. */
static int by_need(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	if (x->state != y->state)
		return x->state < y->state ? -1 : 1;
	return by_weakest(a, b);
}

/* Of whom nothing came, or for the longest time, first. */
static int by_last(const void *a, const void *b)
{
	int64_t x = ((const struct member *)a)->row.last, y = ((const struct member *)b)->row.last;
	return x != y ? x < y ? -1 : 1 : by_name(a, b);
}

static int (*const orders[SORTS])(const void *, const void *) = {[SORT_NEED] = by_need,
	[SORT_NAME] = by_name,
	[SORT_WEAKEST] = by_weakest,
	[SORT_LAST] = by_last};

/* --- values */

static const char *say_state(const struct team *t, const struct member *m)
{
	return page_word(t->v, m->open ? "pace_is" : "rating", state_codes[m->state]);
}

static json_t *row_of(const struct team *t, const struct member *m)
{
	char month[PERIOD_TEXT], rest[PERIOD_TEXT + 8], path[PAGE_PATH], last[LANGUAGE_TEXT],
		weakest[DEC_TEXT];
	snprintf(rest, sizeof rest, "scores/%s", period_format(t->month, month));
	return json_pack("{s:s?, s:s, s:s, s:s, s:s, s:s?, s:s, s:s?}", "href",
		m->row.score ? page_of_person(m->row.person, rest, path) : NULL, "name",
		m->row.name, "unit_name", m->row.unit_name, "class", state_codes[m->state], "state",
		m->row.score ? say_state(t, m) : page_word(t->v, "team", "no_evidence"), "weakest",
		*m->indicator ? m->indicator : NULL, "weakest_at",
		language_figure(t->language, m->weakest, false, weakest), "last",
		m->row.last ? language_date(t->language, clock_date(m->row.last), last) : NULL);
}

static bool is_shown(const struct team *t, const struct member *m)
{
	return !t->v->unit || strcmp(m->row.unit, t->v->unit) == 0;
}

static json_t *rows_of(const struct team *t, int counts[STATES], int *n)
{
	json_t *rows = json_array();
	*n = 0;
	for (int i = 0; i < t->n; i++) {
		if (!is_shown(t, &t->members[i]))
			continue;
		*n += 1;
		counts[t->members[i].state]++;
		json_array_append_new(rows, row_of(t, &t->members[i]));
	}
	return rows;
}

/* How many of n are where, as bars on a scale of 100. */
static json_t *bars_of(const struct team *t, const int counts[STATES], int n, bool open)
{
	json_t *bars = json_array();
	for (int x = 0; x < STATES; x++) {
		char width[DEC_TEXT];
		if (open && x == STATE_ABOVE)
			continue;
		json_array_append_new(
			bars, json_pack("{s:s, s:i, s:o}", "state",
				      x == STATE_NONE ? page_word(t->v, "team", "no_evidence")
						      : page_word(t->v, open ? "pace_is" : "rating",
								state_codes[x]),
				      "count", counts[x], "bar",
				      picture_bar(100, picture_share(counts[x], n, width),
					      state_codes[x], NULL, NULL)));
	}
	return bars;
}

static json_t *link_to(const char *unit, enum sort sort)
{
	BUF_AUTO href;
	buf_init(&href, 1024);
	buf_adds(&href, "/");
	page_add_query(&href, "unit", unit);
	page_add_query(&href, "sort", sort == SORT_NEED ? NULL : sort_names[sort]);
	return json_string(href.failed ? "/" : href.data);
}

static int by_unit(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->row.unit_name,
		((const struct member *)b)->row.unit_name);
}

/* A link for each unit, and one for all; empty where there is one alone. Sorts the members. */
static json_t *units_of(const struct team *t)
{
	const struct visit *v = t->v;
	json_t *units = json_array();
	const char *last = "";
	qsort(t->members, (size_t)t->n, sizeof *t->members, by_unit);
	json_array_append_new(
		units, json_pack("{s:s, s:o, s:b}", "unit_name", page_word(v, "team", "all_units"),
			       "href", link_to(NULL, v->sort), "here", !v->unit));
	for (int i = 0; i < t->n; i++) {
		const struct team_row *x = &t->members[i].row;
		if (strcmp(x->unit, last) == 0)
			continue;
		last = x->unit;
		json_array_append_new(units, json_pack("{s:s, s:o, s:b}", "unit_name", x->unit_name,
						     "href", link_to(x->unit, v->sort), "here",
						     v->unit && strcmp(v->unit, x->unit) == 0));
	}
	if (json_array_size(units) < 3)
		json_array_clear(units);
	return units;
}

/* The columns' heads, which sort. */
static json_t *columns_of(const struct team *t)
{
	static const enum sort columns[] = {SORT_NAME, SORT_NEED, SORT_WEAKEST, SORT_LAST};
	json_t *out = json_array();
	for (size_t i = 0; i < COUNT(columns); i++)
		json_array_append_new(out,
			json_pack("{s:s, s:o, s:b}", "label",
				page_word(t->v, "sorted_by", sort_names[columns[i]]), "href",
				link_to(t->v->unit, columns[i]), "here", t->v->sort == columns[i]));
	return out;
}

static json_t *values(const struct team *t)
{
	char month[LANGUAGE_TEXT];
	int counts[STATES] = {0}, n;
	bool open = false;
	json_t *units = units_of(t);
	qsort(t->members, (size_t)t->n, sizeof *t->members, orders[t->v->sort]);
	for (int i = 0; i < t->n; i++)
		open = open || t->members[i].open;
	json_t *rows = rows_of(t, counts, &n);
	return json_pack("{s:s, s:i, s:b, s:o, s:o, s:b, s:o, s:o}", "month",
		language_period(t->language, t->month, month), "n", n, "open", open, "bars",
		bars_of(t, counts, n, open), "units", units, "has_units",
		json_array_size(units) > 0, "columns", columns_of(t), "rows", rows);
}

/* --- reading all of it */

static bool log_looks(struct team *t, const struct db_result *r, struct err *e)
{
	char month[PERIOD_TEXT];
	const char *asked = t->v->period_name;
	t->v->period_name = period_format(t->month, month);
	bool ok = visit_log_rows(t->v, "score", r, t->n, e);
	t->v->period_name = asked;
	return ok;
}

static bool fill(struct team *t, const struct db_result *r, struct err *e)
{
	t->n = db_rows(r);
	t->members = calloc((size_t)t->n + 1, sizeof *t->members);
	if (!t->members)
		return err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; i < t->n; i++) {
		t->members[i].row = store_team_row(r, i);
		read_member(t, &t->members[i]);
	}
	return true;
}

bool team_read(struct visit *v, json_t **out, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	struct team t = {.v = v, .language = page_language(v)};
	int32_t today = clock_date(v->now);
	*out = json_null();
	if (v->who.role != ROLE_HEAD || !v->who.has_person)
		return true;
	bool ok = store_team_month(v->db, v->who.person, today, &t.month, e) &&
		  store_team(v->db, v->who.person, today, t.month, &r, e) &&
		  store_indicators(v->db, &t.indicators, e) && fill(&t, r, e) &&
		  log_looks(&t, r, e);
	if (ok)
		*out = values(&t);
	free(t.members);
	db_result_free(t.indicators);
	return ok;
}
