#include "messages/evidence_rejected.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "messages/codec.h"
#include "messages/event.h"
#include "messages/headers.h"
#include "messages/topics.h"

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

json_t *evidence_rejected_json(const struct evidence_rejected *m)
{
	char at[CLOCK_TEXT], sha256[DIGEST_HEX];
	size_t shown = at_most(m->payload_len, EVENT_MAX_BYTES);
	size_t key = at_most(m->key_len, EVENT_MAX_HEADER_BYTES);
	json_t *headers = headers_shown(
		m->headers, m->headers ? strlen(m->headers) : 0, EVENT_MAX_HEADER_BYTES - key);
	return json_pack("{s:s, s:s, s:s, s:i, s:I, s:s, s:s, s:o, s:o, s:o}", "reason", m->reason,
		"detail", m->detail, "topic", m->topic, "partition", m->partition, "offset",
		(json_int_t)m->offset, "at", clock_format(m->at, at), "sha256",
		digest_hex(m->sha256, sizeof m->sha256, sha256), "key", base64(m->key, key),
		"headers", headers, "payload", base64(m->payload, shown));
}

bool evidence_rejected_emit(
	const struct emitter *by, const struct evidence_rejected *m, struct err *e)
{
	return codec_emit_take(
		by, TOPIC_EVIDENCE_REJECTED, m->source, evidence_rejected_json(m), e);
}
