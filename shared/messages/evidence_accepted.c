#include "messages/evidence_accepted.h"

#include <string.h>

#include "base/clock.h"
#include "messages/codec.h"
#include "messages/topics.h"

/* Whom it is about, as text: the message's key as well. */
static const char *subject_of(const struct evidence_accepted *m, char id[DIGEST_UUID_TEXT])
{
	return *m->unit ? m->unit : digest_uuid_format(m->person, id);
}

json_t *evidence_accepted_json(const struct evidence_accepted *m)
{
	char id[DIGEST_UUID_TEXT], month[CLOCK_TEXT];
	return json_pack("{s:s, s:s}", *m->unit ? "unit" : "person", subject_of(m, id), "month",
		clock_month_format(m->month, month));
}

bool evidence_accepted_emit(
	const struct emitter *by, const struct evidence_accepted *m, struct err *e)
{
	char id[DIGEST_UUID_TEXT];
	return codec_emit_take(
		by, TOPIC_EVIDENCE_ACCEPTED, subject_of(m, id), evidence_accepted_json(m), e);
}

static bool read_unit(struct evidence_accepted *m, const char *unit)
{
	size_t len = strlen(unit);
	if (len == 0 || len >= sizeof m->unit)
		return false;
	memcpy(m->unit, unit, len + 1);
	return true;
}

bool evidence_accepted_read(const void *data, size_t len, struct evidence_accepted *out)
{
	struct evidence_accepted m = {0};
	const char *person = NULL, *unit = NULL, *month = NULL;
	json_auto_t *json = codec_parse(data, len);
	if (json_unpack(json, "{s?s, s?s, s:s}", "person", &person, "unit", &unit, "month",
		    &month) != 0 ||
		!person == !unit || !clock_month_parse(month, &m.month) ||
		!(unit ? read_unit(&m, unit) : digest_uuid_parse(person, m.person)))
		return false;
	*out = m;
	return true;
}
