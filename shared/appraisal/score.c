#include "appraisal/score.h"

#include <stdlib.h>
#include <string.h>

#include "appraisal/measure.h"
#include "base/clock.h"

/* No plan's weights come near; beyond it, those of a year could not be added up exactly. */
static const dec_wide weight_max = (dec_wide)1000000000000000000 * 100;

/* Every item of every stretch, in the order of their days; `first` is where a stretch's begin. */
struct holdings {
	struct holding *list;
	size_t n;
	size_t first[STRETCH_DAYS];
	dec_wide sums[STRETCH_DAYS]; /* of a stretch's weights */
	int32_t days; /* of the stretches that have items */
};

static size_t items_of(const struct stretch *s)
{
	return s->items != NULL ? s->items->n : 0;
}

static bool hold(struct holdings *h, const struct stretch *s, size_t at, struct err *e)
{
	h->first[at] = h->n;
	h->sums[at] = 0;
	for (size_t i = 0; i < items_of(s); i++) {
		const struct score_plan_item *plan = &s->items->items[i];

		if (plan->weight > weight_max)
			return err_set(e, ERR_INVALID, "%s: its weight is beyond exact arithmetic",
				plan->code);
		h->sums[at] += plan->weight;
		h->list[h->n++] = (struct holding){.stretch = s, .plan = plan};
	}
	h->days += items_of(s) > 0 ? s->days : 0;
	return true;
}

static bool holdings_make(struct holdings *h, const struct stretches *s, struct err *e)
{
	size_t n = 1; /* so that NULL always means that there was no memory */

	h->n = 0;
	h->days = 0;
	for (int32_t i = 0; i < s->n; i++)
		n += items_of(&s->list[i]);
	h->list = calloc(n, sizeof *h->list);
	if (h->list == NULL)
		return err_set(e, ERR_FATAL, "no memory for a score");
	for (int32_t i = 0; i < s->n; i++) {
		if (!hold(h, &s->list[i], (size_t)i, e))
			return false;
	}
	return true;
}

static struct holding *holding_of(const struct holdings *h, const struct stretches *all,
	const struct stretch *s, int32_t indicator)
{
	const struct score_plan_item *item = s != NULL ? stretch_item(s, indicator) : NULL;
	struct holding *first = item != NULL ? &h->list[h->first[s - all->list]] : NULL;

	return item != NULL ? first + (item - s->items->items) : NULL;
}

static bool inexact(const struct holding *h, struct err *e)
{
	return err_set(
		e, ERR_INVALID, "%s: its figures are beyond exact arithmetic", h->plan->code);
}

/* An indicator that became one of citizens' answers may have events of before. */
static bool takes_events(const struct holding *h)
{
	return h != NULL && h->plan->measure != MEASURE_SURVEY;
}

/* What lies where: whole months by their totals, the others event by event. */
static bool place(const struct score_input *in, struct holdings *h, struct err *e)
{
	const struct stretches *s = in->stretches;

	for (size_t i = 0; i < in->n_totals; i++) {
		const struct score_total *row = &in->totals[i];
		struct holding *to =
			holding_of(h, s, stretches_whole_month(s, row->month), row->indicator);

		if (takes_events(to) && !tally_total(&to->tally, row))
			return inexact(to, e);
	}
	for (size_t i = 0; i < in->n_evidence; i++) {
		const struct score_evidence *event = &in->evidence[i];
		struct holding *to =
			holding_of(h, s, stretches_on(s, event->day), event->indicator);

		if (takes_events(to) && stretches_need_evidence(s, to->stretch->month) &&
			!tally_event(&to->tally, event))
			return inexact(to, e);
	}
	return true;
}

static const struct score_answers *answers_of(
	const struct score_answers *list, size_t n, int32_t unit, int32_t day)
{
	const struct score_answers key = {.unit = unit, .day = day};

	return n > 0 ? bsearch(&key, list, n, sizeof key, score_answers_order) : NULL;
}

