#include "appraisal/measure.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Why nothing here overflows: |value| < 10^19 units of 0.0001 and n < 10^9 a month keep a year's
 * sums under 1.2·10^29, targets under 10^19 units and a year's under 1.2·10^18 hundredths. Every
 * sum and every realized figure is checked against this limit, so that times 10^4 it stays under
 * 10^37, and an __int128 holds 1.7·10^38. What is multiplied with less room than that is checked
 * where it is. */
static const dec_wide figure_max = (dec_wide)1000000000000000000 * 1000000000000000;

/* What one is for a `more` count, hundredths: less than half of it is not owed. */
enum { HALF_OF_ONE = DEC_SHOWN / 2 };

static bool within_limit(dec_wide v)
{
	return v >= -figure_max && v <= figure_max;
}

static bool is_later(const struct score_moment *a, const struct score_moment *b)
{
	int order;

	if (a->at != b->at)
		return a->at > b->at;
	order = strcmp(a->source, b->source);
	return order != 0 ? order > 0 : strcmp(a->id, b->id) > 0;
}

static bool tally_add(struct tally *t, const struct tally *more)
{
	if (more->n <= 0)
		return true;
	if (t->n == 0 || is_later(&more->latest, &t->latest)) {
		t->latest = more->latest;
		t->latest_value = more->latest_value;
	}
	return !__builtin_add_overflow(t->n, more->n, &t->n) &&
	       !__builtin_add_overflow(t->sum, more->sum, &t->sum) &&
	       !__builtin_add_overflow(t->sum_of, more->sum_of, &t->sum_of) &&
	       within_limit(t->sum) && within_limit(t->sum_of);
}

/* No two months have an instant in common. */
bool tally_total(struct tally *t, const struct score_total *row)
{
	const struct score_moment latest = {row->latest_at, "", ""};

	return tally_add(t, &(struct tally){row->n, row->sum, row->sum_of, latest, row->latest});
}

bool tally_event(struct tally *t, const struct score_evidence *event)
{
	return tally_add(
		t, &(struct tally){1, event->value, event->of, event->moment, event->value});
}

bool tally_answers(
	struct tally *t, const struct score_plan_item *plan, const struct survey_sums *answers)
{
	bool overall = plan->element == SURVEY_OVERALL;
	dec_wide sum = overall ? survey_sums_all(answers) : answers->sums[plan->element];

	return tally_add(t, &(struct tally){answers->n, sum, 0, {0, "", ""}, 0});
}

/* An overall answer is the mean of its nine. */
static dec_wide realize_survey(const struct score_ruleset *rules,
	const struct score_plan_item *plan, const struct tally *t)
{
	return survey_shrunk(&rules->prior, t->n, (int64_t)t->sum,
		plan->element == SURVEY_OVERALL ? SURVEY_ELEMENTS : 1, DEC_SHOWN);
}

static dec_wide realize_count(const struct tally *t)
{
	return (dec_wide)t->n * DEC_SHOWN;
}

static dec_wide realize_sum(const struct tally *t)
{
	return dec_shown(t->sum);
}

static dec_wide realize_mean(const struct tally *t)
{
	return dec_div(t->sum, (dec_wide)t->n * (DEC_VALUE / DEC_SHOWN));
}

static dec_wide realize_ratio(const struct tally *t)
{
	return dec_div(t->sum * 100 * DEC_SHOWN, t->sum_of);
}

static dec_wide realize_latest(const struct tally *t)
{
	return dec_shown(t->latest_value);
}

/* What falls on the service days of each month, rounded month by month. */
static dec_wide prorated(const struct held *held, bool high)
{
	dec_wide sum = 0;

	for (size_t i = 0; i < held->n;) {
		int32_t month = held->list[i]->stretch->month;
		dec_wide days = clock_month_days(month);
		dec_wide asked = 0;

		for (; i < held->n && held->list[i]->stretch->month == month; i++) {
			const struct score_target *t = &held->list[i]->plan->target;

			asked += (high ? t->high : t->low) * held->list[i]->stretch->days;
		}
		sum += dec_div(asked, days * (DEC_VALUE / DEC_SHOWN));
	}
	return sum;
}

