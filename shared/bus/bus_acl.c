#include "bus/bus_acl.h"

#include <string.h>

#include "base/array.h"
#include "bus/bus_private.h"

enum { ANSWER_MS = 10000 };

/* What librdkafka and the protocol number, in the words of Kafka's tools. */
static const char *const operations[] = {
	[RD_KAFKA_ACL_OPERATION_ALL] = "All",
	[RD_KAFKA_ACL_OPERATION_READ] = "Read",
	[RD_KAFKA_ACL_OPERATION_WRITE] = "Write",
	[RD_KAFKA_ACL_OPERATION_CREATE] = "Create",
	[RD_KAFKA_ACL_OPERATION_DELETE] = "Delete",
	[RD_KAFKA_ACL_OPERATION_ALTER] = "Alter",
	[RD_KAFKA_ACL_OPERATION_DESCRIBE] = "Describe",
	[RD_KAFKA_ACL_OPERATION_CLUSTER_ACTION] = "ClusterAction",
	[RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS] = "DescribeConfigs",
	[RD_KAFKA_ACL_OPERATION_ALTER_CONFIGS] = "AlterConfigs",
	[RD_KAFKA_ACL_OPERATION_IDEMPOTENT_WRITE] = "IdempotentWrite",
};
static const char *const resources[] = {
	[RD_KAFKA_RESOURCE_TOPIC] = "topic",
	[RD_KAFKA_RESOURCE_GROUP] = "group",
	[RD_KAFKA_RESOURCE_BROKER] = "cluster", /* the number is the same */
};
static const char *const patterns[] = {
	[RD_KAFKA_RESOURCE_PATTERN_LITERAL] = "literal",
	[RD_KAFKA_RESOURCE_PATTERN_PREFIXED] = "prefixed",
};
static const char *const permissions[] = {
	[RD_KAFKA_ACL_PERMISSION_TYPE_DENY] = "Deny",
	[RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW] = "Allow",
};

static const char *word_of(const char *const *words, size_t n, int number)
{
	return number >= 0 && (size_t)number < n && words[number] ? words[number] : "?";
}

/* 0, which is nothing in each of them, for a word that is not in the table. */
static int number_of(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (words[i] && strcmp(words[i], word) == 0)
			return (int)i;
	return 0;
}

#define WORD_OF(table_, number_) word_of(table_, COUNT(table_), (int)(number_))
#define NUMBER_OF(table_, word_) number_of(table_, COUNT(table_), word_)

static bool bus_acl_failed(rd_kafka_resp_err_t rc, struct err *e)
{
	bool refused = rc == RD_KAFKA_RESP_ERR_SECURITY_DISABLED ||
		       rc == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
		       rc == RD_KAFKA_RESP_ERR_INVALID_REQUEST;
	return err_set(
		e, refused ? ERR_INVALID : ERR_RETRY, "Kafka, ACLs: %s", rd_kafka_err2str(rc));
}

/* Waits for the answer; NULL with the error. */
static rd_kafka_event_t *bus_acl_answer(rd_kafka_queue_t *queue, struct err *e)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_MS);
	rd_kafka_resp_err_t rc = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		return event;
	if (event)
		rd_kafka_event_destroy(event);
	bus_acl_failed(rc, e);
	return NULL;
}

bool bus_acl_list(struct bus_producer *p, void (*each)(const struct bus_acl *acl, void *arg),
	void *arg, struct err *e)
{
	char text[256];
	rd_kafka_queue_t *queue = rd_kafka_queue_new(p->rk);
	rd_kafka_AclBindingFilter_t *all = rd_kafka_AclBindingFilter_new(RD_KAFKA_RESOURCE_ANY,
		NULL, RD_KAFKA_RESOURCE_PATTERN_ANY, NULL, NULL, RD_KAFKA_ACL_OPERATION_ANY,
		RD_KAFKA_ACL_PERMISSION_TYPE_ANY, text, sizeof text);
	rd_kafka_DescribeAcls(p->rk, all, NULL, queue);
	rd_kafka_event_t *event = bus_acl_answer(queue, e);
	size_t n = 0;
	const rd_kafka_AclBinding_t **found =
		event ? rd_kafka_DescribeAcls_result_acls(
				rd_kafka_event_DescribeAcls_result(event), &n)
		      : NULL;
	for (size_t i = 0; i < n; i++)
		each(&(struct bus_acl){rd_kafka_AclBinding_principal(found[i]),
			     WORD_OF(operations, rd_kafka_AclBinding_operation(found[i])),
			     WORD_OF(resources, rd_kafka_AclBinding_restype(found[i])),
			     WORD_OF(patterns, rd_kafka_AclBinding_resource_pattern_type(found[i])),
			     rd_kafka_AclBinding_name(found[i]), rd_kafka_AclBinding_host(found[i]),
			     WORD_OF(permissions, rd_kafka_AclBinding_permission_type(found[i]))},
			arg);
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_AclBinding_destroy(all);
	rd_kafka_queue_destroy(queue);
	return event != NULL;
}

static bool bus_acl_created(rd_kafka_event_t *event, struct err *e)
{
	size_t n;
	const rd_kafka_acl_result_t **results =
		rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event), &n);
	const rd_kafka_error_t *failed = n ? rd_kafka_acl_result_error(results[0]) : NULL;
	return !failed || bus_acl_failed(rd_kafka_error_code(failed), e);
}

bool bus_acl_create(struct bus_producer *p, const struct bus_acl *acl, struct err *e)
{
	char text[256];
	rd_kafka_AclBinding_t *new = rd_kafka_AclBinding_new(
		(rd_kafka_ResourceType_t)NUMBER_OF(resources, acl->resource), acl->name,
		(rd_kafka_ResourcePatternType_t)NUMBER_OF(patterns, acl->pattern), acl->principal,
		acl->host, (rd_kafka_AclOperation_t)NUMBER_OF(operations, acl->operation),
		(rd_kafka_AclPermissionType_t)NUMBER_OF(permissions, acl->permission), text,
		sizeof text);
	if (!new)
		return err_set(e, ERR_FATAL, "Kafka, ACL of %s: %s", acl->principal, text);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(p->rk);
	rd_kafka_CreateAcls(p->rk, &new, 1, NULL, queue);
	rd_kafka_event_t *event = bus_acl_answer(queue, e);
	bool ok = event && bus_acl_created(event, e);
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	rd_kafka_AclBinding_destroy(new);
	return ok;
}
