/* routes: what the gateway answers, to whom, and what it takes. HACKING.md says how to add a row.
 */
#include "api.h"
#include "base/array.h"
#include "page.h"

enum { WHO_SEES_A_PERSON = FOR_SELF | FOR_SUPERIOR | FOR_AUDITOR };

static const struct route_body events = {
	.most = 1024 * 1024,
	.takes = api_takes_events,
};
static const struct route_body feedback = {.most = 16384, .takes = api_takes_json};
/* What is no form signs nobody in. */
static const struct route_body form = {.most = 4096};
static const struct route_body form_of_ours = {.most = 4096, .ours = true};

const struct route gateway_routes[] = {
	{"POST", "/api/v1/events", api_post_events, &api_face, .who = FOR_SOURCE, .body = &events,
		.offline = true},
	{"GET", "/api/v1/events/rejections", api_get_rejections, &api_face, .who = FOR_SOURCE,
		.list = "rejections",
		.query = {[PARAM_CURSOR] = PARAM_OPTIONAL,
			[PARAM_REASON] = PARAM_OPTIONAL,
			[PARAM_SINCE] = PARAM_OPTIONAL,
			[PARAM_EVENT] = PARAM_OPTIONAL}},
	{"GET", "/api/v1/events/{id}", api_get_event, &api_face, .who = FOR_SOURCE},
	{"GET", "/api/v1/people/{person}/scores/{period}", api_get_score, &api_face,
		.who = WHO_SEES_A_PERSON, .offline = true},
	{"GET", "/api/v1/people/{person}/evidence", api_get_evidence, &api_face,
		.who = WHO_SEES_A_PERSON, .known = KNOWN_PERSON, .list = "evidence",
		.query = {[PARAM_PERIOD] = PARAM_OPTIONAL,
			[PARAM_INDICATOR] = PARAM_OPTIONAL,
			[PARAM_CURSOR] = PARAM_OPTIONAL}},
	{"GET", "/api/v1/people/{person}/inbox", api_get_inbox, &api_face, .who = WHO_SEES_A_PERSON,
		.known = KNOWN_PERSON, .list = "inbox", .query = {[PARAM_CURSOR] = PARAM_OPTIONAL}},
	{"GET", "/api/v1/agencies/{code}/scores", api_get_agency_scores, &api_face,
		.who = FOR_HEAD | FOR_AUDITOR, .known = KNOWN_AGENCY, .list = "agency",
		.query = {[PARAM_PERIOD] = PARAM_REQUIRED, [PARAM_CURSOR] = PARAM_OPTIONAL}},
	{"GET", "/api/v1/reports/agency.csv", api_get_agency_report, &api_face,
		.who = FOR_HEAD | FOR_AUDITOR, .known = KNOWN_AGENCY,
		.query = {[PARAM_AGENCY] = PARAM_REQUIRED,
			[PARAM_PERIOD] = PARAM_REQUIRED,
			[PARAM_LOCALE] = PARAM_OPTIONAL}},
	{"POST", "/api/v1/feedback", api_post_feedback, &api_face, .who = FOR_VISITOR,
		.body = &feedback},
	{"GET", "/api/v1/feedback/{tracking}", api_get_feedback, &api_face, .who = FOR_ANYBODY},
	{"GET", "/api/v1/public/agencies/{code}", api_get_public_agency, &api_face,
		.who = FOR_ANYBODY, .query = {[PARAM_PERIOD] = PARAM_OPTIONAL}, .offline = true},
	{"GET", "/api/v1/public/agencies", api_get_agencies, &api_face, .who = FOR_ANYBODY,
		.offline = true},
	{"GET", "/api/v1/openapi.json", api_get_contract, &api_face, .who = FOR_ANYBODY,
		.offline = true},

	{"GET", "/", page_home, &page_face, .who = FOR_VISITOR,
		.query = {[PARAM_TO] = PARAM_OPTIONAL,
			[PARAM_UNIT] = PARAM_OPTIONAL,
			[PARAM_SORT] = PARAM_OPTIONAL,
			[PARAM_LANG] = PARAM_OPTIONAL}},
	{"POST", "/session", page_sign_in, &page_face, .who = FOR_ANYBODY, .body = &form,
		.lenient = true, .again = true},
	{"POST", "/sign-out", page_sign_out, &page_face, .who = FOR_ANYBODY, .body = &form_of_ours,
		.lenient = true, .again = true},
	{"GET", "/people/{person}/scores/{period}", page_score, &page_face,
		.who = WHO_SEES_A_PERSON, .query = {[PARAM_LANG] = PARAM_OPTIONAL}},
	{"GET", "/people/{person}/evidence", page_evidence, &page_face, .who = WHO_SEES_A_PERSON,
		.list = "page",
		.query = {[PARAM_PERIOD] = PARAM_OPTIONAL,
			[PARAM_INDICATOR] = PARAM_OPTIONAL,
			[PARAM_CURSOR] = PARAM_OPTIONAL,
			[PARAM_LANG] = PARAM_OPTIONAL}},
	{"GET", "/people/{person}/inbox", page_inbox, &page_face, .who = WHO_SEES_A_PERSON,
		.list = "messages",
		.query = {[PARAM_CURSOR] = PARAM_OPTIONAL, [PARAM_LANG] = PARAM_OPTIONAL}},
	{"GET", "/people/{person}/inbox/{message}", page_message, &page_face,
		.who = WHO_SEES_A_PERSON, .query = {[PARAM_LANG] = PARAM_OPTIONAL}},
	{"GET", "/people", page_people, &page_face, .who = FOR_AUDITOR, .list = "people",
		.query = {[PARAM_SEARCH] = PARAM_OPTIONAL,
			[PARAM_CURSOR] = PARAM_OPTIONAL,
			[PARAM_LANG] = PARAM_OPTIONAL}},
	{"GET", "/rejections", page_rejections, &page_face, .who = FOR_AUDITOR,
		.query = {[PARAM_LANG] = PARAM_OPTIONAL}},
	{"GET", "/access", page_access, &page_face, .who = FOR_AUDITOR, .list = "access",
		.query = {[PARAM_CURSOR] = PARAM_OPTIONAL, [PARAM_LANG] = PARAM_OPTIONAL}},
	{"GET", "/people.csv", page_people_file, &page_face, .who = FOR_AUDITOR, .list = "people",
		.query = {[PARAM_SEARCH] = PARAM_OPTIONAL,
			[PARAM_CURSOR] = PARAM_OPTIONAL,
			[PARAM_LOCALE] = PARAM_OPTIONAL}},
	{"GET", "/rejections.csv", page_rejections_file, &page_face, .who = FOR_AUDITOR,
		.query = {[PARAM_LOCALE] = PARAM_OPTIONAL}},
	{"GET", "/access.csv", page_access_file, &page_face, .who = FOR_AUDITOR, .list = "access",
		.query = {[PARAM_CURSOR] = PARAM_OPTIONAL, [PARAM_LOCALE] = PARAM_OPTIONAL}},
	{"GET", "/agencies", page_agencies, &page_face, .who = FOR_VISITOR,
		.query = {[PARAM_LANG] = PARAM_OPTIONAL}},
	{"GET", "/style.css", page_style, &page_face, .who = FOR_ANYBODY, .lenient = true,
		.offline = true},
};
const size_t gateway_routes_n = COUNT(gateway_routes);
