/* api_people: a person's scores, the evidence behind them, and the feedback that the person got. */
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "base/clock.h"
#include "base/digest.h"
#include "messages/event.h"
#include "messages/headers.h"
#include "visit.h"

static bool get_score(struct visit *v, struct err *e)
{
	uint8_t person[16];
	struct period period;
	char name[PERIOD_TEXT];
	DB_RESULT_AUTO *r = NULL;
	visit_person(v, person);
	visit_period(v, v->request->params[1], &period);
	if (visit_refused(v) || !visit_may_see(v, person, e) ||
		!store_score(v->db, person, period_format(period, name), &r, e))
		return false;
	if (db_rows(r) == 0)
		return visit_not_found(v, "there is no score for this person in this period");
	const char *body = db_text(r, 0, 0);
	return visit_log_access(v, "score", name, person, e) &&
	       http_body(v->request, 200, "application/json", body, strlen(body));
}

bool api_get_score(void *gateway, struct http_request *r)
{
	return visit_api(gateway, r, VISIT_TOKEN, (const char *const[]){NULL}, get_score);
}

static json_t *text_of(const struct buf *b)
{
	return b->len ? json_stringn(b->data, b->len) : json_string("");
}

static json_t *decimal(dec_wide value)
{
	char text[DEC_TEXT];
	return json_string(dec_format_value(value, text));
}

static json_t *evidence_json(const struct evidence_row *x)
{
	char time[CLOCK_TEXT], received[CLOCK_TEXT], sha256[DIGEST_HEX];
	BUF_AUTO payload;
	buf_init(&payload, 2 * EVENT_MAX_BYTES);
	digest_base64(&payload, x->payload, x->payload_len);
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s?, s:b, s:s?, s:s, s:i, s:I, s:s, s:s, "
		"s:o, s:o}",
		"source", x->source, "id", x->id, "type", event_type_name((enum event_type)x->kind),
		"indicator", x->indicator, "time", clock_format(x->time, time), "value",
		decimal(x->value), "of", x->has_of ? decimal(x->of) : json_null(), "ref", x->ref,
		"counts", !x->replaced_by, "replaced_by", x->replaced_by, "topic", x->topic,
		"partition", x->partition, "offset", (json_int_t)x->offset, "received_at",
		clock_format(x->received_at, received), "sha256",
		digest_hex(x->sha256, x->sha256_len, sha256), "headers",
		headers_shown(x->headers, x->headers_len, SIZE_MAX), "payload", text_of(&payload));
}

static bool answer_evidence(struct visit *v, const struct db_result *r, const char *list)
{
	int n = db_rows(r) < STORE_PAGE ? db_rows(r) : STORE_PAGE;
	json_t *items = json_array();
	struct cursor last = {0};
	for (int i = 0; i < n; i++) {
		const struct evidence_row x = store_evidence_row(r, i);
		json_array_append_new(items, evidence_json(&x));
		last = x.at;
	}
	return http_json(
		v->request, 200, visit_page(items, store_evidence_more(r) ? &last : NULL, list));
}

/* Of somebody who is not known there is no list, not even an empty one. */
static bool is_known(struct visit *v, const uint8_t person[16], struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	return store_person(v->db, person, clock_date(v->now), &r, e) &&
	       (db_rows(r) > 0 || visit_not_found(v, "there is no such person"));
}

static bool get_evidence(struct visit *v, struct err *e)
{
	uint8_t person[16];
	struct cursor after;
	struct evidence_query q = {.person = person};
	const char *period = http_query(v->request, "period"),
		   *indicator = http_query(v->request, "indicator");
	char list[512];
	DB_RESULT_AUTO *r = NULL;
	visit_person(v, person);
	if (period)
		visit_period(v, period, &q.period);
	q.has_period = period != NULL;
	snprintf(list, sizeof list, "evidence %s %s %.200s", v->request->params[0],
		period ? period : "", indicator ? indicator : "");
	q.after = visit_cursor(v, list, &after) ? &after : NULL;
	if (visit_refused(v) || !visit_may_see(v, person, e) || !is_known(v, person, e) ||
		(indicator && !store_indicator_id(v->db, indicator, &q.indicator, e)) ||
		!visit_log_access(v, "evidence", period, person, e))
		return false;
	if (indicator && q.indicator == 0)
		return answer_evidence(v, NULL, list);
	return store_evidence(v->db, &q, &r, e) && answer_evidence(v, r, list);
}

bool api_get_evidence(void *gateway, struct http_request *r)
{
	return visit_api(gateway, r, VISIT_TOKEN,
		(const char *const[]){"period", "indicator", "cursor", NULL}, get_evidence);
}

static json_t *message_json(const struct inbox_row *x)
{
	char id[24], at[CLOCK_TEXT];
	snprintf(id, sizeof id, "%lld", (long long)x->id);
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s}}", "id", id, "period",
		x->period, "kind", x->kind, "at", clock_format(x->at, at), "title", "id",
		x->title_id, "en", x->title_en, "body", "id", x->body_id, "en", x->body_en);
}

static bool get_inbox(struct visit *v, struct err *e)
{
	uint8_t person[16];
	struct cursor at = {.number = INT64_MAX};
	char list[64];
	DB_RESULT_AUTO *r = NULL;
	visit_person(v, person);
	snprintf(list, sizeof list, "inbox %.40s", v->request->params[0]);
	visit_cursor(v, list, &at);
	if (visit_refused(v) || !visit_may_see(v, person, e) || !is_known(v, person, e) ||
		!visit_log_access(v, "inbox", NULL, person, e) ||
		!store_inbox(v->db, person, at.number, &r, e))
		return false;
	json_t *items = json_array();
	for (int i = 0; i < db_rows(r) && i < STORE_PAGE; i++) {
		const struct inbox_row x = store_inbox_row(r, i);
		json_array_append_new(items, message_json(&x));
		at.number = x.id;
	}
	return http_json(
		v->request, 200, visit_page(items, db_rows(r) > STORE_PAGE ? &at : NULL, list));
}

bool api_get_inbox(void *gateway, struct http_request *r)
{
	return visit_api(gateway, r, VISIT_TOKEN, (const char *const[]){"cursor", NULL}, get_inbox);
}
