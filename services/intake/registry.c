#include "registry.h"

#include <stdlib.h>
#include <string.h>

void registry_done(void *registry)
{
	struct registry *r = registry;
	for (int i = 0; i < r->n_units; i++)
		free(r->units[i].code);
	for (int i = 0; i < r->n_indicators; i++)
		free(r->indicators[i].code);
	for (int i = 0; i < r->n_sources; i++) {
		free(r->sources[i].name);
		free(r->sources[i].code);
	}
	free(r->people);
	free(r->assignments);
	free(r->units);
	free(r->indicators);
	free(r->sources);
	free(r->allowed);
}

static int by_nip(const void *key, const void *member)
{
	return strcmp(key, ((const struct registry_person *)member)->nip);
}

/* For the tables whose rows begin with their code or name. */
static int by_code(const void *key, const void *member)
{
	return strcmp(key, *(char *const *)member);
}

static int by_ids(const void *key, const void *member)
{
	const struct registry_allowed *a = key, *b = member;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return a->indicator < b->indicator ? -1 : a->indicator > b->indicator;
}

static const void *find(const void *key, const void *table, int n, size_t size,
	int (*by)(const void *, const void *))
{
	return n ? bsearch(key, table, (size_t)n, size, by) : NULL;
}

const struct registry_person *registry_person(const struct registry *r, const char *nip)
{
	return find(nip, r->people, r->n_people, sizeof *r->people, by_nip);
}

const struct registry_unit *registry_unit(const struct registry *r, const char *code)
{
	return find(code, r->units, r->n_units, sizeof *r->units, by_code);
}

const struct registry_indicator *registry_indicator(const struct registry *r, const char *code)
{
	return find(code, r->indicators, r->n_indicators, sizeof *r->indicators, by_code);
}

const struct registry_source *registry_source(const struct registry *r, const char *name)
{
	return find(name, r->sources, r->n_sources, sizeof *r->sources, by_code);
}

bool registry_allows(const struct registry *r, int32_t source, int32_t indicator)
{
	const struct registry_allowed key = {source, indicator};
	return find(&key, r->allowed, r->n_allowed, sizeof *r->allowed, by_ids) != NULL;
}

bool registry_employed(const struct registry *r, const struct registry_person *p, int32_t day)
{
	for (int i = p->first; i < p->first + p->n; i++)
		if (r->assignments[i].from <= day && day <= r->assignments[i].until)
			return true;
	return false;
}
