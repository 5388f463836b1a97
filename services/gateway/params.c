#include "params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/language.h"
#include "messages/event.h"

enum { SEARCH_MAX = 800 }; /* bytes: 200 characters and more */

static bool take_person(struct visit *v, const char *text)
{
	return digest_uuid_parse(text, v->person);
}

/* The registry says whether there is one of that code. */
static bool take_agency(struct visit *v, const char *text)
{
	v->agency = text;
	return true;
}

static bool take_period(struct visit *v, const char *text)
{
	v->period_name = text;
	return period_parse(text, &v->period);
}

static bool take_indicator(struct visit *v, const char *text)
{
	v->indicator = text;
	return true;
}

static bool take_event(struct visit *v, const char *text)
{
	v->event = text;
	return true;
}

static bool take_reason(struct visit *v, const char *text)
{
	v->reason = text;
	return reason_parse(text) != REASON_NONE;
}

static bool take_since(struct visit *v, const char *text)
{
	return clock_parse(text, strlen(text), &v->since);
}

static bool take_locale(struct visit *v, const char *text)
{
	v->decimal_comma = strcmp(text, "id") == 0;
	return v->decimal_comma || strcmp(text, "en") == 0;
}

static bool take_cursor(struct visit *v, const char *text)
{
	v->later = cursor_parse(text, v->list, &v->after);
	return v->later;
}

static bool take_to(struct visit *v, const char *text)
{
	v->to = text;
	return true;
}

static bool take_unit(struct visit *v, const char *text)
{
	v->unit = *text ? text : NULL;
	return true;
}

const char *const sort_names[SORTS] = {[SORT_NEED] = "need",
	[SORT_NAME] = "name",
	[SORT_WEAKEST] = "weakest",
	[SORT_LAST] = "last"};

static bool take_search(struct visit *v, const char *text)
{
	v->search = *text ? text : NULL;
	return strlen(text) <= SEARCH_MAX;
}

static bool take_sort(struct visit *v, const char *text)
{
	for (int i = 0; i < SORTS; i++)
		if (strcmp(text, sort_names[i]) == 0) {
			v->sort = (enum sort)i;
			return true;
		}
	return false;
}

static bool take_message(struct visit *v, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	v->message = digits <= 18 ? strtoll(text, NULL, 10) : 0;
	return v->message > 0 && !text[digits];
}

static bool take_tracking(struct visit *v, const char *text)
{
	v->tracking = text;
	return true;
}

/* page_language reads it: it is for pages that refuse, too. */
static bool take_lang(struct visit *v, const char *text)
{
	enum language language;
	(void)v;
	return language_parse(text, &language);
}

static const struct form {
	const char *name;
	bool (*take)(struct visit *v, const char *text);
	const char *must; /* NULL: every text will do */
} forms[PARAMS] = {
	[PARAM_PERSON] = {"person", take_person, "must be a person's id: a UUID in lower case"},
	[PARAM_CODE] = {"code", take_agency, NULL},
	[PARAM_AGENCY] = {"agency", take_agency, NULL},
	[PARAM_PERIOD] = {"period", take_period,
		"must be a month, a quarter or a year, such as 2026-03, 2026-Q1 or 2026"},
	[PARAM_INDICATOR] = {"indicator", take_indicator, NULL},
	[PARAM_ID] = {"id", take_event, NULL},
	[PARAM_EVENT] = {"event", take_event, NULL},
	[PARAM_REASON] = {"reason", take_reason, "must be a reason code, such as invalid_nip"},
	[PARAM_SINCE] = {"since", take_since,
		"must be an instant with an offset, such as 2026-03-04T01:15:00Z; a + is %2B here"},
	[PARAM_UNIT] = {"unit", take_unit, NULL},
	[PARAM_SEARCH] = {"q", take_search, "must be at most 800 bytes"},
	[PARAM_SORT] = {"sort", take_sort, "must be need, name, weakest or last"},
	[PARAM_CURSOR] = {"cursor", take_cursor, "must be `next` of another page of the same list"},
	[PARAM_LOCALE] = {"locale", take_locale, "must be id or en"},
	[PARAM_MESSAGE] = {"message", take_message, "must be a message's number"},
	[PARAM_TRACKING] = {"tracking", take_tracking, NULL},
	[PARAM_TO] = {"to", take_to, NULL},
	[PARAM_LANG] = {"lang", take_lang, "must be id or en"},
};

/* PARAMS: there is none of that name. */
static enum param param_named(const char *name, size_t len)
{
	int p = 0;
	while (p < PARAMS &&
		(strlen(forms[p].name) != len || memcmp(forms[p].name, name, len) != 0))
		p++;
	return (enum param)p;
}

static void check_name(const char *name, const char *value, void *arg)
{
	struct visit *v = arg;
	enum param p = param_named(name, strlen(name));
	(void)value;
	if (p == PARAMS || v->route->query[p] == PARAM_REFUSED)
		visit_wrong(v, name, "is no parameter of this path");
}

/* Codes are shorter; of what is longer there is no list. */
static void list_add(struct visit *v, const char *text)
{
	size_t len = strlen(v->list);
	snprintf(v->list + len, sizeof v->list - len, "%s%.200s", len ? " " : "", text);
}

static void take(struct visit *v, enum param p, const char *text)
{
	if (!forms[p].take(v, text))
		visit_wrong(v, forms[p].name, forms[p].must);
}

static void take_path(struct visit *v)
{
	const char *at = v->route->path;
	for (int i = 0; (at = strchr(at, '{')); i++) {
		enum param p = param_named(at + 1, strcspn(at + 1, "}"));
		at++;
		list_add(v, v->request->params[i]);
		if (p == PARAMS)
			visit_wrong(v, at, "has no form");
		else
			take(v, p, v->request->params[i]);
	}
}

static void take_query(struct visit *v)
{
	for (int p = 0; p < PARAMS; p++) {
		const char *text = http_query(v->request, forms[p].name);
		if (v->route->query[p] == PARAM_REFUSED)
			continue;
		if (p < PARAM_CURSOR)
			list_add(v, text ? text : "");
		if (text)
			take(v, (enum param)p, text);
		else if (v->route->query[p] == PARAM_REQUIRED)
			visit_wrong(v, forms[p].name, "is required");
	}
}

void params_take(struct visit *v)
{
	http_each_query(v->request, check_name, v);
	snprintf(v->list, sizeof v->list, "%s", v->route->list ? v->route->list : "");
	if (v->route->who & FOR_SOURCE)
		list_add(v, v->who.source);
	take_path(v);
	take_query(v);
}