static bool target_by_days(const struct held *held, const struct tally *t, struct score_target *out)
{
	(void)t;
	*out = (struct score_target){prorated(held, false), prorated(held, true), false};
	for (size_t i = 0; i < held->n; i++)
		out->range |= held->list[i]->plan->target.range;
	return true;
}

static dec_wide by_n(const struct tally *t)
{
	return t->n;
}

static dec_wide by_of(const struct tally *t)
{
	return t->sum_of;
}

/* A target that did not change is itself whatever weighs it, so that no product need be exact. */
static bool target_of_one(
	const struct held *held, dec_wide (*weight)(const struct tally *), struct score_target *out)
{
	const struct score_target *one = NULL;

	for (size_t i = 0; i < held->n; i++) {
		const struct score_target *t = &held->list[i]->plan->target;

		if (weight(&held->list[i]->tally) == 0)
			continue;
		if (one != NULL && (one->low != t->low || one->high != t->high))
			return false;
		if (one == NULL || t->range)
			one = t;
	}
	if (one != NULL)
		*out = (struct score_target){dec_shown(one->low), dec_shown(one->high), one->range};
	return one != NULL;
}

static bool add_product(dec_wide a, dec_wide b, dec_wide *sum)
{
	dec_wide product;

	return !__builtin_mul_overflow(a, b, &product) &&
	       !__builtin_add_overflow(*sum, product, sum);
}

static bool target_by_weight(
	const struct held *held, dec_wide (*weight)(const struct tally *), struct score_target *out)
{
	dec_wide low = 0, high = 0, all = 0;
	bool range = false;

	if (target_of_one(held, weight, out))
		return true;
	for (size_t i = 0; i < held->n; i++) {
		const struct score_target *t = &held->list[i]->plan->target;
		dec_wide w = weight(&held->list[i]->tally);

		if (!add_product(t->low, w, &low) || !add_product(t->high, w, &high))
			return false;
		all += w;
		range |= w != 0 && t->range;
	}
	all *= DEC_VALUE / DEC_SHOWN;
	*out = (struct score_target){dec_div(low, all), dec_div(high, all), range};
	return true;
}

static bool target_by_events(
	const struct held *held, const struct tally *t, struct score_target *out)
{
	(void)t;
	return target_by_weight(held, by_n, out);
}

static bool target_by_base(const struct held *held, const struct tally *t, struct score_target *out)
{
	(void)t;
	return target_by_weight(held, by_of, out);
}

static bool target_of_latest(
	const struct held *held, const struct tally *t, struct score_target *out)
{
	const struct score_target *of = &held->list[0]->plan->target;

	for (size_t i = 1; i < held->n; i++) {
		const struct tally *here = &held->list[i]->tally;

		if (here->n > 0 && !is_later(&t->latest, &here->latest))
			of = &held->list[i]->plan->target;
	}
	*out = (struct score_target){dec_shown(of->low), dec_shown(of->high), of->range};
	return true;
}

struct measure_rule {
	dec_wide (*realize)(const struct tally *t); /* hundredths; of at least one event unless it
						       adds up */
	/* Hundredths, for the period; false when beyond exact arithmetic. */
	bool (*target)(const struct held *held, const struct tally *t, struct score_target *out);
	bool adds_up; /* day by day, so that nothing is 0 where all is reported */
	bool needs_of;
	bool asks_many; /* of fewer than the rule set's minimum group nothing is said */
};

static const struct measure_rule measure_rules[MEASURES] = {
	[MEASURE_COUNT] = {.realize = realize_count, .target = target_by_days, .adds_up = true},
	[MEASURE_SUM] = {.realize = realize_sum, .target = target_by_days, .adds_up = true},
	[MEASURE_MEAN] = {.realize = realize_mean, .target = target_by_events},
	[MEASURE_RATIO] = {.realize = realize_ratio, .target = target_by_base, .needs_of = true},
	[MEASURE_LATEST] = {.realize = realize_latest, .target = target_of_latest},
	[MEASURE_SURVEY] = {.target = target_by_events, .asks_many = true}, /* realize_survey */
};