/* Citizens' answers lie on the days on which they came, of the unit of each. */
static bool place_answers(const struct score_input *in, struct holdings *h, struct err *e)
{
	const struct stretches *s = in->stretches;
	int32_t first = period_first_day(s->period), days = period_last_day(s->period) - first + 1;

	for (int32_t i = 0; i < days; i++) {
		const struct stretch *on = stretches_on(s, first + i);
		const struct score_answers *unit, *own;

		if (on == NULL)
			continue;
		unit = answers_of(in->of_units, in->n_of_units, on->unit, first + i);
		own = answers_of(in->of_person, in->n_of_person, SCORE_OF_PERSON, first + i);
		for (size_t k = 0; (unit || own) && k < items_of(on); k++) {
			const struct score_plan_item *item = &on->items->items[k];
			const struct score_answers *row = item->of_person ? own : unit;
			struct holding *to = holding_of(h, s, on, item->indicator);

			if (item->measure == MEASURE_SURVEY && row != NULL &&
				!tally_answers(&to->tally, item, &row->sums))
				return inexact(to, e);
		}
	}
	return true;
}

dec_wide score_achievement(const struct score_ruleset *ruleset, enum direction direction,
	const struct score_target *target, dec_wide realized)
{
	const dec_wide full = 100 * DEC_SHOWN;
	dec_wide bound = realized < target->low ? target->low : target->high;
	dec_wide achievement;

	if (realized >= target->low && realized <= target->high)
		return full;
	if (bound == 0)
		return direction == DIRECTION_MORE ? ruleset->cap : 0;
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

/* The kind of most of the item's days; at a tie the last stretch's. */
static enum result_kind kind_of(const struct held *held)
{
	enum result_kind kind = held->list[held->n - 1]->plan->kind;
	int32_t days[RESULT_KINDS] = {0};

	for (size_t i = 0; i < held->n; i++)
		days[held->list[i]->plan->kind] += held->list[i]->stretch->days;
	for (enum result_kind k = 0; k < RESULT_KINDS; k++)
		kind = days[k] > days[kind] ? k : kind;
	return kind;
}

static int32_t days_of(const struct held *held)
{
	int32_t days = 0;

	for (size_t i = 0; i < held->n; i++)
		days += held->list[i]->stretch->days;
	return days;
}

/* Per cent of all days with items, in hundredths, rounded once: of stretches whose weights have the
 * same sum in one fraction, so that most people's is only one. */
static dec_wide weight_of(
	const struct holdings *h, const struct held *held, const struct stretch *first)
{
	struct dec_fraction parts[STRETCH_DAYS];
	size_t n = 0;

	for (size_t i = 0; i < held->n; i++) {
		const struct stretch *s = held->list[i]->stretch;
		dec_wide under = h->sums[s - first] * h->days;
		size_t k = 0;

		if (under == 0)
			continue;
		while (k < n && parts[k].under != under)
			k++;
		if (k == n)
			parts[n++] = (struct dec_fraction){0, under};
		parts[k].over += held->list[i]->plan->weight * s->days * 100 * DEC_SHOWN;
	}
	return dec_div_sum(parts, n);
}

static void rate(const struct score_input *in, const struct holdings *h, const struct held *held,
	struct score_item *item)
{
	const struct score_ruleset *rules = in->ruleset;

	item->kind = kind_of(held);
	item->weight = weight_of(h, held, in->stretches->list);
	item->brief = (int64_t)days_of(held) * DEC_VALUE < (int64_t)rules->brief * h->days;
	item->achievement =
		score_achievement(rules, item->plan->direction, &item->target, item->realized);
	item->capped = item->achievement < rules->cap ? item->achievement : rules->cap;
	item->rating = score_rating(rules, item->achievement);
}

/* Makes of one indicator's holdings what they are: an item, or missing. `left` grows with what the
 * item points into. */
static bool measure_one(const struct score_input *in, const struct holdings *h, int32_t indicator,
	const char ***left, struct score *s, struct err *e)
{
	struct held held = {.n = 0};
	const struct score_plan_item *plan;
	struct score_item *item = &s->items[s->n_items];

	for (size_t i = 0; i < h->n; i++) {
		if (h->list[i].plan->indicator == indicator)
			held.list[held.n++] = &h->list[i];
	}
	plan = held.list[held.n - 1]->plan;
	switch (measure(in, &held, *left, item)) {
	case MEASURED:
		rate(in, h, &held, item);
		*left += item->n_left;
		s->n_items++;
		return true;
	case MEASURED_NOT:
		s->missing[s->n_missing++] = plan->code;
		return true;
	default:
		return err_set(
			e, ERR_INVALID, "%s: its figures are beyond exact arithmetic", plan->code);
	}
}

static bool is_before(const struct holding *list, size_t n, int32_t indicator)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].plan->indicator == indicator)
			return true;
	}
	return false;
}

