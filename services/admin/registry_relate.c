#include "registry_relate.h"

static void relate_people(struct check *c, json_t *result)
{
	struct people people = {0};
	numbers_relate(c, result);
	if (!people_gather(c, &people)) {
		findings_add(c->found, "people", "out of memory");
	} else {
		people_relate(c, &people, result);
		circles_check(c, &people);
		absences_relate(c, result);
		plans_relate(c, &people, result);
	}
	people_done(&people);
	json_decref(c->numbers);
	json_decref(c->holders);
}

void registry_relate(struct check *c, json_t *result)
{
	versions_relate(c, "units", "agency", result);
	versions_relate(c, "positions", "items", result);
	relate_people(c, result);
	json_object_del(result, "people");
}
