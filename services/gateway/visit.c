#include "visit.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"

static bool visit_unauthenticated(struct visit *v)
{
	http_add_header(v->request, "WWW-Authenticate", "Bearer");
	http_problem(v->request, 401, "unauthenticated",
		"a bearer token that is known and still good is needed");
	return false;
}

bool visit_know(struct visit *v, const char *token, bool *found, struct err *e)
{
	uint8_t hash[DIGEST_SHA256];
	digest_sha256(token, strlen(token), hash);
	return store_token(v->db, hash, v->now, &v->who, found, e);
}

static bool visit_authenticate(struct visit *v, struct err *e)
{
	static const char scheme[] = "Bearer ";
	const char *sent = http_header(v->request, "Authorization");
	if (!sent || strncasecmp(sent, scheme, strlen(scheme)) != 0)
		return visit_unauthenticated(v);
	bool found;
	if (!visit_know(v, sent + strlen(scheme), &found, e))
		return false;
	return found || visit_unauthenticated(v);
}

void visit_wrong(struct visit *v, const char *field, const char *detail)
{
	char shown[128]; /* the query names it */
	text_printable(shown, sizeof shown, field, strlen(field));
	if (!v->errors)
		v->errors = json_array();
	json_array_append_new(v->errors, json_pack("{s:s, s:s, s:s}", "field", shown, "code",
						 "invalid_parameter", "detail", detail));
}

struct known {
	struct visit *visit;
	const char *const *names;
};

static void visit_check_name(const char *name, const char *value, void *arg)
{
	const struct known *known = arg;
	(void)value;
	for (const char *const *p = known->names; *p; p++)
		if (strcmp(*p, name) == 0)
			return;
	visit_wrong(known->visit, name, "is no parameter of this path");
}

void visit_check_names(struct visit *v, const char *const *names)
{
	http_each_query(v->request, visit_check_name, &(struct known){v, names});
}

static bool visit_ready(struct visit *v, enum visit_needs needs, struct err *e)
{
	if (needs >= VISIT_DATABASE && !(v->db = pool_take(v->gateway->pool, e)))
		return false;
	return needs < VISIT_TOKEN || visit_authenticate(v, e);
}

bool visit_api(struct gateway *g, struct http_request *r, enum visit_needs needs,
	const char *const *parameters, visit_work *work)
{
	struct err e = {0};
	struct visit v = {.gateway = g, .request = r, .now = clock_now()};
	bool ok = visit_ready(&v, needs, &e);
	if (ok) {
		visit_check_names(&v, parameters);
		ok = work(&v, &e);
	}
	pool_give(g->pool, v.db);
	json_decref(v.errors);
	return ok || e.code == ERR_NONE || http_failed(r, &e);
}

void visit_person(struct visit *v, uint8_t out[16])
{
	if (!digest_uuid_parse(v->request->params[0], out))
		visit_wrong(v, "person", "must be a person's id: a UUID in lower case");
}

void visit_period(struct visit *v, const char *text, struct period *out)
{
	if (!text)
		visit_wrong(v, "period", "is required");
	else if (!period_parse(text, out))
		visit_wrong(v, "period",
			"must be a month, a quarter or a year, such as 2026-03, 2026-Q1 or 2026");
}

bool visit_cursor(struct visit *v, const char *list, struct cursor *out)
{
	const char *text = http_query(v->request, "cursor");
	if (!text)
		return false;
	if (cursor_parse(text, list, out))
		return true;
	visit_wrong(v, "cursor", "must be `next` of another page of the same list");
	return false;
}

bool visit_refused(struct visit *v)
{
	if (!v->errors)
		return false;
	http_problem_errors(v->request, 400, "invalid_parameter",
		"a parameter is not as it should be", v->errors);
	v->errors = NULL;
	return true;
}

bool visit_forbidden(struct visit *v)
{
	http_problem(v->request, 403, "forbidden", "this is not for this token");
	return false;
}

bool visit_not_found(struct visit *v, const char *detail)
{
	http_problem(v->request, 404, "not_found", detail);
	return false;
}

bool visit_sees(struct visit *v, const uint8_t person[16], bool *sees, struct err *e)
{
	const struct who *w = &v->who;
	bool own = w->has_person && memcmp(w->person, person, sizeof w->person) == 0;
	*sees = w->role == ROLE_AUDITOR ||
		((w->role == ROLE_PERSON || w->role == ROLE_HEAD) && own);
	if (*sees || w->role != ROLE_HEAD || !w->has_person)
		return true;
	return store_is_superior(v->db, w->person, person, clock_date(v->now), sees, e);
}

bool visit_may_see(struct visit *v, const uint8_t person[16], struct err *e)
{
	bool sees;
	return visit_sees(v, person, &sees, e) && (sees || visit_forbidden(v));
}

bool visit_log_access(struct visit *v, const char *what, const char *period,
	const uint8_t person[16], struct err *e)
{
	const struct access access = {v->who.token, v->now, what, period, v->request->request_id};
	struct db_array one;
	db_array_init(&one, DB_K_UUID);
	bool ok = db_array_add(&one, DB_UUID(person)) ? store_access(v->db, &access, &one, e)
						      : err_set(e, ERR_FATAL, "out of memory");
	db_array_done(&one);
	return ok;
}

json_t *visit_page(json_t *items, const struct cursor *next, const char *list)
{
	char text[CURSOR_TEXT];
	return json_pack("{s:o, s:s?}", "items", items, "next",
		next ? cursor_format(next, list, text) : NULL);
}