int score_answers_order(const void *a, const void *b)
{
	const struct score_answers *x = a, *y = b;

	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return (x->day > y->day) - (x->day < y->day);
}

int score_complete_order(const void *a, const void *b)
{
	const struct score_complete *x = a, *y = b;

	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	if (x->month != y->month)
		return x->month < y->month ? -1 : 1;
	return (x->indicator > y->indicator) - (x->indicator < y->indicator);
}

static bool is_declared(const struct score_input *in, const struct holding *h)
{
	const struct score_complete key = {h->stretch->unit, h->stretch->month, h->plan->indicator};

	return in->n_complete > 0 && bsearch(&key, in->complete, in->n_complete, sizeof key,
					     score_complete_order) != NULL;
}

/* One event in a unit measures all of the item's stretches there; without any, only what adds up
 * and was reported in full is 0. */
static bool unit_stays(const struct score_input *in, const struct held *held, int32_t unit)
{
	bool declared = measure_rules[held->list[0]->plan->measure].adds_up;

	for (size_t i = 0; i < held->n; i++) {
		const struct holding *h = held->list[i];

		if (h->stretch->unit != unit)
			continue;
		if (h->tally.n > 0)
			return true;
		declared = declared && is_declared(in, h);
	}
	return declared;
}

static size_t note_left(const char **left, size_t n, const char *unit)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(left[i], unit) == 0)
			return n;
	}
	left[n] = unit;
	return n + 1;
}

static size_t let_leave(const struct score_input *in, struct held *held, const char **left)
{
	struct held kept = {.n = 0};
	size_t n = 0;

	for (size_t i = 0; i < held->n; i++) {
		int32_t unit = held->list[i]->stretch->unit;

		if (unit_stays(in, held, unit))
			kept.list[kept.n++] = held->list[i];
		else
			n = note_left(left, n, in->units[unit]);
	}
	*held = kept;
	return n;
}

static bool tally_all(const struct held *held, struct tally *t)
{
	*t = (struct tally){0};
	for (size_t i = 0; i < held->n; i++) {
		if (!tally_add(t, &held->list[i]->tally))
			return false;
	}
	return true;
}

/* Nobody owes a fraction of one. Of a range the least that is asked decides. */
static bool is_a_fraction(const struct score_item *item)
{
	return item->plan->measure == MEASURE_COUNT && item->plan->direction == DIRECTION_MORE &&
	       item->events == 0 && item->target.low < HALF_OF_ONE;
}

/* Events that came before an indicator became a ratio have no `of`: without any it is missing, not
 * zero. */
static bool says_something(
	const struct score_ruleset *rules, const struct measure_rule *rule, const struct tally *t)
{
	if (rule->asks_many)
		return t->n > 0 && t->n >= rules->minimum_group;
	return t->n == 0 ? rule->adds_up : !rule->needs_of || t->sum_of > 0;
}

enum measured measure(
	const struct score_input *in, struct held *held, const char **left, struct score_item *out)
{
	struct score_item item = {.plan = held->list[held->n - 1]->plan, .left = left};
	const struct measure_rule *rule = &measure_rules[item.plan->measure];
	struct tally t;

	item.n_left = let_leave(in, held, left);
	if (!tally_all(held, &t))
		return MEASURED_INEXACTLY;
	if (held->n == 0 || !says_something(in->ruleset, rule, &t))
		return MEASURED_NOT;
	item.events = t.n;
	item.realized =
		rule->realize ? rule->realize(&t) : realize_survey(in->ruleset, item.plan, &t);
	if (!rule->target(held, &t, &item.target) || !within_limit(item.realized))
		return MEASURED_INEXACTLY;
	if (is_a_fraction(&item))
		return MEASURED_NOT;
	*out = item;
	return MEASURED;
}
