#include "messages/notification_sent.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "messages/codec.h"
#include "messages/topics.h"

json_t *notification_sent_json(const struct notification_sent *m)
{
	char person[DIGEST_UUID_TEXT], at[CLOCK_TEXT];
	return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s}", "person",
		digest_uuid_format(m->person, person), "period", m->period, "kind", m->kind,
		"indicator", m->indicator, "at", clock_format(m->at, at), "channel", m->channel);
}

bool notification_sent_emit(
	const struct emitter *by, const struct notification_sent *m, struct err *e)
{
	uint8_t id[DIGEST_KEY];
	char uuid[DIGEST_UUID_TEXT], person[DIGEST_UUID_TEXT];
	char *text = codec_text_take(notification_sent_json(m), TOPIC_NOTIFICATION_SENT, e);
	if (!text)
		return false;
	digest_key(text, strlen(text), id);
	const struct emit_message message = {.topic = TOPIC_NOTIFICATION_SENT,
		.key = digest_uuid_format(m->person, person),
		.data = text,
		.len = strlen(text),
		.id = digest_uuid_format(id, uuid)};
	bool ok = emit(by, &message, e);
	free(text);
	return ok;
}
