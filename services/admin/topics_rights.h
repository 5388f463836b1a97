/* topics_rights: who may do what in Kafka, as it follows from the table of services and the
 * registered sources. Pure.
 *
 * A service is the user terukur-<name>, a source terukur-source-<code>. */
#pragma once

#include <stddef.h>

#include "bus/bus_acl.h"

/* Calls `each` for every right; what it is given is borrowed. */
void rights_of_services(void (*each)(const struct bus_acl *acl, void *arg), void *arg);
void rights_of_source(
	const char *code, void (*each)(const struct bus_acl *acl, void *arg), void *arg);
/* Whether somebody else's ACL is about what is ours. */
bool rights_touch(const struct bus_acl *acl);
