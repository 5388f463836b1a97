/* api_feedback: what citizens answer, and what became of it.
 *
 * Nothing that is published or stored says who gave it: no address, no trace, no time finer than
 * the day; of an Idempotency-Key keyed hashes alone. */
#include <string.h>

#include "api.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/text.h"
#include "http/http_address.h"
#include "messages/event.h"
#include "messages/feedback_submitted.h"
#include "publishing.h"
#include "quota.h"
#include "tracking.h"

enum { KEY_MOST = 128 };

struct form {
	struct feedback_submitted said; /* first: feedback_survey fills it */
	int kind, visibility, language;
};
_Static_assert(offsetof(struct form, said) == 0, "the elements go where feedback_survey says");

#define NOT_YET "is not taken here yet: the nine answers alone count"
static const char *const kinds[] = {"survey", NULL};
static const char *const visibilities[] = {"ANONYMOUS", NULL};
static const char *const languages[] = {"id", "en", NULL};
static const struct field rows[] = {
	{"agency", FIELD_TEXT, .required = true, .is = feedback_is_code,
		.must = "must be an agency's code", FIELD_TO(struct form, said.agency)},
	{"unit", FIELD_TEXT, .is = feedback_is_code, .must = "must be a unit's code",
		FIELD_TO(struct form, said.unit)},
	{"kind", FIELD_WORD, .required = true, .words = kinds,
		.must = "must be \"survey\": complaints, suggestions and questions are not taken "
			"here yet",
		FIELD_TO(struct form, kind)},
	{"survey", FIELD_OBJECT, .required = true, .object = &feedback_survey},
	{"visibility", FIELD_WORD, .words = visibilities,
		.must = "must be \"ANONYMOUS\": names are not taken here yet",
		FIELD_TO(struct form, visibility)},
	{"language", FIELD_WORD, .words = languages, FIELD_TO(struct form, language)},
	{"receipt", FIELD_NEVER, .must = NOT_YET},
	{"respondent", FIELD_NEVER, .must = NOT_YET},
	{"text", FIELD_NEVER, .must = NOT_YET},
	{"contact", FIELD_NEVER, .must = NOT_YET},
};
static const struct fields_table table = {FIELD_ROWS(rows), .unknown = "is no field here"};

static bool add_fault(void *visit, const char *place, const char *detail)
{
	visit_fault(visit, place, "invalid_field", detail);
	return true;
}

/* NULL, with the answer given, for what is no feedback. */
static json_t *read_form(struct visit *v, struct form *out)
{
	struct fields r = {.fault = add_fault, .arg = v};
	struct event_fault fault = {0};
	json_t *json = event_parse(v->request->body, v->request->body_len, &fault);
	if (json && fields_read(&r, NULL, &table, json, out))
		return json;
	if (!json)
		add_fault(v, "", fault.detail);
	json_decref(json);
	visit_refuse(v, REFUSED_FORM);
	return NULL;
}

static bool check_place(struct visit *v, const struct form *f, struct err *e)
{
	bool agency, unit;
	if (!store_place(v->db, f->said.agency, f->said.unit, &agency, &unit, e))
		return false;
	if (!agency)
		add_fault(v, "agency", "is no agency that the registry knows");
	else if (f->said.unit && !unit)
		add_fault(v, "unit", "is no unit of this agency");
	return !v->errors || visit_refuse(v, REFUSED_FORM);
}

/* A counter's tablet speaks for its own agency. */
static bool check_counter(struct visit *v, const struct form *f)
{
	return v->who.role != ROLE_COUNTER || !v->who.token ||
	       strcmp(v->who.agency, f->said.agency) == 0 || visit_refuse(v, REFUSED_AUTHORITY);
}

static bool know_key(struct visit *v, uint8_t key[DIGEST_SHA256], struct err *e)
{
	struct gateway *g = v->gateway;
	pthread_mutex_lock(&g->key_lock);
	bool known = g->has_key;
	memcpy(key, g->key, DIGEST_SHA256);
	pthread_mutex_unlock(&g->key_lock);
	if (known)
		return true;
	if (!store_secret(v->db, key, e))
		return false;
	pthread_mutex_lock(&g->key_lock);
	memcpy(g->key, key, DIGEST_SHA256); /* the same, whoever is first */
	g->has_key = true;
	pthread_mutex_unlock(&g->key_lock);
	return true;
}

/* A hash of several texts that could not be read otherwise: each with its NUL. */
static void hash_of(const uint8_t key[DIGEST_SHA256], const char *const *texts, size_t n,
	const void *data, size_t len, uint8_t out[DIGEST_SHA256])
{
	BUF_AUTO b;
	buf_init(&b, SIZE_MAX / 2);
	for (size_t i = 0; i < n; i++)
		buf_add(&b, texts[i], strlen(texts[i]) + 1);
	buf_add(&b, data, len);
	digest_keyed(key, b.data, b.len, out);
}

