#include "messages/feedback_submitted.h"

#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "messages/codec.h"
#include "messages/topics.h"

#define ELEMENT(name_, i_) \
	{ \
		name_, FIELD_NUMBER, .required = true, .min = 1, .max = 4, \
				     .must = "must be a whole number from 1 to 4", \
				     FIELD_TO(struct feedback_submitted, elements[i_]) \
	}
static const struct field elements[FEEDBACK_ELEMENTS] = {
	ELEMENT("requirements", 0),
	ELEMENT("procedure", 1),
	ELEMENT("completion_time", 2),
	ELEMENT("cost", 3),
	ELEMENT("product", 4),
	ELEMENT("competence", 5),
	ELEMENT("behaviour", 6),
	ELEMENT("facilities", 7),
	ELEMENT("complaint_handling", 8),
};
const struct fields_table feedback_survey = {
	FIELD_ROWS(elements), .unknown = "is no element of the survey", .listed = true};

bool feedback_is_code(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(text);
	return len > 0 && len < FEEDBACK_CODE_TEXT && strspn(text, allowed) == len &&
	       !strchr("._-", text[0]);
}

struct message {
	struct feedback_submitted said;
	const char *id;
	int kind;
};

static const char *const kinds[] = {"survey", NULL};
static const struct field rows[] = {
	{"id", FIELD_TEXT, .required = true, FIELD_TO(struct message, id)},
	{"kind", FIELD_WORD, .required = true, .words = kinds, FIELD_TO(struct message, kind)},
	{"agency", FIELD_TEXT, .required = true, .is = feedback_is_code,
		FIELD_TO(struct message, said.agency)},
	{"unit", FIELD_TEXT, .is = feedback_is_code, FIELD_TO(struct message, said.unit)},
	{"on", FIELD_DATE, .required = true, FIELD_TO(struct message, said.on)},
	{"survey", FIELD_OBJECT, .required = true, .object = &feedback_survey},
};
static const struct fields_table table = {FIELD_ROWS(rows)};
_Static_assert(offsetof(struct message, said) == 0, "the elements go where feedback_survey says");

static json_t *survey_json(const struct feedback_submitted *m)
{
	json_t *survey = json_object();
	for (size_t i = 0; i < FEEDBACK_ELEMENTS; i++)
		json_object_set_new(survey, elements[i].name,
			json_integer((json_int_t)(m->elements[i] / DEC_VALUE)));
	return survey;
}

bool feedback_submitted_emit(
	const struct emitter *by, const struct feedback_submitted *m, struct err *e)
{
	char id[DIGEST_UUID_TEXT], on[CLOCK_TEXT];
	digest_uuid_format(m->id, id);
	return codec_emit_take(by, TOPIC_FEEDBACK_SUBMITTED, id,
		json_pack("{s:s, s:s, s:s, s:s*, s:s, s:o}", "id", id, "kind", kinds[0], "agency",
			m->agency, "unit", m->unit, "on", clock_date_format(m->on, on), "survey",
			survey_json(m)),
		e);
}

static bool first_fault(void *arg, const char *place, const char *detail)
{
	(void)arg;
	(void)place;
	(void)detail;
	return false;
}

json_t *feedback_submitted_read(const void *data, size_t len, struct feedback_submitted *out)
{
	struct message m = {0};
	struct fields r = {.fault = first_fault};
	json_t *json = codec_parse(data, len);
	if (!json_is_object(json) || !fields_read(&r, NULL, &table, json, &m) ||
		!digest_uuid_parse(m.id, m.said.id)) {
		json_decref(json);
		return NULL;
	}
	*out = m.said;
	return json;
}
