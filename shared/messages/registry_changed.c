#include "messages/registry_changed.h"

#include <string.h>

#include "messages/codec.h"
#include "messages/topics.h"

enum { FIRST_YEAR = 1900, LAST_YEAR = 9999, MONTHS = 12 };

static const char *const names[REGISTRY_CHANGES] = {
	[REGISTRY_PERSON] = "person",
	[REGISTRY_RECOMPUTE] = "recompute",
};

json_t *registry_changed_json(const struct registry_changed *m)
{
	char id[DIGEST_UUID_TEXT], period[PERIOD_TEXT];
	digest_uuid_format(m->person, id);
	if (m->kind == REGISTRY_PERSON)
		return json_pack("{s:s, s:s, s:i}", "kind", names[m->kind], "person", id, "year",
			period_year(m->period));
	return json_pack("{s:s, s:s, s:s}", "kind", names[m->kind], "person", id, "period",
		period_format(m->period, period));
}

bool registry_changed_emit(
	const struct emitter *by, const struct registry_changed *m, struct err *e)
{
	char id[DIGEST_UUID_TEXT];
	return codec_emit_take(by, TOPIC_REGISTRY_CHANGED, digest_uuid_format(m->person, id),
		registry_changed_json(m), e);
}

static bool read_year(const json_t *json, struct period *out)
{
	json_int_t year = json_integer_value(json_object_get(json, "year"));
	if (year < FIRST_YEAR || year > LAST_YEAR)
		return false;
	*out = period_of(PERIOD_YEAR, (int32_t)year * MONTHS);
	return true;
}

static bool read_period(const json_t *json, struct period *out)
{
	const char *period = json_string_value(json_object_get(json, "period"));
	return period && period_parse(period, out);
}

static bool read_kind(const char *name, enum registry_change *out)
{
	for (int kind = 0; kind < REGISTRY_CHANGES; kind++)
		if (strcmp(name, names[kind]) == 0) {
			*out = (enum registry_change)kind;
			return true;
		}
	return false;
}

bool registry_changed_read(const void *data, size_t len, struct registry_changed *out)
{
	struct registry_changed m;
	const char *kind, *person;
	json_auto_t *json = codec_parse(data, len);
	if (json_unpack(json, "{s:s, s:s}", "kind", &kind, "person", &person) != 0 ||
		!read_kind(kind, &m.kind) || !digest_uuid_parse(person, m.person) ||
		!(m.kind == REGISTRY_PERSON ? read_year(json, &m.period)
					    : read_period(json, &m.period)))
		return false;
	*out = m;
	return true;
}
