#include "counting.h"

#include "appraisal/roster.h"
#include "base/clock.h"

static const struct uncounted replaced = {
	"replaced", {"Tidak dihitung lagi: diganti oleh %n.", "Counts no longer: replaced by %n."}};

static const struct uncounted by_day[DAY_SAYINGS] = {
	[DAY_NOT_EMPLOYED] = {"not_employed",
		{"Tidak dihitung: pada hari itu belum atau tidak lagi bertugas.",
			"Does not count: not employed on that day."}},
	[DAY_ABSENT] = {"absent",
		{"Tidak dihitung: pada hari itu tidak bertugas karena cuti atau ketidakhadiran "
		 "lain; pada hari seperti itu tidak ada yang diminta dan tidak ada yang dihitung.",
			"Does not count: this was a day of leave or other absence, which asks "
			"nothing and counts nothing."}},
	[DAY_ASKS_NOTHING] = {"nothing_asked",
		{"Belum dihitung: tidak ada rencana (SKP) yang disepakati untuk hari itu. Bukti "
		 "ini disimpan, dan dihitung bila rencananya disepakati.",
			"Does not count yet: no plan is agreed for that day. It is kept, and "
			"counts when one is."}},
	[DAY_ASKS_OTHERWISE] = {"not_asked",
		{"Tidak dihitung: rencana (SKP) yang berlaku pada hari itu tidak memuat "
		 "indikator ini.",
			"Does not count: the plan in force on that day does not have this "
			"indicator."}},
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

const struct uncounted *counting_of(const struct counting *c, const struct evidence_row *x)
{
	const struct roster_indicator *i = roster_indicator(c->held.value, x->indicator);
	const struct uncounted *why;
	if (x->replaced_by)
		return &replaced;
	why = &by_day[day_says(&c->facts, clock_date(x->time), i ? i->id : -1)];
	return why->code ? why : NULL;
}
