#include "effect.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { MONTHS = 12 * 10000 };

/* What a month is: the same, or reckoned otherwise, or with other targets. */
enum difference { SAME, OTHERWISE, TARGETS };

void effect_init(struct effect *e)
{
	*e = (struct effect){.n = 0};
	db_array_init(&e->persons, DB_K_UUID);
	db_array_init(&e->years, DB_K_INT4);
}

void effect_done(struct effect *e)
{
	db_array_done(&e->persons);
	db_array_done(&e->years);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static enum difference item_differs(
	const struct score_plan_item *a, const struct score_plan_item *b)
{
	if (a->indicator != b->indicator || a->target.low != b->target.low ||
		a->target.high != b->target.high || a->target.range != b->target.range)
		return TARGETS;
	return a->measure != b->measure || a->element != b->element ||
			       a->of_person != b->of_person || a->direction != b->direction ||
			       a->kind != b->kind || a->weight != b->weight || a->step != b->step ||
			       a->has_result_max != b->has_result_max ||
			       a->result_max != b->result_max || !same_text(a->aspect, b->aspect)
		       ? OTHERWISE
		       : SAME;
}

static enum difference items_differ(const struct score_items *a, const struct score_items *b)
{
	enum difference most = SAME;
	if (!a || !b)
		return a == b ? SAME : TARGETS;
	if (a->n != b->n)
		return TARGETS;
	for (size_t i = 0; i < a->n && most < TARGETS; i++) {
		enum difference d = item_differs(&a->items[i], &b->items[i]);
		most = d > most ? d : most;
	}
	return most;
}

/* A person in one of the two registries. */
struct side {
	const struct roster *roster;
	const struct roster_person *person; /* NULL: there is none */
};

static void stretches_of(const struct side *s, struct period month, struct stretches *out)
{
	struct score_facts facts = {0};
	if (s->person)
		facts = roster_facts(s->roster, s->person);
	stretches_make(&facts, month, out);
}

static const char *unit_of(const struct side *s, const struct stretch *x)
{
	return x->unit < 0 ? NULL : s->roster->units[x->unit];
}

static bool same_rules(const struct side *a, const struct side *b, int32_t day)
{
	const struct roster_ruleset *x = roster_ruleset(a->roster, day);
	const struct roster_ruleset *y = roster_ruleset(b->roster, day);
	return same_text(x ? x->version : NULL, y ? y->version : NULL);
}

static enum difference month_differs(const struct side *a, const struct side *b, int32_t month)
{
	struct period p = {.first_month = month, .months = 1};
	struct stretches x, y;
	enum difference most = SAME;
	stretches_of(a, p, &x);
	stretches_of(b, p, &y);
	if (x.n != y.n || memcmp(x.on, y.on, (size_t)clock_month_days(month) * sizeof *x.on) != 0)
		return TARGETS;
	if (x.n > 0 && !same_rules(a, b, period_last_day(p)))
		most = OTHERWISE;
	for (int32_t i = 0; i < x.n && most < TARGETS; i++) {
		enum difference d = items_differ(x.list[i].items, y.list[i].items);
		if (d == SAME &&
			(x.list[i].plan != y.list[i].plan ||
				!same_text(unit_of(a, &x.list[i]), unit_of(b, &y.list[i]))))
			d = OTHERWISE;
		most = d > most ? d : most;
	}
	return most;
}

/* A score stands on the rule set of its period's last day, whether or not anybody works on it. */
static bool rules_move(const struct side *a, const struct side *b, int32_t year)
{
	for (int32_t month = year * 12; month < year * 12 + 12; month++)
		if (!same_rules(a, b, clock_month_first(month + 1) - 1))
			return true;
	return false;
}

struct finding {
	struct effect *effect;
	const struct roster *before, *after;
	int32_t now; /* the month */
	uint8_t *ended; /* by month */
};

/* What a month's difference is for a person. */
struct tally {
	int32_t from[TARGETS + 1]; /* the first open month; 0: none */
	bool ended, moves;
};

static void month_note(struct finding *f, struct tally *t, int32_t month, enum difference d)
{
	if (d == SAME)
		return;
	t->moves = true;
	if (month < f->now) {
		f->ended[month] = 1;
		t->ended = true;
	} else if (t->from[d] == 0 || month < t->from[d]) {
		t->from[d] = month;
	}
}

static bool year_find(struct finding *f, struct tally *t, const struct side *a,
	const struct side *b, int32_t year)
{
	struct tally of_new = {0};
	struct tally *of = a->person ? t : &of_new;
	of->moves = rules_move(a, b, year);
	for (int32_t month = year * 12; month < year * 12 + 12; month++) {
		enum difference d = month_differs(a, b, month);
		of->moves = of->moves || d != SAME;
		if (a->person)
			month_note(f, of, month, d);
	}
	if (!of->moves)
		return true;
	f->effect->n++;
	return db_array_add(
		       &f->effect->persons, DB_UUID(b->person ? b->person->id : a->person->id)) &&
	       db_array_add(&f->effect->years, DB_INT4(year));
}

static bool has_year(const struct roster_person *p, int32_t year, int before)
{
	for (int i = 0; i < before; i++)
		if (p->plans[i].year == year)
			return true;
	return false;
}

/* A score needs a plan: the years in which there is or was one. */
static bool years_find(
	struct finding *f, struct tally *t, const struct side *a, const struct side *b)
{
	const struct roster_person *p = a->person, *q = b->person;
	bool ok = true;
	for (int i = 0; ok && p && i < p->n_plans; i++)
		if (!has_year(p, p->plans[i].year, i))
			ok = year_find(f, t, a, b, p->plans[i].year);
	for (int i = 0; ok && q && i < q->n_plans; i++)
		if (!has_year(q, q->plans[i].year, i) &&
			!(p && has_year(p, q->plans[i].year, p->n_plans)))
			ok = year_find(f, t, a, b, q->plans[i].year);
	return ok;
}

static void open_note(int64_t *people, int32_t *from, int32_t month)
{
	*people += 1;
	if (*from == 0 || month < *from)
		*from = month;
}

static bool person_find(
	struct finding *f, const struct roster_person *p, const struct roster_person *q)
{
	struct side a = {f->before, p}, b = {f->after, q};
	struct tally t = {0};
	if (!years_find(f, &t, &a, &b))
		return false;
	f->effect->ended_people += t.ended;
	if (t.from[TARGETS])
		open_note(&f->effect->targets, &f->effect->targets_from, t.from[TARGETS]);
	else if (t.from[OTHERWISE])
		open_note(&f->effect->otherwise, &f->effect->otherwise_from, t.from[OTHERWISE]);
	return true;
}

bool effect_find(
	struct effect *e, const struct roster *before, const struct roster *after, int32_t today)
{
	struct finding f = {e, before, after, clock_month(today), calloc(MONTHS, 1)};
	bool ok = f.ended;
	for (int i = 0, k = 0; ok && (i < before->n_people || k < after->n_people);) {
		const struct roster_person *p = i < before->n_people ? &before->people[i] : NULL;
		const struct roster_person *q = k < after->n_people ? &after->people[k] : NULL;
		int c = !p ? 1 : !q ? -1 : memcmp(p->id, q->id, 16);
		ok = person_find(&f, c <= 0 ? p : NULL, c >= 0 ? q : NULL);
		i += c <= 0;
		k += c >= 0;
	}
	for (int month = 0; ok && month < MONTHS; month++)
		e->ended += f.ended[month];
	free(f.ended);
	return ok;
}
