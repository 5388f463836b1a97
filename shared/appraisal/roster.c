#include "appraisal/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/fields.h"

/* What a rule set means that does not say it: as 2026.1 does. */
enum { BRIEF = 1000 /* 0.10 */, MINIMUM_GROUP = 5, PRIOR = 300 /* 3.00 */, PRIOR_WEIGHT = 10 };

static void roster_person_done(struct roster_person *p)
{
	for (int i = 0; i < p->n_plans; i++)
		free(p->plans[i].items.items);
	free(p->assignments);
	free(p->absences);
	free(p->plans);
}

static void roster_position_done(struct score_position *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->versions[i].items.items);
	free(p->versions);
	free(p->code);
}

void roster_done(void *roster)
{
	struct roster *r = roster;
	for (int i = 0; i < r->n_people; i++)
		roster_person_done(&r->people[i]);
	for (int i = 0; i < r->n_units; i++)
		free(r->units[i]);
	for (int i = 0; i < r->n_positions; i++)
		roster_position_done(&r->positions[i]);
	for (int i = 0; i < r->n_indicators; i++) {
		free(r->indicators[i].code);
		free(r->indicators[i].aspect);
	}
	for (int i = 0; i < r->n_rulesets; i++)
		free(r->rulesets[i].version);
	free(r->people);
	free(r->units);
	free(r->positions);
	free(r->indicators);
	free(r->rulesets);
}

static int by_id(const void *key, const void *member)
{
	return memcmp(key, ((const struct roster_person *)member)->id, 16);
}

/* For the tables whose rows begin with their code. */
static int by_code(const void *key, const void *member)
{
	return strcmp(key, *(char *const *)member);
}

static const void *find(const void *key, const void *table, int n, size_t size,
	int (*by)(const void *, const void *))
{
	return n ? bsearch(key, table, (size_t)n, size, by) : NULL;
}

const struct roster_person *roster_person(const struct roster *r, const uint8_t id[16])
{
	return find(id, r->people, r->n_people, sizeof *r->people, by_id);
}

const struct roster_indicator *roster_indicator(const struct roster *r, const char *code)
{
	return find(code, r->indicators, r->n_indicators, sizeof *r->indicators, by_code);
}

bool roster_asks_citizens(const struct roster *r)
{
	for (int i = 0; i < r->n_indicators; i++)
		if (r->indicators[i].measure == MEASURE_SURVEY)
			return true;
	return false;
}

int roster_unit(const struct roster *r, const char *code)
{
	char *const *found = find(code, r->units, r->n_units, sizeof *r->units, by_code);
	return found ? (int)(found - r->units) : -1;
}

int roster_position(const struct roster *r, const char *code)
{
	const struct score_position *found =
		find(code, r->positions, r->n_positions, sizeof *r->positions, by_code);
	return found ? (int)(found - r->positions) : -1;
}

const struct roster_ruleset *roster_ruleset(const struct roster *r, int32_t day)
{
	const struct roster_ruleset *in_force = NULL;
	for (int i = 0; i < r->n_rulesets && r->rulesets[i].from <= day; i++)
		in_force = &r->rulesets[i];
	return in_force;
}

struct score_facts roster_facts(const struct roster *r, const struct roster_person *p)
{
	return (struct score_facts){
		.assignments = p->assignments,
		.n_assignments = (size_t)p->n_assignments,
		.absences = p->absences,
		.n_absences = (size_t)p->n_absences,
		.plans = p->plans,
		.n_plans = (size_t)p->n_plans,
		.positions = r->positions,
	};
}

/* A number of the object in hundredths. */
static bool hundredths(const json_t *object, const char *key, dec_wide *out)
{
	dec_wide v;
	if (!fields_number(json_object_get(object, key), &v))
		return false;
	*out = dec_shown(v);
	return true;
}

static bool target_parse(const json_t *v, struct score_target *out)
{
	*out = (struct score_target){.range = json_is_array(v)};
	if (!out->range) {
		bool ok = fields_number(v, &out->low);
		out->high = out->low;
		return ok;
	}
	return json_array_size(v) == 2 && fields_number(json_array_get(v, 0), &out->low) &&
	       fields_number(json_array_get(v, 1), &out->high);
}

static bool item_parse(const struct roster *r, const json_t *v, struct score_plan_item *out)
{
	const char *code = json_string_value(json_object_get(v, "indicator"));
	const char *kind = json_string_value(json_object_get(v, "kind"));
	const struct roster_indicator *i = code ? roster_indicator(r, code) : NULL;
	if (!i || !kind || !score_kind_parse(kind, &out->kind))
		return false;
	out->indicator = i->id;
	out->code = i->code;
	out->aspect = i->aspect;
	out->measure = i->measure;
	out->direction = i->direction;
	out->element = i->element;
	out->of_person = i->of_person;
	out->step = i->step;
	out->has_result_max = i->has_result_max;
	out->result_max = i->result_max;
	return target_parse(json_object_get(v, "target"), &out->target) &&
	       hundredths(v, "weight", &out->weight);
}

bool roster_items_parse(
	const struct roster *r, const char *json, struct score_items *out, struct err *e)
{
	json_auto_t *list = json_loads(json, 0, NULL);
	size_t n = json_array_size(list);
	struct score_plan_item *items = calloc(n + 1, sizeof *items);
	bool ok = json_is_array(list) && items;
	for (size_t i = 0; ok && i < n; i++)
		ok = item_parse(r, json_array_get(list, i), &items[i]);
	if (!ok) {
		free(items);
		return err_set(e, ERR_FATAL, "the registry holds items that cannot be read");
	}
	*out = (struct score_items){items, n};
	return true;
}

/* A number that may be left out. */
static bool stated(const json_t *object, const char *key, dec_wide *out)
{
	const json_t *v = json_object_get(object, key);
	return !v || fields_number(v, out);
}

/* What is asked of citizens' answers. */
static bool survey_parse(const json_t *body, struct score_ruleset *out)
{
	const json_t *survey = json_object_get(body, "survey");
	dec_wide group = MINIMUM_GROUP * DEC_VALUE, weight = PRIOR_WEIGHT * DEC_VALUE,
		 prior = PRIOR * (DEC_VALUE / DEC_SHOWN);
	bool ok = stated(body, "minimum_group", &group) && stated(survey, "prior", &prior) &&
		  stated(survey, "prior_weight", &weight);
	out->minimum_group = (int32_t)(group / DEC_VALUE);
	out->prior = (struct survey_prior){dec_shown(prior), (int64_t)(weight / DEC_VALUE)};
	return ok;
}

bool roster_ruleset_parse(const char *json, struct score_ruleset *out, struct err *e)
{
	json_auto_t *body = json_loads(json, 0, NULL);
	struct score_ruleset rules = {0};
	dec_wide most, brief = BRIEF;
	if (!hundredths(body, "cap", &rules.cap) ||
		!hundredths(body, "below_under", &rules.below_under) ||
		!hundredths(body, "above_from", &rules.above_from) ||
		!fields_number(json_object_get(body, "most"), &most) ||
		!stated(body, "brief", &brief) || !survey_parse(body, &rules))
		return err_set(e, ERR_FATAL, "the registry holds a rule set that cannot be read");
	rules.most = (int32_t)most;
	rules.brief = (int32_t)brief;
	*out = rules;
	return true;
}
