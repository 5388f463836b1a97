/* api_people: a person's scores, the evidence behind them, and the feedback that the person got. */
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "authority.h"
#include "base/clock.h"
#include "base/digest.h"
#include "counting.h"
#include "messages/event.h"
#include "messages/headers.h"
#include "scores.h"

bool api_get_score(struct visit *v, struct err *e)
{
	return scores_answer(v, e);
}

static json_t *decimal(dec_wide value)
{
	char text[DEC_TEXT];
	return json_string(dec_format_value(value, text));
}

/* `original`: with the bytes and headers that came, unless these lie in the archive. */
static json_t *evidence_json(const struct evidence_row *x, const char *why, bool original)
{
	char time[CLOCK_TEXT], received[CLOCK_TEXT], sha256[DIGEST_HEX];
	original = original && x->payload;
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s?, s:b, s:s?, s:s?, s:s, s:i, s:I, s:s, "
		"s:s, s:b, s:o, s:o}",
		"source", x->source, "id", x->id, "type", event_type_name((enum event_type)x->kind),
		"indicator", x->indicator, "time", clock_format(x->time, time), "value",
		decimal(x->value), "of", x->has_of ? decimal(x->of) : json_null(), "ref", x->ref,
		"counts", !why, "uncounted", why, "replaced_by", x->replaced_by, "topic", x->topic,
		"partition", x->partition, "offset", (json_int_t)x->offset, "received_at",
		clock_format(x->received_at, received), "sha256",
		digest_hex(x->sha256, x->sha256_len, sha256), "archived", !x->payload, "headers",
		original ? headers_shown(x->headers, x->headers_len, SIZE_MAX) : json_null(),
		"payload", original ? api_base64(x->payload, x->payload_len) : json_null());
}

static bool answer_evidence(struct visit *v, const struct db_result *r, const struct counting *c)
{
	int n = db_rows(r) < STORE_PAGE ? db_rows(r) : STORE_PAGE;
	bool original = authority_sees_originals(v);
	json_t *items = json_array();
	struct cursor last = {0};
	for (int i = 0; i < n; i++) {
		const struct evidence_row x = store_evidence_row(r, i);
		json_array_append_new(items, evidence_json(&x, counting_of(c, &x), original));
		last = x.at;
	}
	return api_page(v, items, v->beyond || store_evidence_more(r) ? &last : NULL);
}

bool api_get_evidence(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	struct counting c;
	if (!visit_evidence(v, &r, e) || !counting_begin(&c, v, e))
		return false;
	bool ok = answer_evidence(v, r, &c);
	counting_end(&c);
	return ok;
}

static json_t *message_json(const struct inbox_row *x)
{
	char id[24], at[CLOCK_TEXT];
	snprintf(id, sizeof id, "%lld", (long long)x->id);
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s}}", "id", id, "period",
		x->period, "kind", x->kind, "at", clock_format(x->at, at), "title", "id",
		x->title[LANGUAGE_ID], "en", x->title[LANGUAGE_EN], "body", "id",
		x->body[LANGUAGE_ID], "en", x->body[LANGUAGE_EN]);
}

bool api_get_inbox(struct visit *v, struct err *e)
{
	struct cursor at = {.number = v->later ? v->after.number : INT64_MAX};
	DB_RESULT_AUTO *r = NULL;
	if (!visit_log_access(v, "inbox", e) ||
		!store_inbox(v->db, v->person, at.number, STORE_PAGE + 1, &r, e))
		return false;
	json_t *items = json_array();
	for (int i = 0; i < db_rows(r) && i < STORE_PAGE; i++) {
		const struct inbox_row x = store_inbox_row(r, i);
		json_array_append_new(items, message_json(&x));
		at.number = x.id;
	}
	return api_page(v, items, db_rows(r) > STORE_PAGE ? &at : NULL);
}
