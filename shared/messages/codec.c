#include "messages/codec.h"

#include <stdlib.h>
#include <string.h>

json_t *codec_parse(const void *data, size_t len)
{
	return data ? json_loadb(data, len, 0, NULL) : NULL;
}

char *codec_text_take(json_t *json, const char *topic, struct err *e)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!text)
		err_set(e, ERR_FATAL, "%s: no message could be made", topic);
	return text;
}

bool codec_emit_take(
	const struct emitter *by, const char *topic, const char *key, json_t *json, struct err *e)
{
	char *text = codec_text_take(json, topic, e);
	const struct emit_message m = {
		.topic = topic, .key = key, .data = text, .len = text ? strlen(text) : 0};
	bool ok = text && emit(by, &m, e);
	free(text);
	return ok;
}
