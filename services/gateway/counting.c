#include "counting.h"

#include "appraisal/roster.h"
#include "base/clock.h"

static const char replaced[] = "replaced";
static const char *const by_day[DAY_SAYINGS] = {
	[DAY_NOT_EMPLOYED] = "not_employed",
	[DAY_ABSENT] = "absent",
	[DAY_ASKS_NOTHING] = "nothing_asked",
	[DAY_ASKS_OTHERWISE] = "not_asked",
};

bool counting_begin(struct counting *c, struct visit *v, struct err *e)
{
	*c = (struct counting){.registry = v->gateway->registry};
	if (!snapshot_refresh(c->registry, &c->held, NULL, e))
		return false;
	const struct roster_person *p = roster_person(c->held.value, v->person);
	if (p)
		c->facts = roster_facts(c->held.value, p);
	return true;
}

void counting_end(struct counting *c)
{
	snapshot_release(c->registry, &c->held);
}

const char *counting_of(const struct counting *c, const struct evidence_row *x)
{
	const struct roster_indicator *i = roster_indicator(c->held.value, x->indicator);
	if (x->replaced_by)
		return replaced;
	return by_day[day_says(&c->facts, clock_date(x->time), i ? i->id : -1)];
}
