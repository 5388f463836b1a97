#include "visit.h"

#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "origin.h"
#include "params.h"

static const struct refusal refusals[] = {
	[REFUSED_PARAMETER] = {400, "invalid_parameter", "a parameter is not as it should be",
		"address"},
	[REFUSED_AUTHORITY] = {403, "forbidden", "this is not for this token", "forbidden"},
	[REFUSED_PERSON] = {404, "not_found", "there is no such person", "person"},
	[REFUSED_AGENCY] = {404, "not_found", "there is no such agency", "agency"},
	[REFUSED_BUSY] = {429, "too_many_requests", "too many requests at once with this token",
		"busy"},
	[REFUSED_ORIGIN] = {403, "forbidden", "this did not come from here", "origin"},
	[REFUSED_FORM] = {400, "invalid_feedback", "nothing was taken: see errors", "address"},
	[REFUSED_QUOTA] = {429, "too_many_requests",
		"much has come from your network about this unit in the last hour", "busy"},
	[REFUSED_KEY] = {422, "key_reused", "another body has come under this Idempotency-Key",
		"address"},
};

bool visit_refuse(struct visit *v, enum refusal_of why)
{
	return v->route->face->refuse(v, &refusals[why]);
}

static bool ask_who(struct visit *v, enum known_kind kind, const uint8_t hash[32], int64_t asked_at,
	bool *found, struct err *e)
{
	static bool (*const asks[])(struct db *, const uint8_t[32], int64_t, struct who *, bool *,
		struct err *) = {[KNOWN_TOKEN] = store_token, [KNOWN_SESSION] = store_session};
	if (!visit_connect(v, e) || !asks[kind](v->db, hash, v->now, &v->who, found, e))
		return false;
	if (*found)
		known_add(v->gateway->known, kind, hash, asked_at, &v->who);
	else
		known_forget(v->gateway->known, kind, hash);
	return true;
}

bool visit_look_up(
	struct visit *v, enum known_kind kind, const uint8_t hash[32], bool *found, struct err *e)
{
	int64_t asked_at;
	bool may_ask = v->request->may_wait;
	*found = known_find(v->gateway->known, kind, hash, v->now, may_ask, &v->who, &asked_at);
	if (*found || may_ask)
		gateway_count_cache(GATEWAY_CACHE_WHO, *found);
	return *found || ask_who(v, kind, hash, asked_at, found, e);
}

bool visit_know(struct visit *v, const char *token, bool *found, struct err *e)
{
	uint8_t hash[DIGEST_SHA256];
	digest_sha256(token, strlen(token), hash);
	return visit_look_up(v, KNOWN_TOKEN, hash, found, e);
}

bool visit_is_foreign(const struct visit *v)
{
	const struct origin o = {http_header(v->request, "Origin"),
		http_header(v->request, "Sec-Fetch-Site"), http_header(v->request, "Host"),
		v->gateway->public_url};
	return origin_is_foreign(&o);
}

void visit_fault(struct visit *v, const char *field, const char *code, const char *detail)
{
	if (!v->errors)
		v->errors = json_array();
	json_array_append_new(v->errors,
		json_pack("{s:s, s:s, s:s}", "field", field, "code", code, "detail", detail));
}

void visit_wrong(struct visit *v, const char *field, const char *detail)
{
	char shown[128]; /* the query names it */
	text_printable(shown, sizeof shown, field, strlen(field));
	visit_fault(v, shown, "invalid_parameter", detail);
}

/* --- deciding */

/* For whom a connection is taken: the token, or where that is not known yet, the address. */
static uint64_t owner_of(const struct visit *v)
{
	uint8_t hash[DIGEST_KEY];
	uint64_t owner;
	const char *address = http_client(v->request);
	if (v->who.token)
		return (uint64_t)v->who.token;
	digest_key(address, strlen(address), hash);
	memcpy(&owner, hash, sizeof owner);
	return owner | UINT64_C(1) << 63; /* no token's */
}

bool visit_may_wait(struct visit *v)
{
	v->waits = v->waits || !v->request->may_wait;
	return v->request->may_wait;
}

bool visit_connect(struct visit *v, struct err *e)
{
	if (!visit_may_wait(v))
		return false;
	if (!v->db) {
		int64_t since = clock_monotonic();
		v->db = pool_take(v->gateway->pool, owner_of(v), e);
		gateway_count_wait(v->db != NULL, clock_monotonic() - since);
	}
	return v->db != NULL;
}

static void disconnect(struct visit *v)
{
	if (v->db)
		gateway_count_given();
	pool_give(v->gateway->pool, v->db);
	v->db = NULL;
}

static bool know_who(struct visit *v, struct err *e)
{
	const struct route *route = v->route;
	bool found;
	if (route->who & FOR_ANYBODY)
		return true;
	if (!route->face->find(v, &found, e))
		return false;
	if (!found)
		v->who = (struct who){0};
	return found || (route->who & FOR_VISITOR) || route->face->stranger(v);
}

/* Of those who are known; how many connections an address may have, the server minds. */
static bool take_share(struct visit *v)
{
	if (!v->who.token || v->shares)
		return true;
	if (!share_take(v->gateway->under_way, v->who.token)) {
		http_add_header(v->request, "Retry-After", "1");
		return visit_refuse(v, REFUSED_BUSY);
	}
	v->shares = v->who.token;
	return true;
}

