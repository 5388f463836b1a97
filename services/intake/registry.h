/* registry: what intake must know of people, units, indicators and sources, as a value that is read
 * whole (registry_load.c) and then only looked at. Looking up is a binary search. Days as in
 * clock.h; `from` and `until` included. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/dec.h"
#include "db/snapshot.h"

struct registry_assignment {
	int32_t from, until; /* INT32_MAX: open */
};

struct registry_person {
	char nip[19];
	uint8_t id[16];
	int first, n; /* its assignments */
};

struct registry_unit {
	char *code;
};

struct registry_indicator {
	char *code;
	int32_t id;
	bool is_ratio, has_min, has_max;
	dec_wide min, max; /* units of 0.0001 */
};

/* A source by its code or one of its uris. */
struct registry_source {
	char *name;
	int32_t id;
	char *code;
};

struct registry_allowed {
	int32_t source, indicator; /* ids */
};

struct registry {
	struct registry_person *people; /* by nip; once for each number that was ever theirs */
	struct registry_assignment *assignments; /* by person */
	struct registry_unit *units; /* by code */
	struct registry_indicator *indicators; /* by code */
	struct registry_source *sources; /* by name */
	struct registry_allowed *allowed; /* by source, indicator */
	int n_people, n_assignments, n_units, n_indicators, n_sources, n_allowed;
};

/* How it is read; see db/snapshot.h. */
extern const struct snapshot_kind registry_snapshot;
void registry_done(void *registry);

const struct registry_person *registry_person(const struct registry *r, const char *nip);
const struct registry_unit *registry_unit(const struct registry *r, const char *code);
const struct registry_indicator *registry_indicator(const struct registry *r, const char *code);
const struct registry_source *registry_source(const struct registry *r, const char *name);
bool registry_allows(const struct registry *r, int32_t source, int32_t indicator);
bool registry_employed(const struct registry *r, const struct registry_person *p, int32_t day);