/* In the order of the last stretch; then what only earlier ones have, later ones first. */
static bool measure_items(
	const struct score_input *in, const struct holdings *h, struct score *s, struct err *e)
{
	const char **left = s->left;
	size_t end = h->n;

	for (int32_t i = in->stretches->n; i-- > 0; end = h->first[i]) {
		for (size_t k = h->first[i]; k < end; k++) {
			int32_t indicator = h->list[k].plan->indicator;

			if (!is_before(h->list + end, h->n - end, indicator) &&
				!measure_one(in, h, indicator, &left, s, e))
				return false;
		}
	}
	return true;
}

/* If all are brief, none is. */
static void tell_brief(struct score *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_items; i++)
		n += s->items[i].brief;
	for (size_t i = 0; n == s->n_items && i < s->n_items; i++)
		s->items[i].brief = false;
}

static enum rating rate_results(struct score *s, const struct score_ruleset *ruleset)
{
	int64_t most = 0;
	bool main_below = false;

	for (size_t i = 0; i < s->n_items; i++) {
		const struct score_item *item = &s->items[i];

		if (item->brief)
			continue;
		most += ruleset->most;
		s->rated[item->rating]++;
		main_below |= item->rating == RATING_BELOW && item->kind == RESULT_MAIN;
	}
	if ((int64_t)s->rated[RATING_ABOVE] * DEC_VALUE > most && !main_below)
		return RATING_ABOVE;
	return (int64_t)s->rated[RATING_BELOW] * DEC_VALUE > most ? RATING_BELOW : RATING_MEETS;
}

/* Weights renormalise over what was measured; where that weighs nothing there is no mean. */
static bool weigh(struct score *s, struct err *e)
{
	dec_wide weights = 0;
	dec_wide sum = 0;

	for (size_t i = 0; i < s->n_items; i++)
		weights += s->items[i].weight;
	if (weights == 0)
		return true;
	for (size_t i = 0; i < s->n_items; i++) {
		struct score_item *item = &s->items[i];
		dec_wide product;

		if (__builtin_mul_overflow(item->weight, item->capped, &product) ||
			__builtin_add_overflow(sum, product, &sum))
			return err_set(e, ERR_INVALID,
				"%s: its achievement is beyond exact arithmetic", item->plan->code);
		item->contribution = dec_div(product, weights);
	}
	s->results = dec_div(sum, weights);
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
	s->left = calloc(n, sizeof *s->left);
	return (s->items && s->missing && s->hints && s->left) ||
	       err_set(e, ERR_FATAL, "no memory for a score");
}

static int32_t plan_of(const struct stretches *s)
{
	for (int32_t i = s->n; i-- > 0;) {
		if (s->list[i].items != NULL)
			return s->list[i].plan;
	}
	return 0;
}

bool score_compute(const struct score_input *in, struct score *out, struct err *e)
{
	struct score s = {.person = in->person, .ruleset = in->ruleset->version};
	struct holdings h = {.n = 0};
	bool ok;

	s.period = in->stretches->period;
	s.plan = plan_of(in->stretches);
	ok = holdings_make(&h, in->stretches, e) && reserve(&s, h.n, e) && place(in, &h, e) &&
	     place_answers(in, &h, e) && measure_items(in, &h, &s, e) && weigh(&s, e);
	free(h.list);
	if (!ok) {
		score_done(&s);
		return false;
	}
	tell_brief(&s);
	s.results_rating = rate_results(&s, in->ruleset);
	gather_hints(&s, in->ruleset);
	*out = s;
	return true;
}

void score_done(struct score *s)
{
	free(s->items);
	free(s->missing);
	free(s->hints);
	free(s->left);
	*s = (struct score){0};
}
