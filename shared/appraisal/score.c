#include "appraisal/score.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Why nothing here overflows: |value| < 10^19 units of 0.0001 and n < 10^9 a month keep a year's
 * sums under 1.2·10^29, targets under 10^19 units and a year's under 1.2·10^18 hundredths. Every
 * sum and every realized figure is checked against this limit, so that times 10^4 it stays under
 * 10^37, and an __int128 holds 1.7·10^38. Only weights are multiplied by figures without a limit of
 * their own: those products are checked. */
static const dec_wide figure_max = (dec_wide)1000000000000000000 * 1000000000000000;

static bool within_limit(dec_wide v)
{
	return v >= -figure_max && v <= figure_max;
}

static void mark(bool *days, struct period period, int32_t from, int32_t until, bool value)
{
	int32_t first = period_first_day(period);
	int32_t last = period_last_day(period);

	for (int32_t day = from > first ? from : first; day <= (until < last ? until : last); day++)
		days[day - first] = value;
}

static int32_t assignment_on(const struct score_assignment *assignments, size_t n, int32_t day)
{
	for (size_t i = n; i > 0; i--) {
		if (assignments[i - 1].from <= day && day <= assignments[i - 1].until)
			return (int32_t)(i - 1);
	}
	return -1;
}

struct score_service score_service(struct period period, const struct score_assignment *assignments,
	size_t n_assignments, const struct score_absence *absences, size_t n_absences)
{
	struct score_service s = {.assignment = -1};
	int32_t first = period_first_day(period);
	int32_t last = period_last_day(period);

	for (size_t i = 0; i < n_assignments; i++)
		mark(s.on, period, assignments[i].from, assignments[i].until, true);
	for (size_t i = 0; i < n_absences; i++)
		mark(s.on, period, absences[i].from, absences[i].until, false);
	for (int32_t day = first; day <= last; day++) {
		if (!s.on[day - first])
			continue;
		s.days[clock_month(day) - period.first_month]++;
		s.total++;
		s.last_day = day;
	}
	if (s.total > 0)
		s.assignment = assignment_on(assignments, n_assignments, s.last_day);
	return s;
}

/* Only months with a service day belong to the period. */
static bool month_counts(const struct score_input *in, int32_t month)
{
	int32_t i = month - in->period.first_month;

	return i >= 0 && i < in->period.months && in->service->days[i] > 0;
}

/* The totals of one indicator over the period. */
struct tally {
	int64_t n;
	dec_wide sum, sum_of;
	const struct score_total *latest;
};

static bool is_later(const struct score_total *a, const struct score_total *b)
{
	if (b == NULL || a->latest_at != b->latest_at)
		return b == NULL || a->latest_at > b->latest_at;
	return strcmp(a->latest_id, b->latest_id) > 0;
}

static bool tally_add(struct tally *t, const struct score_total *row)
{
	if (is_later(row, t->latest))
		t->latest = row;
	return !__builtin_add_overflow(t->n, row->n, &t->n) &&
	       !__builtin_add_overflow(t->sum, row->sum, &t->sum) &&
	       !__builtin_add_overflow(t->sum_of, row->sum_of, &t->sum_of) &&
	       within_limit(t->sum) && within_limit(t->sum_of);
}

static bool tally_of(const struct score_input *in, int32_t indicator, struct tally *t)
{
	*t = (struct tally){0};
	for (size_t i = 0; i < in->n_totals; i++) {
		const struct score_total *row = &in->totals[i];

		if (row->indicator == indicator && row->n > 0 && month_counts(in, row->month) &&
			!tally_add(t, row))
			return false;
	}
	return true;
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
	return dec_shown(t->latest->latest);
}

struct measure_rule {
	dec_wide (*realize)(
		const struct tally *t); /* hundredths; of at least one event unless it adds up */
	bool adds_up; /* month by month: the target too, and nothing is 0 */
	bool needs_of;
};

static const struct measure_rule measure_rules[MEASURES] = {
	[MEASURE_COUNT] = {.realize = realize_count, .adds_up = true},
	[MEASURE_SUM] = {.realize = realize_sum, .adds_up = true},
	[MEASURE_MEAN] = {.realize = realize_mean},
	[MEASURE_RATIO] = {.realize = realize_ratio, .needs_of = true},
	[MEASURE_LATEST] = {.realize = realize_latest},
};

static bool month_is_complete(const struct score_input *in, int32_t month, int32_t indicator)
{
	for (size_t i = 0; i < in->n_complete; i++) {
		if (in->complete[i].month == month && in->complete[i].indicator == indicator)
			return true;
	}
	return false;
}

static bool period_is_complete(const struct score_input *in, int32_t indicator)
{
	for (int32_t i = 0; i < in->period.months; i++) {
		if (in->service->days[i] > 0 &&
			!month_is_complete(in, in->period.first_month + i, indicator))
			return false;
	}
	return in->service->total > 0;
}

/* Events that came before an indicator became a ratio have no `of`: without any it is missing, not
 * zero. */
static bool is_measured(
	const struct score_input *in, const struct score_plan_item *plan, const struct tally *t)
{
	const struct measure_rule *rule = &measure_rules[plan->measure];

	if (t->n > 0)
		return !rule->needs_of || t->sum_of > 0;
	return rule->adds_up && period_is_complete(in, plan->indicator);
}

/* A monthly target over the period: what falls on the service days of each month. */
static dec_wide prorated(const struct score_input *in, dec_wide monthly)
{
	dec_wide sum = 0;

	for (int32_t i = 0; i < in->period.months; i++) {
		dec_wide days = clock_month_days(in->period.first_month + i);

		sum += dec_div(monthly * in->service->days[i], days * (DEC_VALUE / DEC_SHOWN));
	}
	return sum;
}

