#include "messages/emit.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/digest.h"

enum { TRACE_LEN = TRACE_TEXT - 1, TRACE_SPAN_AT = 36, TRACE_ID_AT = 3 };

/* version 00, 32 and 16 lower-case hex digits, two of flags. */
static bool trace_valid(const char *t, size_t len)
{
	static const char shape[] = "00-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";
	if (!t || len != TRACE_LEN)
		return false;
	for (int i = 0; i < TRACE_LEN; i++)
		if (shape[i] == 'h'
				? !((t[i] >= '0' && t[i] <= '9') || (t[i] >= 'a' && t[i] <= 'f'))
				: t[i] != shape[i])
			return false;
	return true;
}

const char *trace_next(const char *from, size_t len, char out[TRACE_TEXT])
{
	uint8_t random[24];
	char hex[49];
	digest_random(random, sizeof random);
	digest_hex(random, sizeof random, hex);
	bool known = trace_valid(from, len);
	snprintf(out, TRACE_TEXT, "00-%.32s-%.16s-%.2s", known ? from + TRACE_ID_AT : hex, hex + 32,
		known ? from + TRACE_LEN - 2 : "01");
	return out;
}

const char *trace_of(const struct bus_message *m, size_t *len)
{
	static const char *const names[] = {"traceparent", "ce_traceparent"};
	struct bus_header h;
	for (size_t i = 0; i < COUNT(names); i++)
		if (bus_message_find(m, names[i], &h) && trace_valid(h.data, h.len)) {
			*len = h.len;
			return h.data;
		}
	return NULL;
}

static struct bus_header emit_header(const char *name, const char *text)
{
	return (struct bus_header){.name = name, .data = text, .len = strlen(text)};
}

bool emit(const struct emitter *by, const struct emit_message *m, struct err *e)
{
	uint8_t id[DIGEST_KEY];
	char uuid[DIGEST_UUID_TEXT], source[64], type[128], at[CLOCK_TEXT];
	digest_uuid4(id);
	snprintf(source, sizeof source, "/terukur/%s", by->service);
	snprintf(type, sizeof type, "%s.v1", m->topic);
	const struct bus_header headers[] = {
		emit_header("ce_specversion", "1.0"),
		emit_header("ce_id", m->id ? m->id : digest_uuid_format(id, uuid)),
		emit_header("ce_source", source),
		emit_header("ce_type", type),
		emit_header("ce_time", clock_format(clock_now(), at)),
		emit_header("content-type", "application/json"),
		emit_header("traceparent", by->trace ? by->trace : ""),
	};
	size_t n = COUNT(headers) - (by->trace ? 0 : 1);
	return bus_produce(by->out, m->topic, m->key, m->key ? strlen(m->key) : 0, m->data, m->len,
		headers, n, e);
}
