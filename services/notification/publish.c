#include "publish.h"

#include <string.h>

#include "messages/notification_sent.h"
#include "store.h"

static const char *const channels[] = {[STORE_INBOX] = "inbox", [STORE_EMAIL] = "email"};

struct saying {
	struct worker *w;
	enum store_channel channel;
};

static bool say_row(void *saying, const struct db_result *r, int i, struct err *e)
{
	const struct saying *s = saying;
	const struct emitter by = {.out = s->w->out, .service = s->w->service->name};
	struct notification_sent m = {
		.period = db_text(r, i, 2),
		.kind = db_text(r, i, 3),
		.indicator = db_is_null(r, i, 4) ? NULL : db_text(r, i, 4),
		.at = db_time(r, i, 5),
		.channel = channels[s->channel],
	};
	memcpy(m.person, db_uuid(r, i, 1), sizeof m.person);
	return notification_sent_emit(&by, &m, e);
}

bool publish_sent(struct worker *w, struct err *e)
{
	struct saying s = {w, STORE_INBOX};
	for (; s.channel <= STORE_EMAIL; s.channel++)
		if (!outbox_publish(w->db, w->out, &store_sent[s.channel], say_row, &s, NULL, e))
			return false;
	return true;
}