static struct score_target target_of(
	const struct score_input *in, const struct score_plan_item *plan)
{
	struct score_target t = plan->target;

	if (measure_rules[plan->measure].adds_up) {
		t.low = prorated(in, t.low);
		t.high = prorated(in, t.high);
	} else {
		t.low = dec_shown(t.low);
		t.high = dec_shown(t.high);
	}
	return t;
}

dec_wide score_achievement(
	enum direction direction, const struct score_target *target, dec_wide realized)
{
	const dec_wide full = 100 * DEC_SHOWN;
	dec_wide bound = realized < target->low ? target->low : target->high;
	dec_wide achievement;

	if (realized >= target->low && realized <= target->high)
		return full;
	if (bound == 0)
		return 0;
	if (direction == DIRECTION_MORE)
		return dec_div(realized * full, bound);
	achievement = dec_div((2 * bound - realized) * full, bound);
	return achievement < 0 ? 0 : achievement;
}

enum rating score_rating(const struct score_ruleset *ruleset, dec_wide achievement)
{
	if (achievement < ruleset->below_under)
		return RATING_BELOW;
	return achievement >= ruleset->above_from ? RATING_ABOVE : RATING_MEETS;
}

static bool measure_item(const struct score_input *in, const struct score_plan_item *plan,
	const struct tally *t, struct score_item *out, struct err *e)
{
	struct score_item item = {.plan = plan, .target = target_of(in, plan), .events = t->n};

	item.realized = measure_rules[plan->measure].realize(t);
	if (!within_limit(item.realized))
		return err_set(
			e, ERR_INVALID, "%s: realized is beyond exact arithmetic", plan->code);
	item.achievement = score_achievement(plan->direction, &item.target, item.realized);
	item.capped = item.achievement < in->ruleset->cap ? item.achievement : in->ruleset->cap;
	item.rating = score_rating(in->ruleset, item.achievement);
	*out = item;
	return true;
}

static bool measure_items(const struct score_input *in, struct score *s, struct err *e)
{
	for (size_t i = 0; i < in->n_items; i++) {
		const struct score_plan_item *plan = &in->items[i];
		struct tally t;

		if (!tally_of(in, plan->indicator, &t))
			return err_set(e, ERR_INVALID, "%s: totals are beyond exact arithmetic",
				plan->code);
		if (!is_measured(in, plan, &t))
			s->missing[s->n_missing++] = plan->code;
		else if (!measure_item(in, plan, &t, &s->items[s->n_items++], e))
			return false;
	}
	return true;
}

static enum rating rate_results(const struct score *s, const struct score_ruleset *ruleset)
{
	const int64_t most = (int64_t)s->n_items * ruleset->most;
	int64_t n[RATINGS] = {0};
	bool main_below = false;

	for (size_t i = 0; i < s->n_items; i++) {
		const struct score_item *item = &s->items[i];

		n[item->rating]++;
		main_below |= item->rating == RATING_BELOW && item->plan->kind == RESULT_MAIN;
	}
	if (n[RATING_ABOVE] * DEC_VALUE > most && !main_below)
		return RATING_ABOVE;
	return n[RATING_BELOW] * DEC_VALUE > most ? RATING_BELOW : RATING_MEETS;
}

/* Weights renormalise over what was measured; where that weighs nothing there is no mean. */
static bool weigh(struct score *s, const struct score_ruleset *ruleset, struct err *e)
{
	dec_wide weights = 0;
	dec_wide sum = 0;

	for (size_t i = 0; i < s->n_items; i++)
		weights += s->items[i].plan->weight;
	if (weights == 0)
		return true;
	for (size_t i = 0; i < s->n_items; i++) {
		struct score_item *item = &s->items[i];
		dec_wide product;

		if (__builtin_mul_overflow(item->plan->weight, item->capped, &product) ||
			__builtin_add_overflow(sum, product, &sum))
			return err_set(e, ERR_INVALID, "%s: its weight is beyond exact arithmetic",
				item->plan->code);
		item->contribution = dec_div(product, weights);
	}
	s->results = dec_div(sum, weights);
	s->results_rating = rate_results(s, ruleset);
	s->has_results = true;
	return true;
}

static void gather_hints(struct score *s, const struct score_ruleset *ruleset)
{
	for (size_t i = 0; i < s->n_items; i++)
		s->n_hints += score_hint(ruleset, &s->items[i], &s->hints[s->n_hints]);
}

static bool reserve(struct score *s, size_t n, struct err *e)
{
	n += n == 0; /* so that NULL always means that there was no memory */
	s->items = calloc(n, sizeof *s->items);
	s->missing = calloc(n, sizeof *s->missing);
	s->hints = calloc(n, sizeof *s->hints);
	return (s->items && s->missing && s->hints) ||
	       err_set(e, ERR_FATAL, "no memory for a score");
}

bool score_compute(const struct score_input *in, struct score *out, struct err *e)
{
	struct score s = {.person = in->person, .ruleset = in->ruleset->version};

	s.period = in->period;
	s.plan = in->plan;
	if (!reserve(&s, in->n_items, e) || !measure_items(in, &s, e) ||
		!weigh(&s, in->ruleset, e)) {
		score_done(&s);
		return false;
	}
	gather_hints(&s, in->ruleset);
	*out = s;
	return true;
}

void score_done(struct score *s)
{
	free(s->items);
	free(s->missing);
	free(s->hints);
	*s = (struct score){0};
}
