#include "appraisal/stretch.h"

#include "base/clock.h"

static void mark(int16_t *days, struct period period, int32_t from, int32_t until, int32_t value)
{
	int32_t first = period_first_day(period);
	int32_t last = period_last_day(period);

	for (int32_t day = from > first ? from : first; day <= (until < last ? until : last); day++)
		days[day - first] = (int16_t)value;
}

/* The index of the assignment of each day; -1 on what is no service day. */
static void mark_days(int16_t *days, struct period period,
	const struct score_assignment *assignments, size_t n_assignments,
	const struct score_absence *absences, size_t n_absences)
{
	mark(days, period, INT32_MIN, INT32_MAX, -1);
	for (size_t i = 0; i < n_assignments; i++)
		mark(days, period, assignments[i].from, assignments[i].until, (int32_t)i);
	for (size_t i = 0; i < n_absences; i++)
		mark(days, period, absences[i].from, absences[i].until, -1);
}

static const struct score_plan *plan_on(const struct score_facts *facts, int32_t year, int32_t day)
{
	static const bool holds[PLAN_STATUSES] = {[PLAN_AGREED] = true, [PLAN_WITHDRAWN] = true};
	const struct score_plan *in_force = NULL;

	for (size_t i = 0; i < facts->n_plans; i++) {
		const struct score_plan *plan = &facts->plans[i];

		if (plan->year == year && plan->from <= day && holds[plan->status])
			in_force = plan;
	}
	return in_force != NULL && in_force->status == PLAN_AGREED ? in_force : NULL;
}

static const struct score_items *position_on(
	const struct score_facts *facts, int32_t position, int32_t day)
{
	const struct score_items *in_force = NULL;

	if (position < 0)
		return NULL;
	for (size_t i = 0; i < facts->positions[position].n; i++) {
		const struct score_position_version *v = &facts->positions[position].versions[i];

		if (v->from <= day)
			in_force = &v->items;
	}
	return in_force;
}

/* The first day after this one on which a plan or a position's version may ask something else. */
static int32_t asks_until(const struct score_facts *facts, int32_t position, int32_t day)
{
	int32_t until = INT32_MAX;

	for (size_t i = 0; i < facts->n_plans; i++) {
		int32_t from = facts->plans[i].from;

		until = from > day && from < until ? from : until;
	}
	for (size_t i = 0; position >= 0 && i < facts->positions[position].n; i++) {
		int32_t from = facts->positions[position].versions[i].from;

		until = from > day && from < until ? from : until;
	}
	return until;
}

static struct stretch ask(const struct score_facts *facts, const struct score_assignment *a,
	int32_t year, int32_t day)
{
	const struct score_plan *plan = plan_on(facts, year, day);
	struct stretch s = {.unit = a->unit};

	if (plan != NULL)
		s.items = plan->has_items ? &plan->items : position_on(facts, a->position, day);
	if (s.items != NULL && s.items->n == 0)
		s.items = NULL;
	if (s.items != NULL)
		s.plan = plan->version;
	return s;
}

/* Days that ask the same of somebody in the same unit are one stretch whatever else changed, such
 * as the superior: no figure can tell them apart, and its month needs no evidence. */
static void add_days(struct stretches *to, const struct stretch *days)
{
	struct stretch *last = to->n > 0 ? &to->list[to->n - 1] : NULL;

	if (last == NULL || last->month != days->month || last->unit != days->unit ||
		last->items != days->items) {
		to->list[to->n++] = *days;
		return;
	}
	last->days += days->days;
	last->plan = days->plan;
}

/* The end of the days from i on that are under the same assignment, up to `end`. */
static int32_t same_until(const int16_t *on, int32_t i, int32_t end)
{
	int32_t k = i + 1;

	while (k < end && on[k] == on[i])
		k++;
	return k;
}

/* The days [i, end) of a month; `on` has their assignments, and gets their stretches. */
static void add_month(const struct score_facts *facts, struct stretches *out, int32_t month,
	int32_t i, int32_t end)
{
	int32_t first = period_first_day(out->period);

	for (int32_t next; i < end; i = next) {
		next = same_until(out->on, i, end);
		if (out->on[i] < 0)
			continue;
		const struct score_assignment *a = &facts->assignments[out->on[i]];
		int32_t until = asks_until(facts, a->position, first + i);
		struct stretch days = ask(facts, a, period_year(out->period), first + i);

		next = until < first + next ? until - first : next;
		days.month = month;
		days.days = next - i;
		add_days(out, &days);
		for (int32_t k = i; k < next; k++)
			out->on[k] = (int16_t)(out->n - 1);
	}
}

void stretches_make(const struct score_facts *facts, struct period period, struct stretches *out)
{
	out->period = period;
	out->n = 0;
	mark_days(out->on, period, facts->assignments, facts->n_assignments, facts->absences,
		facts->n_absences);
	for (int32_t i = 0, end, month = period.first_month;
		month < period.first_month + period.months; month++, i = end) {
		end = i + clock_month_days(month);
		add_month(facts, out, month, i, end);
	}
}

/* The month's first stretch, or NULL. */
static const struct stretch *first_of(const struct stretches *s, int32_t month)
{
	for (int32_t i = 0; i < s->n; i++) {
		if (s->list[i].month == month)
			return &s->list[i];
	}
	return NULL;
}

static bool is_whole(const struct stretch *s)
{
	return s->days == clock_month_days(s->month);
}

static bool asks(const struct stretches *s, int32_t month)
{
	for (int32_t i = 0; i < s->n; i++) {
		if (s->list[i].month == month && s->list[i].items != NULL)
			return true;
	}
	return false;
}

bool stretches_need_evidence(const struct stretches *s, int32_t month)
{
	return asks(s, month) && !is_whole(first_of(s, month));
}

const struct stretch *stretches_whole_month(const struct stretches *s, int32_t month)
{
	const struct stretch *first = first_of(s, month);

	return first != NULL && first->items != NULL && is_whole(first) ? first : NULL;
}

const struct stretch *stretches_on(const struct stretches *s, int32_t day)
{
	int32_t i = day - period_first_day(s->period);

	if (day < period_first_day(s->period) || day > period_last_day(s->period) || s->on[i] < 0)
		return NULL;
	return &s->list[s->on[i]];
}

const struct score_plan_item *stretch_item(const struct stretch *s, int32_t indicator)
{
	for (size_t i = 0; s->items != NULL && i < s->items->n; i++) {
		if (s->items->items[i].indicator == indicator)
			return &s->items->items[i];
	}
	return NULL;
}

static bool is_employed(const struct score_facts *facts, int32_t day)
{
	for (size_t i = 0; i < facts->n_assignments; i++) {
		if (facts->assignments[i].from <= day && day <= facts->assignments[i].until)
			return true;
	}
	return false;
}

enum day_says day_says(const struct score_facts *facts, int32_t day, int32_t indicator)
{
	const struct stretch *s;
	struct stretches month;

	stretches_make(facts, period_of(PERIOD_MONTH, clock_month(day)), &month);
	s = stretches_on(&month, day);
	if (s == NULL)
		return is_employed(facts, day) ? DAY_ABSENT : DAY_NOT_EMPLOYED;
	if (s->items == NULL)
		return DAY_ASKS_NOTHING;
	return stretch_item(s, indicator) != NULL ? DAY_COUNTS : DAY_ASKS_OTHERWISE;
}
