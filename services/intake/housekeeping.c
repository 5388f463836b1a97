#include "housekeeping.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "clock.h"
#include "emit.h"
#include "log.h"
#include "period.h"

enum { WAIT_DAYS = 7, REMEMBER_YEARS = 2, REST_FACTOR = 10 };

bool housekeeping_is_request(const struct bus_message *m)
{
	return strcmp(m->topic, "terukur.registry.changed") == 0;
}

static bool say_groups(
	struct worker *w, const struct db_result *groups, const struct bus_message *m, struct err *e)
{
	char trace[TRACE_TEXT];
	size_t len = 0;
	const char *from = trace_of(m, &len);
	trace_next(from, len, trace);
	bool ok = true;
	for (int i = 0; ok && i < db_rows(groups); i++)
		if (i == 0 || db_int(groups, i, 1) != db_int(groups, i - 1, 1))
			ok = say_accepted(
				w, db_uuid(groups, i, 0), NULL, (int32_t)db_int(groups, i, 1), trace, e);
	return ok;
}

bool housekeeping_rebuild(struct worker *w, const struct bus_message *m, struct err *e)
{
	const char *kind, *person, *period;
	struct period p;
	uint8_t id[DIGEST_KEY];
	json_auto_t *data = json_loadb(m->data ? m->data : "", m->len, 0, NULL);
	if (!data ||
		json_unpack(data, "{s:s, s:s, s:s}", "kind", &kind, "person", &person, "period", &period) !=
			0 ||
		strcmp(kind, "recompute") != 0 || !digest_uuid_parse(person, id) || !period_parse(period, &p))
		return true;
	DB_RESULT_AUTO *groups = NULL;
	return store_rebuild(w->db, id, p.first_month, p.first_month + p.months - 1, &groups, e) &&
	       say_groups(w, groups, m, e);
}

static bool publish_marks(struct worker *w, struct err *e)
{
	for (int n = 1; n > 0;) {
		DB_RESULT_AUTO *r = NULL;
		bool ok = store_outbox(w->db, &r, e);
		n = ok ? db_rows(r) : 0;
		for (int i = 0; ok && i < n; i++)
			ok = say_accepted(w, db_is_null(r, i, 1) ? NULL : db_uuid(r, i, 1), db_text(r, i, 2),
				(int32_t)db_int(r, i, 3), NULL, e);
		if (!ok || (n && !(bus_flush(w->out, e) && store_outbox_done(w->db, db_int(r, n - 1, 0), e))))
			return false;
	}
	return true;
}

static bool publish_rejection(struct worker *w, const struct db_result *r, int i, struct err *e)
{
	size_t len;
	struct rejected x = {
		.source = db_text(r, i, 1),
		.reason = db_text(r, i, 2),
		.detail = db_text(r, i, 3),
		.topic = db_text(r, i, 4),
		.partition = (int32_t)db_int(r, i, 5),
		.offset = db_int(r, i, 6),
		.at = db_time(r, i, 7),
	};
	memcpy(x.sha256, db_bytes(r, i, 8, &len), sizeof x.sha256);
	x.key = db_bytes(r, i, 9, &x.key_len);
	x.headers = db_bytes(r, i, 10, &len);
	x.payload = db_bytes(r, i, 11, &x.payload_len);
	return say_rejected(w, &x, NULL, e);
}

static bool publish_rejections(struct worker *w, struct err *e)
{
	for (int n = 1; n > 0;) {
		DB_RESULT_AUTO *r = NULL;
		bool ok = store_unpublished_rejections(w->db, &r, e);
		n = ok ? db_rows(r) : 0;
		for (int i = 0; ok && i < n; i++)
			ok = publish_rejection(w, r, i, e);
		if (!ok || (n && !(bus_flush(w->out, e) &&
					 store_rejections_published(w->db, db_int(r, n - 1, 0), e))))
			return false;
	}
	return true;
}

/* Looking for originals costs by how many wait for one: rest in proportion, so that a flood of corrections which name
 * nothing cannot take more than a small share of the database. */
bool housekeeping_resolve(struct worker *w, struct err *e)
{
	int64_t since = clock_monotonic();
	bool more = true;
	while (more && !service_stopping())
		if (!store_resolve(w->db, clock_now(), &more, e))
			return false;
	int64_t took = clock_monotonic() - since;
	if (!publish_marks(w, e) || !publish_rejections(w, e))
		return false;
	service_sleep((int)(took * (REST_FACTOR - 1) / 1000 / REST_FACTOR));
	return true;
}

/* Once a day: it looks at every id. */
static bool forget(struct worker *w, int32_t today, struct err *e)
{
	int32_t *done = w->state;
	if (*done == today)
		return true;
	if (!store_forget_ids(w->db, clock_month(today) / 12 - REMEMBER_YEARS, e))
		return false;
	*done = today;
	return true;
}

bool housekeeping_open(struct worker *w, struct err *e)
{
	w->state = calloc(1, sizeof(int32_t));
	return w->state || err_set(e, ERR_FATAL, "out of memory");
}

bool housekeeping_expire(struct worker *w, struct err *e)
{
	int64_t now = clock_now();
	bool more = true;
	while (more && !service_stopping())
		if (!store_expire(w->db, now - WAIT_DAYS * CLOCK_DAY, now, &more, e))
			return false;
	return forget(w, clock_date(now), e);
}