static bool take_parameters(struct visit *v)
{
	bool signing_in = v->route->query[PARAM_TO] && !v->who.token;
	params_take(v);
	if (!v->errors)
		return true;
	if (!v->route->lenient && !signing_in)
		return visit_refuse(v, REFUSED_PARAMETER);
	json_decref(v->errors);
	v->errors = NULL;
	return true;
}

static bool check_authority(struct visit *v, struct err *e)
{
	bool may;
	return authority_may(v, &may, e) && (may || visit_refuse(v, REFUSED_AUTHORITY));
}

static bool check_known(struct visit *v, struct err *e)
{
	bool known;
	if (v->route->known == KNOWN_UNASKED)
		return true;
	return visit_connect(v, e) && authority_known(v, &known, e) &&
	       (known || visit_refuse(v, v->route->known == KNOWN_PERSON ? REFUSED_PERSON
									 : REFUSED_AGENCY));
}

static bool check_body(struct visit *v)
{
	const struct route_body *body = v->route->body;
	if (body && body->ours && visit_is_foreign(v))
		return visit_refuse(v, REFUSED_ORIGIN);
	return !body || !body->takes || body->takes(v);
}

static bool decide(struct visit *v, struct err *e)
{
	bool by_role = authority_by_role(v->route);
	v->decided = know_who(v, e) && take_share(v) && (!by_role || check_authority(v, e)) &&
		     take_parameters(v) && (by_role || check_authority(v, e)) &&
		     check_known(v, e) && check_body(v);
	return v->decided;
}

/* --- what the server calls */

static bool admit(struct visit *v, struct err *e)
{
	return v->decided || decide(v, e);
}

static bool work(struct visit *v, struct err *e)
{
	return admit(v, e) && (v->route->offline ? (disconnect(v), true) : visit_connect(v, e)) &&
	       v->route->work(v, e);
}

static struct visit *visit_new(struct gateway *g, struct http_request *r)
{
	struct visit *v = calloc(1, sizeof *v);
	if (!v)
		return NULL;
	v->gateway = g;
	v->request = r;
	v->route = &g->routes[r->row];
	v->now = clock_now();
	return v;
}

/* Deciding only reads. */
static bool may_be_begun_anew(const struct visit *v)
{
	return !v->decided || v->route->again || strcmp(v->route->method, "GET") == 0;
}

/* A connection is held no longer than this. When it is lost on the way, as by a restart of
 * PostgreSQL, nobody has been answered yet, and what bears it is done again with another. */
static bool try(struct visit *v, bool (*step)(struct visit *v, struct err *e), struct err *e)
{
	for (int left = POOL_TRIES;;) {
		struct err why = {0};
		bool ok = step(v, &why), had = v->db;
		disconnect(v);
		if (ok || !had || why.code != ERR_RETRY || !may_be_begun_anew(v) || --left == 0)
			return ok || err_set(e, why.code, "%s", why.text);
	}
}

/* False: begun where it may not wait, and it would have had to; nothing came of it, and all of it
 * is done again. */
static bool run(
	struct gateway *g, struct http_request *r, bool (*step)(struct visit *v, struct err *e))
{
	struct err e = {0};
	if (!r->user && !(r->user = visit_new(g, r)))
		return http_problem(r, 500, "internal", "something went wrong here");
	struct visit *v = r->user;
	bool ok = try(v, step, &e);
	if (!ok && v->waits) {
		v->waits = false;
		return false;
	}
	return ok || e.code == ERR_NONE || v->route->face->failed(v, &e);
}

bool visit_admit(void *gateway, struct http_request *r)
{
	return run(gateway, r, admit);
}

bool visit_handle(void *gateway, struct http_request *r)
{
	return run(gateway, r, work);
}

void visit_drop(void *visit)
{
	struct visit *v = visit;
	if (v->shares)
		share_give(v->gateway->under_way, v->shares);
	json_decref(v->errors);
	free(v);
}

/* --- for the work */

struct access visit_access(const struct visit *v, const char *what)
{
	return (struct access){v->who.token, v->now, what, v->period_name, v->request->request_id};
}

static bool log_people(struct visit *v, const char *what, struct db_array *people, struct err *e)
{
	const struct access access = visit_access(v, what);
	return store_access(v->db, &access, people, e);
}

bool visit_log_access(struct visit *v, const char *what, struct err *e)
{
	struct db_array one;
	db_array_init(&one, DB_K_UUID);
	bool ok = db_array_add(&one, DB_UUID(v->person)) ? log_people(v, what, &one, e)
							 : err_set(e, ERR_FATAL, "out of memory");
	db_array_done(&one);
	return ok;
}

bool visit_log_rows(
	struct visit *v, const char *what, const struct db_result *r, int n, struct err *e)
{
	struct db_array people;
	bool ok = true;
	db_array_init(&people, DB_K_UUID);
	for (int i = 0; i < n; i++)
		if (!db_is_null(r, i, 0))
			ok = db_array_add(&people, DB_UUID(db_uuid(r, i, 0))) && ok;
	ok = ok ? log_people(v, what, &people, e) : err_set(e, ERR_FATAL, "out of memory");
	db_array_done(&people);
	return ok;
}

bool visit_evidence(struct visit *v, struct db_result **out, struct err *e)
{
	struct evidence_query q = {
		.person = v->person,
		.has_period = v->period_name != NULL,
		.period = v->period,
		.after = v->later ? &v->after : NULL,
	};
	if ((v->indicator && !store_indicator_id(v->db, v->indicator, &q.indicator, e)) ||
		!visit_log_access(v, "evidence", e))
		return false;
	return (v->indicator && q.indicator == 0) || store_evidence(v->db, &q, &v->beyond, out, e);
}
