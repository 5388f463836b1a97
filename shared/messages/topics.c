#include "messages/topics.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"

#define DAY_MS INT64_C(86400000)

/* What is kept for good is in PostgreSQL: a topic need only outlast the time that its readers are
 * away. */
const struct topic topic_activity = {
	{TOPIC_ACTIVITY, 6, false, 7 * DAY_MS}, "the upstream's choice", "activity"};
const struct topic topic_internal[] = {
	{{TOPIC_EVIDENCE_ACCEPTED, 12, false, 30 * DAY_MS}, "the person's id, or the unit's code",
		"evidence.accepted"},
	/* carries NIPs */
	{{TOPIC_EVIDENCE_REJECTED, 12, false, 7 * DAY_MS}, "the source's code",
		"evidence.rejected"},
	{{TOPIC_REGISTRY_CHANGED, 12, false, 30 * DAY_MS}, "the person's id", "registry.changed"},
	{{TOPIC_SCORE_CHANGED, 12, true, -1}, "<person>/<period>", "score.changed"},
	{{TOPIC_FEEDBACK_SUBMITTED, 12, false, 7 * DAY_MS}, "the feedback's id",
		"feedback.submitted"},
	{{TOPIC_NOTIFICATION_SENT, 12, false, 30 * DAY_MS}, "the person's id", "notification.sent"},
};
const size_t topic_internal_n = COUNT(topic_internal);

bool topic_is(const struct bus_message *m, const char *topic)
{
	return strcmp(m->topic, topic) == 0;
}

const char *topic_source(const char *topic)
{
	size_t front = strlen(TOPIC_ACTIVITY);
	return strncmp(topic, TOPIC_ACTIVITY, front) == 0 ? topic + front : NULL;
}

const char *topic_of_source(const char *source, char out[TOPIC_TEXT])
{
	snprintf(out, TOPIC_TEXT, "%s%s", TOPIC_ACTIVITY, source);
	return out;
}
