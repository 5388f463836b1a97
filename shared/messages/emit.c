#include "messages/emit.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/digest.h"

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

const char *trace_id_of(const struct bus_message *m, char out[TRACE_ID_TEXT])
{
	size_t len = 0;
	const char *from = trace_of(m, &len);
	return trace_id(from, len, out);
}

static struct bus_header emit_header(const char *name, const char *text)
{
	return (struct bus_header){.name = name, .data = text, .len = strlen(text)};
}

bool emit(const struct emitter *by, const struct emit_message *m, struct err *e)
{
	uint8_t id[DIGEST_KEY];
	char uuid[DIGEST_UUID_TEXT], source[64], type[128], at[CLOCK_TEXT];
	int64_t now = clock_now();
	digest_uuid4(id);
	snprintf(source, sizeof source, "/terukur/%s", by->service);
	snprintf(type, sizeof type, "%s.v1", m->topic);
	const struct bus_header headers[] = {
		emit_header("ce_specversion", "1.0"),
		emit_header("ce_id", m->id ? m->id : digest_uuid_format(id, uuid)),
		emit_header("ce_source", source),
		emit_header("ce_type", type),
		emit_header("ce_time",
			clock_format(by->by_day ? clock_date_start(clock_date(now)) : now, at)),
		emit_header("content-type", "application/json"),
		emit_header("traceparent", by->trace ? by->trace : ""),
	};
	size_t n = COUNT(headers) - (by->trace ? 0 : 1);
	return bus_produce_for(by->out, by->delivery, m->topic, m->key, m->key ? strlen(m->key) : 0,
		m->data, m->len, headers, n, e);
}
