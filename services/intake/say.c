/* What intake says on its topics. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "messages/emit.h"
#include "messages/headers.h"

static bool say(struct worker *w, const char *topic, const char *key, json_t *data,
	const char *trace, struct err *e)
{
	char *text = data ? json_dumps(data, JSON_COMPACT) : NULL;
	json_decref(data);
	if (!text)
		return err_set(e, ERR_FATAL, "%s: no message could be made", topic);
	const struct emit_message m = {
		.topic = topic, .key = key, .data = text, .len = strlen(text), .trace = trace};
	bool ok = emit(w->out, "intake", &m, e);
	free(text);
	return ok;
}

bool say_accepted(struct worker *w, const uint8_t *person, const char *unit, int32_t month,
	const char *trace, struct err *e)
{
	char id[DIGEST_UUID_TEXT], text[CLOCK_TEXT];
	const char *who = person ? digest_uuid_format(person, id) : unit;
	json_t *data = json_pack("{s:s, s:s}", person ? "person" : "unit", who, "month",
		clock_month_format(month, text));
	return say(w, "terukur.evidence.accepted", who, data, trace, e);
}

static json_t *base64(const void *data, size_t len)
{
	BUF_AUTO text;
	buf_init(&text, 4 * EVENT_MAX_BYTES);
	return data && digest_base64(&text, data, len) ? json_stringn(text.data, text.len)
						       : json_null();
}

static size_t at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

bool say_rejected(struct worker *w, const struct rejected *r, const char *trace, struct err *e)
{
	char at[CLOCK_TEXT], sha256[DIGEST_HEX];
	size_t shown = at_most(r->payload_len, EVENT_MAX_BYTES);
	size_t key = at_most(r->key_len, EVENT_MAX_HEADER_BYTES);
	json_t *headers = headers_shown(
		r->headers, r->headers ? strlen(r->headers) : 0, EVENT_MAX_HEADER_BYTES - key);
	json_t *data = json_pack("{s:s, s:s, s:s, s:i, s:I, s:s, s:s, s:o, s:o, s:o}", "reason",
		r->reason, "detail", r->detail, "topic", r->topic, "partition", r->partition,
		"offset", (json_int_t)r->offset, "at", clock_format(r->at, at), "sha256",
		digest_hex(r->sha256, sizeof r->sha256, sha256), "key", base64(r->key, key),
		"headers", headers, "payload", base64(r->payload, shown));
	return say(w, "terukur.evidence.rejected", r->source, data, trace, e);
}
