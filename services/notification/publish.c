#include "publish.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "clock.h"
#include "digest.h"
#include "emit.h"
#include "store.h"

static const char *const channels[] = {[STORE_INBOX] = "inbox", [STORE_EMAIL] = "email"};

static bool say(struct worker *w, const char *person, json_t *data, struct err *e)
{
	uint8_t id[DIGEST_KEY];
	char uuid[DIGEST_UUID_TEXT];
	char *text = data ? json_dumps(data, JSON_COMPACT) : NULL;
	if (!text)
		return err_set(e, ERR_FATAL, "out of memory");
	digest_key(text, strlen(text), id); /* the same whenever it is said again */
	const struct emit_message m = {.topic = "terukur.notification.sent",
		.key = person,
		.data = text,
		.len = strlen(text),
		.id = digest_uuid_format(id, uuid)};
	bool ok = emit(w->out, "notification", &m, e);
	free(text);
	return ok;
}

static bool say_row(
	struct worker *w, enum store_channel channel, const struct db_result *r, int i, struct err *e)
{
	char person[DIGEST_UUID_TEXT], at[CLOCK_TEXT];
	digest_uuid_format(db_uuid(r, i, 1), person);
	json_auto_t *data =
		json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s}", "person", person, "period", db_text(r, i, 2),
			"kind", db_text(r, i, 3), "indicator", db_is_null(r, i, 4) ? NULL : db_text(r, i, 4),
			"at", clock_format(db_time(r, i, 5), at), "channel", channels[channel]);
	return say(w, person, data, e);
}

static bool publish_some(struct worker *w, enum store_channel channel, int *n, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	struct db_array ids;
	db_array_init(&ids, DB_K_INT8);
	bool ok = db_begin(w->db, e) && store_unpublished(w->db, channel, &r, e);
	*n = db_rows(r);
	for (int i = 0; ok && i < *n; i++)
		ok = say_row(w, channel, r, i, e) &&
		     (db_array_add(&ids, DB_INT8(db_int(r, i, 0))) || err_set(e, ERR_FATAL, "out of memory"));
	ok = ok && (*n == 0 || (bus_flush(w->out, e) && store_published(w->db, channel, &ids, e))) &&
	     db_commit(w->db, e);
	if (!ok)
		db_rollback(w->db);
	db_array_done(&ids);
	return ok;
}

bool publish_sent(struct worker *w, struct err *e)
{
	for (int channel = STORE_INBOX; channel <= STORE_EMAIL; channel++)
		for (int n = 1; n > 0;)
			if (!publish_some(w, (enum store_channel)channel, &n, e))
				return false;
	return true;
}
