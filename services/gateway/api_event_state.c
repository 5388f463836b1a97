/* api_event_state: what became of an upstream system's events. */
#include "api.h"
#include "base/clock.h"
#include "base/digest.h"

bool api_get_event(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!store_event_state(v->db, v->who.source, v->event, &r, e))
		return false;
	if (db_rows(r) == 0)
		return !http_problem(v->request, 404, "not_found",
			"no event with this id has come from this source, or it is not read yet");
	const struct event_state_row x = store_event_state_row(r);
	return http_json(v->request, 200,
		json_pack("{s:s, s:s, s:s?, s:s?, s:s?}", "id", v->event, "state", x.state,
			"reason", x.reason, "detail", x.detail, "replaced_by", x.replaced_by));
}

static json_t *rejection_json(const struct rejection_row *x)
{
	char at[CLOCK_TEXT], redriven[CLOCK_TEXT], sha256[DIGEST_HEX];
	return json_pack("{s:s?, s:s, s:s, s:s, s:i, s:I, s:s, s:s, s:s?, s:o}", "event", x->event,
		"reason", x->reason, "detail", x->detail, "topic", x->topic, "partition",
		x->partition, "offset", (json_int_t)x->offset, "at", clock_format(x->at, at),
		"sha256", digest_hex(x->sha256, x->sha256_len, sha256), "redriven_at",
		x->redriven_at ? clock_format(x->redriven_at, redriven) : NULL, "payload",
		api_base64(x->payload, x->payload_len));
}

bool api_get_rejections(struct visit *v, struct err *e)
{
	const struct rejection_query q = {.source = v->who.source,
		.reason = v->reason,
		.event = v->event,
		.since = v->since,
		.after = v->later ? &v->after : NULL};
	DB_RESULT_AUTO *r = NULL;
	if (!store_rejections(v->db, &q, &r, e))
		return false;
	json_t *items = json_array();
	struct cursor last = {0};
	for (int i = 0; i < db_rows(r) && i < STORE_PAGE; i++) {
		const struct rejection_row x = store_rejection_row(r, i);
		json_array_append_new(items, rejection_json(&x));
		last = x.here;
	}
	return api_page(v, items, store_rejections_more(r) ? &last : NULL);
}