/* The block of addresses that somebody's comes from: /24, or /56 of IPv6. */
static void block_of(const char *client, struct http_address *out)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	enum { OF_4 = 15, OF_6 = 7 };
	*out = (struct http_address){0};
	if (!http_address_parse(client, strlen(client), out))
		return;
	size_t kept = memcmp(out->bytes, mapped, sizeof mapped) == 0 ? OF_4 : OF_6;
	memset(out->bytes + kept, 0, sizeof out->bytes - kept);
}

static bool take_quota(struct visit *v, const struct form *f, const uint8_t key[DIGEST_SHA256])
{
	uint8_t hash[DIGEST_SHA256];
	uint64_t who;
	int64_t wait;
	char seconds[24];
	struct http_address block;
	bool known = v->who.token && (v->who.role == ROLE_UPSTREAM || v->who.role == ROLE_COUNTER);
	if (known)
		return true;
	block_of(http_client(v->request), &block);
	const char *const texts[] = {"quota", f->said.agency, f->said.unit ? f->said.unit : ""};
	hash_of(key, texts, COUNT(texts), block.bytes, sizeof block.bytes, hash);
	memcpy(&who, hash, sizeof who);
	if (quota_take(v->gateway->feedback, who, clock_monotonic(), &wait))
		return true;
	snprintf(seconds, sizeof seconds, "%lld", (long long)wait);
	http_add_header(v->request, "Retry-After", seconds);
	return visit_refuse(v, REFUSED_QUOTA);
}

/* What the tracking code is made of: chance, or of a repetition the same as before. */
static bool make_seed(struct visit *v, const uint8_t key[DIGEST_SHA256],
	uint8_t seed[DIGEST_SHA256], struct err *e)
{
	const char *sent = http_header(v->request, "Idempotency-Key");
	uint8_t hash[DIGEST_SHA256], body[DIGEST_SHA256];
	char bearer[24];
	enum repetition was;
	digest_random(seed, DIGEST_SHA256);
	if (!sent)
		return true;
	if (!*sent || strlen(sent) > KEY_MOST) {
		add_fault(v, "Idempotency-Key", "must have 1 to 128 characters");
		return visit_refuse(v, REFUSED_FORM);
	}
	snprintf(bearer, sizeof bearer, "%lld", (long long)v->who.token);
	const char *const of_key[] = {"key", bearer}, *const of_body[] = {"body"};
	hash_of(key, of_key, 2, sent, strlen(sent), hash);
	hash_of(key, of_body, 1, v->request->body, v->request->body_len, body);
	if (!store_repetition(v->db, hash, body, clock_date(v->now) + 1, &was, e))
		return false;
	if (was == REPETITION_OTHER)
		return visit_refuse(v, REFUSED_KEY);
	const char *const of_seed[] = {"seed"};
	uint8_t both[2 * DIGEST_SHA256];
	memcpy(both, hash, sizeof hash);
	memcpy(both + sizeof hash, body, sizeof body);
	hash_of(key, of_seed, 1, both, sizeof both, seed);
	return true;
}

/* Answers when it is acknowledged. */
static bool publish(struct visit *v, struct form *f, const char *code, struct err *e)
{
	struct err failed = {0};
	struct publishing *way =
		publishing_begin(v, 1, GATEWAY_FEEDBACK, json_pack("{s:s}", "tracking", code), e);
	if (!way)
		return false;
	const struct emitter by = {.out = v->gateway->out,
		.service = "gateway",
		.delivery = publishing_delivery(way),
		.by_day = true};
	tracking_id(code, f->said.id);
	f->said.on = clock_date(v->now);
	if (!feedback_submitted_emit(&by, &f->said, &failed))
		err_wrap(&failed, "feedback");
	publishing_end(way, &failed);
	return true;
}

static bool take(struct visit *v, struct form *f, struct err *e)
{
	uint8_t key[DIGEST_SHA256], seed[DIGEST_SHA256];
	char code[TRACKING_TEXT];
	if (!check_place(v, f, e) || !check_counter(v, f) || !know_key(v, key, e) ||
		!take_quota(v, f, key) || !make_seed(v, key, seed, e))
		return false;
	tracking_make(key, seed, code);
	return publish(v, f, code, e);
}

bool api_post_feedback(struct visit *v, struct err *e)
{
	struct form f = {0};
	json_auto_t *json = read_form(v, &f);
	return json && take(v, &f, e);
}

/* Whatever the code is, the store is asked: an unknown one takes as long as a known one. */
bool api_get_feedback(struct visit *v, struct err *e)
{
	uint8_t key[DIGEST_SHA256], id[DIGEST_KEY];
	char code[TRACKING_TEXT], on[CLOCK_TEXT];
	bool found;
	int32_t day;
	if (!know_key(v, key, e))
		return false;
	bool ours = tracking_read(key, v->tracking, code);
	tracking_id(code, id);
	if (!store_answer(v->db, id, &found, &day, e))
		return false;
	if (!ours)
		return http_problem(
			v->request, 404, "not_found", "this is no tracking code of ours");
	return http_json(v->request, 200,
		json_pack("{s:s, s:s?, s:s, s:s, s:n}", "kind", "survey", "received_on",
			found ? clock_date_format(day, on) : NULL, "state",
			found ? "COUNTED" : "RECEIVED", "receipt", "NONE", "case"));
}
