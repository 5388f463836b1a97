#include "publish.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/digest.h"
#include "messages/emit.h"
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

struct saying {
	struct worker *w;
	enum store_channel channel;
};

static bool say_row(void *saying, const struct db_result *r, int i, struct err *e)
{
	const struct saying *s = saying;
	char person[DIGEST_UUID_TEXT], at[CLOCK_TEXT];
	digest_uuid_format(db_uuid(r, i, 1), person);
	json_auto_t *data = json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s}", "person", person, "period",
		db_text(r, i, 2), "kind", db_text(r, i, 3), "indicator",
		db_is_null(r, i, 4) ? NULL : db_text(r, i, 4), "at",
		clock_format(db_time(r, i, 5), at), "channel", channels[s->channel]);
	return say(s->w, person, data, e);
}

bool publish_sent(struct worker *w, struct err *e)
{
	struct saying s = {w, STORE_INBOX};
	for (; s.channel <= STORE_EMAIL; s.channel++)
		if (!outbox_publish(w->db, w->out, &store_sent[s.channel], say_row, &s, NULL, e))
			return false;
	return true;
}
