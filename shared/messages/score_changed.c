#include "messages/score_changed.h"

#include <stdio.h>
#include <string.h>

#include "messages/topics.h"

enum { KEY_TEXT = DIGEST_UUID_TEXT + PERIOD_TEXT, SLASH = DIGEST_UUID_TEXT - 1 };

bool score_changed_emit(const struct emitter *by, const uint8_t person[DIGEST_KEY],
	const char *period, const char *score, struct err *e)
{
	char key[KEY_TEXT], id[DIGEST_UUID_TEXT];
	snprintf(key, sizeof key, "%s/%s", digest_uuid_format(person, id), period);
	const struct emit_message m = {.topic = TOPIC_SCORE_CHANGED,
		.key = key,
		.data = score,
		.len = score ? strlen(score) : 0};
	return emit(by, &m, e);
}

bool score_changed_read(const void *key, size_t len, struct score_changed *out)
{
	char text[KEY_TEXT];
	struct score_changed m;
	if (!key || len >= sizeof text)
		return false;
	memcpy(text, key, len);
	text[len] = '\0';
	if (len < DIGEST_UUID_TEXT || text[SLASH] != '/')
		return false;
	text[SLASH] = '\0';
	if (!digest_uuid_parse(text, m.person) || !period_parse(text + SLASH + 1, &m.period))
		return false;
	period_format(m.period, m.period_text);
	*out = m;
	return true;
}
