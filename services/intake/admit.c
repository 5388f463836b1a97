#include "admit.h"

#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/nip.h"
#include "messages/topics.h"

#define FUTURE (5 * 60 * CLOCK_SECOND)

const char *admit_topic_source(const char *topic)
{
	const char *source = topic_source(topic);
	return source ? source : topic;
}

struct judged {
	const struct registry *registry;
	const struct event *event;
	const struct registry_source *source;
	const struct registry_person *person;
	const struct registry_indicator *indicator;
	int64_t now;
};

static bool about_unit(const struct judged *j)
{
	return j->event->type == EVENT_COMPLETE ||
	       (j->event->type == EVENT_REVOKED && registry_unit(j->registry, j->event->subject));
}

static bool is_activity(const struct judged *j)
{
	return j->event->type == EVENT_RECORDED || j->event->type == EVENT_CORRECTED;
}

/* The checks in the order of their reasons; each says whether it fails. */

static bool fails_nip(const struct judged *j)
{
	return !about_unit(j) && !nip_valid(j->event->subject, strlen(j->event->subject));
}

static bool fails_person(const struct judged *j)
{
	return !about_unit(j) && !j->person;
}

static bool fails_unit(const struct judged *j)
{
	return about_unit(j) && !registry_unit(j->registry, j->event->subject);
}

static bool fails_indicator(const struct judged *j)
{
	return j->event->indicator && !j->indicator;
}

static bool fails_allowed(const struct judged *j)
{
	return j->indicator && !registry_allows(j->registry, j->source->id, j->indicator->id);
}

static bool fails_range(const struct judged *j)
{
	const struct registry_indicator *i = j->indicator;
	const struct event *e = j->event;
	return is_activity(j) &&
	       ((i->has_min && e->value < i->min) || (i->has_max && e->value > i->max) ||
		       (i->is_ratio && (!e->has_of || e->of <= 0)));
}

static bool fails_future(const struct judged *j)
{
	return j->event->time > j->now + FUTURE;
}

/* Nobody can have reported in full what has not begun: it would make everybody's 0 of it. */
static bool fails_begun(const struct judged *j)
{
	return j->event->type == EVENT_COMPLETE &&
	       j->event->month > clock_month(clock_date(j->now + FUTURE));
}

static bool fails_employed(const struct judged *j)
{
	return is_activity(j) &&
	       !registry_employed(j->registry, j->person, clock_date(j->event->time));
}

static const struct {
	enum reason reason;
	bool (*fails)(const struct judged *j);
	const char *field, *detail;
} checks[] = {
	{REASON_INVALID_NIP, fails_nip, "subject",
		"is not an employee number of 18 digits with a possible birth date, appointment "
		"and sex"},
	{REASON_UNKNOWN_PERSON, fails_person, "subject",
		"is an employee number that the registry does not know"},
	{REASON_UNKNOWN_UNIT, fails_unit, "subject", "is a unit that the registry does not know"},
	{REASON_UNKNOWN_INDICATOR, fails_indicator, "data.indicator",
		"is an indicator that the registry does not know"},
	{REASON_INDICATOR_NOT_ALLOWED, fails_allowed, "data.indicator",
		"is an indicator that this source may not report"},
	{REASON_VALUE_OUT_OF_RANGE, fails_range, "data.value",
		"is outside the indicator's min and max, or `of` is missing or not above 0"},
	{REASON_TIME_IN_FUTURE, fails_future, "time", "is more than 5 minutes in the future"},
	{REASON_TIME_IN_FUTURE, fails_begun, "data.period", "is a month that has not begun"},
	{REASON_NOT_EMPLOYED, fails_employed, "time",
		"is on a day on which the person was not employed"},
};

static void judge(const struct judged *j, struct evidence *out)
{
	for (size_t i = 0; i < COUNT(checks); i++)
		if (checks[i].fails(j)) {
			out->late = checks[i].reason;
			out->field = checks[i].field;
			out->detail = checks[i].detail;
			return;
		}
}

static void fill(const struct judged *j, struct evidence *out)
{
	const struct event *e = j->event;
	int32_t day = clock_date(e->time);
	out->at = e->time;
	out->day = is_activity(j) ? day : clock_date(j->now);
	out->month = is_activity(j) ? clock_month(day) : e->month;
	out->indicator = j->indicator ? j->indicator->id : 0;
	out->has_person = is_activity(j) && j->person;
	if (out->has_person)
		memcpy(out->person, j->person->id, sizeof out->person);
	out->value = e->value;
	out->of = e->of;
	out->has_of = e->has_of;
	if (e->replaces)
		event_key(j->source->code, e->replaces, out->replaces);
}

void admit_note_person(const struct registry *r, const char *nip, int32_t day, struct evidence *out)
{
	const struct registry_person *p = r ? registry_person(r, nip) : NULL;
	out->has_person = p != NULL;
	out->day = day;
	if (p)
		memcpy(out->person, p->id, sizeof out->person);
}

void admit_event(const struct registry *r, const char *topic_source, const struct event *e,
	int64_t now, const char *(*keep)(void *memory, const char *text), void *memory,
	struct evidence *out)
{
	struct judged j = {
		.registry = r, .event = e, .now = now, .source = registry_source(r, e->source)};
	const char *trace = json_string_value(json_object_get(e->root, "traceparent"));
	*out = (struct evidence){.type = e->type,
		.field = "source",
		.event_id = keep(memory, e->id),
		.trace = trace ? keep(memory, trace) : NULL};
	if (!j.source || strcmp(j.source->code, topic_source) != 0) {
		out->early = j.source ? REASON_SOURCE_MISMATCH : REASON_UNKNOWN_SOURCE;
		out->detail = j.source ? "is not the source that this topic belongs to"
				       : "is a source that the registry does not know";
		if (is_activity(&j))
			admit_note_person(r, e->subject, clock_date(e->time), out);
		return;
	}
	j.person = registry_person(r, e->subject);
	j.indicator = e->indicator ? registry_indicator(r, e->indicator) : NULL;
	out->source = j.source->id;
	out->source_code = topic_source;
	event_key(j.source->code, e->id, out->key);
	memcpy(out->content, e->content, sizeof out->content);
	fill(&j, out);
	judge(&j, out);
	out->ref = e->ref ? keep(memory, e->ref) : NULL;
	out->unit = e->type == EVENT_COMPLETE ? keep(memory, e->subject) : NULL;
}
