/* bus_acl: who may do what in Kafka, as its authorizer knows it. Words are those of Kafka's own
 * tools. */
#pragma once

#include "bus/bus.h"

struct bus_acl {
	const char *principal; /* "User:terukur-intake" */
	const char *operation; /* "Read", "Write", "Create", "Describe", … */
	const char *resource; /* "topic", "group", "cluster" */
	const char *pattern; /* "literal"; "prefixed": all whose names begin with `name` */
	const char *name;
	const char *host; /* "*": from everywhere */
	const char *permission; /* "Allow", "Deny" */
};

#define BUS_CLUSTER "kafka-cluster" /* the one resource that is a cluster */

/* Calls `each` for every one there is; what it is given is borrowed. A word that this client does
 * not know is "?". ERR_INVALID when Kafka has no authorizer, or does not let this user look. */
bool bus_acl_list(struct bus_producer *p, void (*each)(const struct bus_acl *acl, void *arg),
	void *arg, struct err *e) MUST_CHECK;
/* One that is there already stays as it is. ERR_INVALID as above. */
bool bus_acl_create(struct bus_producer *p, const struct bus_acl *acl, struct err *e) MUST_CHECK;
