#include "publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "messages/registry_changed.h"
#include "service/outbox.h"
#include "store.h"

struct saying {
	struct admin *a;
	char trace[TRACE_TEXT]; /* one for the whole command */
};

static bool say(void *saying, const struct db_result *rows, int i, struct err *e)
{
	const struct saying *s = saying;
	const struct emitter by = {.out = s->a->bus, .service = "admin", .trace = s->trace};
	const char *noted = db_text(rows, i, 1);
	struct registry_changed m;
	if (!registry_changed_read(noted, strlen(noted), &m))
		return err_set(e, ERR_FATAL,
			"registry.outbox holds what this version cannot say: %s", noted);
	return registry_changed_emit(&by, &m, e);
}

bool publish_outbox(struct admin *a, int64_t *said, struct err *e)
{
	static const struct outbox notices = {.page = STORE_OUTBOX_PAGE,
		.done = STORE_OUTBOX_DELETE,
		.begin = ADMIN_AS_REGISTRY,
		.name = "registry"};
	struct saying s = {.a = a};
	trace_next(NULL, 0, s.trace);
	return admin_kafka(a, e) &&
	       (outbox_publish(a->db, a->bus, &notices, say, &s, said, e) ||
		       err_wrap(e, "the registry is stored, but not all of it is said yet (admin "
				   "registry publish goes on)"));
}

bool registry_publish(struct admin *a, const struct arguments *args, struct err *e)
{
	(void)args;
	int64_t said = 0;
	if (!publish_outbox(a, &said, e))
		return false;
	printf("%" PRId64 " notices published\n", said);
	return true;
}
