/* topics: what there is in Kafka, a row each. The names stand here and nowhere else. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bus/bus.h"

#define TOPIC_PREFIX "terukur."
#define TOPIC_ACTIVITY "terukur.activity." /* and the code of a source: a topic for each */
#define TOPIC_ACTIVITY_PATTERN "^terukur\\.activity\\." /* as a subscription says it */
#define TOPIC_EVIDENCE_ACCEPTED "terukur.evidence.accepted"
#define TOPIC_EVIDENCE_REJECTED "terukur.evidence.rejected"
#define TOPIC_REGISTRY_CHANGED "terukur.registry.changed"
#define TOPIC_SCORE_CHANGED "terukur.score.changed"
#define TOPIC_FEEDBACK_SUBMITTED "terukur.feedback.submitted"
#define TOPIC_NOTIFICATION_SENT "terukur.notification.sent"

enum { TOPIC_TEXT = 256 }; /* more than Kafka takes for a name */

struct topic {
	struct bus_topic kafka; /* the name of topic_activity is what theirs begin with */
	const char *key; /* what its messages are keyed by */
	const char *schema; /* schemas/topics/<schema>.json says what they hold; made and read by
			       the file of that name in here */
};

extern const struct topic topic_activity; /* each of them */
extern const struct topic topic_internal[];
extern const size_t topic_internal_n;

/* Whether the message came on this topic. */
bool topic_is(const struct bus_message *m, const char *topic);

/* The code of the source that an activity topic belongs to, a part of `topic`; NULL for another
 * topic. */
const char *topic_source(const char *topic);
/* The topic of a source. */
const char *topic_of_source(const char *source, char out[TOPIC_TEXT]);
