/* store_events: what an upstream system is told of its events. */
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "messages/event.h"
#include "store.h"
#include "store_statements.h"

bool store_rejections(
	struct db *db, const struct rejection_query *q, struct db_result **out, struct err *e)
{
	int64_t at = q->after ? q->after->number : clock_date_start(clock_month_first(9999 * 12)),
		id = INT64_MAX;
	if (q->after)
		memcpy(&id, q->after->key, sizeof id);
	int statement = q->event    ? REJECTIONS_OF_EVENT
			: q->reason ? REJECTIONS_BY_REASON
				    : REJECTIONS;
	return db_exec(db, statement, out, e, DB_TEXT(q->source), DB_TIME(q->since), DB_TIME(at),
		DB_INT8(id), DB_TEXT(q->reason), DB_TEXT(q->event));
}

struct rejection_row store_rejection_row(const struct db_result *r, int row)
{
	int64_t id = db_int(r, row, 1);
	struct rejection_row x = {
		.here = {.number = db_time(r, row, 0)},
		.at = db_time(r, row, 0),
		.offset = db_int(r, row, 2),
		.redriven_at = db_time(r, row, 3),
		.reason = db_text(r, row, 4),
		.detail = db_text(r, row, 5),
		.topic = db_text(r, row, 6),
		.partition = (int32_t)db_int(r, row, 7),
		.event = store_text_or_null(r, row, 8),
	};
	memcpy(x.here.key, &id, sizeof id);
	x.sha256 = db_bytes(r, row, 9, &x.sha256_len);
	x.payload = db_bytes(r, row, 10, &x.payload_len);
	return x;
}

bool store_rejections_more(const struct db_result *r)
{
	int n = db_rows(r);
	return n > STORE_PAGE || (n > 0 && db_int(r, 0, 11) > n);
}

bool store_event_state(
	struct db *db, const char *source, const char *event, struct db_result **out, struct err *e)
{
	uint8_t key[DIGEST_KEY];
	event_key(source, event, key);
	return db_exec(db, EVENT_STATE, out, e, DB_UUID(key), DB_TEXT(source), DB_TEXT(event));
}

struct event_state_row store_event_state_row(const struct db_result *r)
{
	return (struct event_state_row){db_text(r, 0, 0), store_text_or_null(r, 0, 1),
		store_text_or_null(r, 0, 2), store_text_or_null(r, 0, 3)};
}
