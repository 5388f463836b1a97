/* codec: what the codecs of the internal messages share. A message's value is one JSON object;
 * fields that its reader does not know are nothing to it. */
#pragma once

#include <jansson.h>

#include "messages/emit.h"

/* NULL for what is no JSON, and for no value. */
json_t *codec_parse(const void *data, size_t len);
/* The object as text, to be freed; takes it, and says ERR_FATAL when it is NULL. */
char *codec_text_take(json_t *json, const char *topic, struct err *e) MUST_CHECK;
/* Emits the object under this topic and key; takes it, as above. */
bool codec_emit_take(const struct emitter *by, const char *topic, const char *key, json_t *json,
	struct err *e) MUST_CHECK;
