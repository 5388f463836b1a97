#include "authority.h"

#include <string.h>

#include "base/array.h"
#include "base/clock.h"

static bool is_source(struct visit *v, bool *holds, struct err *e)
{
	(void)e;
	*holds = v->who.role == ROLE_UPSTREAM && *v->who.source;
	return true;
}

static bool is_auditor(struct visit *v, bool *holds, struct err *e)
{
	(void)e;
	*holds = v->who.role == ROLE_AUDITOR;
	return true;
}

static bool names_self(const struct visit *v)
{
	const struct who *w = &v->who;
	return (w->role == ROLE_PERSON || w->role == ROLE_HEAD) && w->has_person &&
	       memcmp(w->person, v->person, sizeof w->person) == 0;
}

static bool is_self(struct visit *v, bool *holds, struct err *e)
{
	(void)e;
	*holds = names_self(v);
	return true;
}

static bool is_superior(struct visit *v, bool *holds, struct err *e)
{
	const struct who *w = &v->who;
	*holds = false;
	return w->role != ROLE_HEAD || !w->has_person ||
	       (visit_connect(v, e) && store_is_superior(v->db, w->person, v->person,
					       clock_date(v->now), holds, e));
}

static bool is_head(struct visit *v, bool *holds, struct err *e)
{
	(void)e;
	*holds = v->who.role == ROLE_HEAD && v->agency && strcmp(v->who.agency, v->agency) == 0;
	return true;
}

/* What asks PostgreSQL comes last. */
static const struct claim {
	enum route_who who;
	bool named; /* it hangs on whom the request names */
	bool (*holds)(struct visit *v, bool *holds, struct err *e);
} claims[] = {
	{FOR_SOURCE, false, is_source},
	{FOR_AUDITOR, false, is_auditor},
	{FOR_SELF, true, is_self},
	{FOR_HEAD, true, is_head},
	{FOR_SUPERIOR, true, is_superior},
};

bool authority_sees_originals(const struct visit *v)
{
	return v->who.role == ROLE_AUDITOR || names_self(v);
}

bool authority_by_role(const struct route *route)
{
	for (size_t i = 0; i < COUNT(claims); i++)
		if ((route->who & claims[i].who) && claims[i].named)
			return false;
	return true;
}

bool authority_may(struct visit *v, bool *may, struct err *e)
{
	*may = (v->route->who & (FOR_ANYBODY | FOR_VISITOR)) != 0;
	for (size_t i = 0; !*may && i < COUNT(claims); i++)
		if ((v->route->who & claims[i].who) && !claims[i].holds(v, may, e))
			return false;
	return true;
}

static bool knows_person(struct visit *v, bool *known, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!store_person(v->db, v->person, clock_date(v->now), &r, e))
		return false;
	*known = db_rows(r) > 0;
	return true;
}

static bool knows_agency(struct visit *v, bool *known, struct err *e)
{
	return store_agency_known(v->db, v->agency, known, e);
}

bool authority_known(struct visit *v, bool *known, struct err *e)
{
	static bool (*const asks[])(struct visit *, bool *, struct err *) = {
		[KNOWN_PERSON] = knows_person,
		[KNOWN_AGENCY] = knows_agency,
	};
	return asks[v->route->known](v, known, e);
}
