/* registry_relate: what the rows of a registry file, each well-formed, are among each other and
 * beside what is stored. Pure.
 *
 * Each part adds to the result what is to be stored, by NIPs of today:
 *   "units" and "positions": versions, {"code","name","from":null for the beginning,…}
 *   "renames": {"nip" as stored, "now"}; "unformer": NIPs that are today's again; "former":
 *     {"nip","now"}
 *   "persons": {"nip","name",…}, "removals": {"nip","from"}, "assignments", among them stored ones
 *     that end on another day now
 *   "absence_removals": {"nip","from"}, "absences"
 *   "plans": new versions
 * and leaves agencies, indicators, sources and rule sets as they are. */
#pragma once

#include "registry_fields.h"

void registry_relate(struct check *c, json_t *result);

#define NOBODY_TO_REMOVE \
	"nobody has this NIP, neither in the file nor in the registry, so nothing is taken back"

/* A number's person by today's number: the same where it was never corrected. */
const char *number_now(const struct check *c, const char *nip);
/* What is stored of somebody under a part of `known`; NULL: nothing. */
const json_t *known_of(const struct check *c, const char *part, const char *nip_now);

void numbers_relate(struct check *c, json_t *result); /* sets c->numbers and c->holders */
void versions_relate(struct check *c, const char *part, const char *value, json_t *result);
void absences_relate(struct check *c, json_t *result);

/* Somebody's assignments, those of the file among those that are stored. */
struct span {
	const char *from;
	char end[16]; /* the last day; "" while it is open */
	const json_t *stored, *row; /* NULL: there is none */
	size_t i; /* of the row */
	bool removed;
};

struct person {
	const char *nip;
	struct span *spans; /* by from */
	size_t n;
	bool in_file;
	size_t last; /* the row that says name and address: of the latest `from` */
	size_t walk; /* the last one that came by */
};

struct people {
	struct person *list;
	size_t n;
	json_t *index; /* NIP of today → number in the list */
	size_t walks;
};

bool people_gather(struct check *c, struct people *p); /* false: out of memory */
void people_done(struct people *p);
struct person *people_person(const struct people *p, const char *nip_now);
void people_relate(struct check *c, const struct people *p, json_t *result);
/* Nobody is, on any day, their superior's superior's … superior. */
void circles_check(struct check *c, struct people *p);
const char *span_text(const struct span *s, const char *field);

void plans_relate(struct check *c, const struct people *p, json_t *result);
