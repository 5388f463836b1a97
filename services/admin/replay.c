/* Has activity topics read again from an instant: puts the groups that read them back. What is read
 * again is handled as what comes twice: it counts once, and nobody is told anything anew. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "admin.h"
#include "base/clock.h"
#include "messages/topics.h"
#include "service/services.h"

/* A replica that was stopped is a member until its session ends, after 6 s. */
enum { LEAVING_SECONDS = 15, AGAIN_MS = 500 };

static bool replay_instant(const char *text, int64_t *out)
{
	int32_t date;
	if (clock_date_parse(text, &date)) {
		*out = clock_date_start(date);
		return true;
	}
	return clock_parse(text, strlen(text), out);
}

bool replay_check(const struct arguments *args, struct err *e)
{
	int64_t since;
	return (args->option[REPLAY_FROM] && replay_instant(args->option[REPLAY_FROM], &since)) ||
	       err_set(e, ERR_INVALID,
		       "--from is a date or an instant: 2026-10-05, 2026-10-05T09:00:00+07:00");
}

struct replay {
	struct admin *admin;
	const struct service_row *service;
	const char *group;
	json_t *topics;
	int64_t since, messages;
	bool dry_run;
};

static void topic_note(const char *name, int partitions, void *arg)
{
	(void)partitions;
	json_array_append_new(arg, json_string(name));
}

/* All activity topics, or that of one source. */
static bool replay_topics(struct replay *r, const char *source, struct err *e)
{
	char name[TOPIC_TEXT];
	const char *prefix = source ? topic_of_source(source, name) : TOPIC_ACTIVITY;
	if (!bus_topic_list(r->admin->bus, prefix, topic_note, r->topics, e))
		return false;
	for (size_t i = json_array_size(r->topics); source && i-- > 0;)
		if (strcmp(json_string_value(json_array_get(r->topics, i)), name) != 0)
			json_array_remove(r->topics, i);
	return json_array_size(r->topics) > 0 ||
	       err_set(e, ERR_NOT_FOUND,
		       source ? "there is no topic of the source %s"
			      : "there are no activity topics%s",
		       source ? source : "");
}

/* Puts the group back on one topic, as soon as nobody is in it. */
static bool replay_topic(
	struct replay *r, struct bus_inspector *inspector, const char *topic, struct err *e)
{
	int64_t n, until = clock_monotonic() + LEAVING_SECONDS * CLOCK_SECOND;
	while (!bus_rewind(inspector, topic, r->since, !r->dry_run, &n, e)) {
		if (e->code != ERR_CONFLICT)
			return false;
		err_clear(e);
		if (clock_monotonic() > until)
			return err_set(e, ERR_CONFLICT,
				"somebody still reads as %s. Stop every replica of %s, say this "
				"again, and start them: they read on from there",
				r->group, r->service->name);
		progress_tell(&r->admin->progress, "waiting until nobody reads as %s", r->group);
		nanosleep(&(struct timespec){.tv_nsec = AGAIN_MS * 1000000L}, NULL);
	}
	progress_clear(&r->admin->progress);
	if (n)
		printf("%s: %" PRId64 " messages\n", topic, n);
	r->messages += n;
	return true;
}

static bool replay_group(struct replay *r, struct err *e)
{
	size_t i;
	const json_t *topic;
	bool ok = true;
	struct bus_inspector *inspector = bus_inspector_new(r->admin->brokers, r->group, false, e);
	if (!inspector)
		return false;
	json_array_foreach (r->topics, i, topic)
		ok = ok && replay_topic(r, inspector, json_string_value(topic), e);
	bus_inspector_free(inspector);
	return ok;
}

static bool replay_all(struct replay *r, struct err *e)
{
	for (int i = 0; i < SERVICE_ROWS; i++) {
		r->service = &service_rows[i];
		for (const struct service_read *read = r->service->reads; read->topic; read++) {
			r->group = read->group;
			if (strcmp(read->topic, TOPIC_ACTIVITY) == 0 && !replay_group(r, e))
				return false;
		}
	}
	return true;
}

bool replay_run(struct admin *a, const struct arguments *args, struct err *e)
{
	json_auto_t *topics = json_array();
	struct replay r = {
		.admin = a, .topics = topics, .dry_run = args->option[REPLAY_DRY_RUN] != NULL};
	replay_instant(args->option[REPLAY_FROM], &r.since);
	if (!admin_kafka(a, e) || !replay_topics(&r, args->option[REPLAY_SOURCE], e) ||
		!replay_all(&r, e))
		return false;
	printf("%" PRId64 " messages %s again\n", r.messages,
		r.dry_run ? "would be read" : "are to be read");
	return true;
}
