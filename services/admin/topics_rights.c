#include "topics_rights.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "messages/topics.h"
#include "service/services.h"

#define GROUP_PREFIX "terukur-"

enum { PRINCIPAL_TEXT = 300 };

struct right {
	const char *operation, *resource, *pattern, *name;
};

/* What the operators' command does beyond what its row says. */
static const struct right admin_rights[] = {
	{"Create", "topic", "prefixed", TOPIC_PREFIX}, /* topics create, registry load */
	{"Describe", "topic", "prefixed", TOPIC_PREFIX}, /* status, and the next */
	{"Describe", "group", "prefixed", GROUP_PREFIX},
	{"Read", "topic", "literal", TOPIC_EVIDENCE_ACCEPTED}, /* how old what is unscored is */
	{"Write", "topic", "prefixed", TOPIC_ACTIVITY}, /* redrive */
	{"Read", "topic", "prefixed", TOPIC_ACTIVITY}, /* replay, and the next */
	{"Read", "group", "literal", GROUP_PREFIX "intake"},
	{"Describe", "cluster", "literal", BUS_CLUSTER}, /* topics acl --check */
};

struct telling {
	char principal[PRINCIPAL_TEXT];
	void (*each)(const struct bus_acl *acl, void *arg);
	void *arg;
};

static void tell(const struct telling *t, const struct right *r)
{
	t->each(&(struct bus_acl){t->principal, r->operation, r->resource, r->pattern, r->name, "*",
			"Allow"},
		t->arg);
}

/* To look at what one may read or write is part of it, for Kafka. */
static void tell_topic(const struct telling *t, const char *operation, const char *topic)
{
	const char *pattern = strcmp(topic, TOPIC_ACTIVITY) == 0 ? "prefixed" : "literal";
	tell(t, &(struct right){operation, "topic", pattern, topic});
}

void rights_of_services(void (*each)(const struct bus_acl *acl, void *arg), void *arg)
{
	for (int i = 0; i < SERVICE_ROWS; i++) {
		const struct service_row *row = &service_rows[i];
		struct telling t = {.each = each, .arg = arg};
		snprintf(t.principal, sizeof t.principal, "User:terukur-%s", row->name);
		for (const struct service_read *r = row->reads; r->topic; r++) {
			tell(&t, &(struct right){"Read", "group", "literal", r->group});
			tell_topic(&t, "Read", r->topic);
		}
		for (const char *const *topic = row->writes; *topic; topic++)
			tell_topic(&t, "Write", *topic);
		for (size_t k = 0; i == SERVICE_admin && k < COUNT(admin_rights); k++)
			tell(&t, &admin_rights[k]);
	}
}

void rights_of_source(
	const char *code, void (*each)(const struct bus_acl *acl, void *arg), void *arg)
{
	char topic[TOPIC_TEXT];
	struct telling t = {.each = each, .arg = arg};
	snprintf(t.principal, sizeof t.principal, "User:terukur-source-%s", code);
	tell(&t, &(struct right){"Write", "topic", "literal", topic_of_source(code, topic)});
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* One of these names is the beginning of the other. */
static bool overlaps(const char *name, bool prefixed, const char *prefix)
{
	return begins(name, prefix) || (prefixed && begins(prefix, name));
}

bool rights_touch(const struct bus_acl *acl)
{
	bool prefixed = strcmp(acl->pattern, "prefixed") == 0;
	return begins(acl->principal, "User:terukur-") || strcmp(acl->name, "*") == 0 ||
	       overlaps(acl->name, prefixed, TOPIC_PREFIX) ||
	       overlaps(acl->name, prefixed, GROUP_PREFIX);
}
