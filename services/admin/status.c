#include "status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/clock.h"
#include "messages/topics.h"
#include "service/services.h"
#include "store.h"

enum {
	SHOW_SECONDS = 3,
	POLL_MS = 100,
	IDLE_ROUNDS = 2,
	STAGES_MOST = SERVICE_ROWS * SERVICE_READS_MOST
};

/* Who reads what, upstream first: a stage is looked at when all before it are idle. */
struct stage {
	int service; /* its row */
	const struct service_read *read;
	struct bus_inspector *inspector; /* of the first stage of a group; others have NULL */
};

struct watch {
	struct admin *admin;
	struct stage stages[STAGES_MOST];
	int n_stages;
	json_t *sources; /* the activity topics there are */
};

static struct bus_inspector *watch_inspector(const struct watch *w, int stage)
{
	while (!w->stages[stage].inspector)
		stage--;
	return w->stages[stage].inspector;
}

static bool stage_reads(const struct stage *s, const char *topic)
{
	return strcmp(s->read->topic, topic) == 0;
}

static void watch_stages(struct watch *w)
{
	for (int service = 0; service < SERVICE_ROWS; service++)
		for (const struct service_read *r = service_rows[service].reads; r->topic; r++)
			w->stages[w->n_stages++] = (struct stage){service, r, NULL};
}

static bool watch_open(struct watch *w, struct admin *a, struct err *e)
{
	*w = (struct watch){.admin = a};
	watch_stages(w);
	if (!admin_kafka(a, e))
		return false;
	const char *group = "";
	for (int i = 0; i < w->n_stages; i++) {
		if (strcmp(w->stages[i].read->group, group) == 0)
			continue;
		group = w->stages[i].read->group;
		bool foreign = stage_reads(&w->stages[i], TOPIC_ACTIVITY);
		w->stages[i].inspector = bus_inspector_new(a->brokers, group, foreign, e);
		if (!w->stages[i].inspector)
			return false;
	}
	return true;
}

static void watch_close(struct watch *w)
{
	for (int i = 0; i < w->n_stages; i++)
		bus_inspector_free(w->stages[i].inspector);
	json_decref(w->sources);
}

static void topic_note(const char *name, int partitions, void *arg)
{
	(void)partitions;
	json_array_append_new(arg, json_string(name));
}

static bool watch_sources(struct watch *w, struct err *e)
{
	json_decref(w->sources);
	w->sources = json_array();
	return bus_topic_list(w->admin->bus, TOPIC_ACTIVITY, topic_note, w->sources, e);
}

/* The lag of one stage, a row {"group","topic","lag","end","lost","oldest","held","held_on"} for
 * each of its topics. What is held by open transactions is no lag: nobody can read it yet. */
static bool watch_stage(const struct watch *w, int stage, bool oldest, json_t *out, struct err *e)
{
	const struct stage *s = &w->stages[stage];
	bool each = stage_reads(s, TOPIC_ACTIVITY);
	size_t n = each ? json_array_size(w->sources) : 1;
	for (size_t i = 0; i < n; i++) {
		struct bus_lag lag = {0};
		const char *topic = s->read->topic;
		if (each)
			topic = json_string_value(json_array_get(w->sources, i));
		if (!bus_lag(watch_inspector(w, stage), topic, oldest, &lag, e))
			return false;
		json_array_append_new(out,
			json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s}", "group",
				s->read->group, "topic", topic, "lag",
				(json_int_t)(lag.end - lag.committed), "end", (json_int_t)lag.end,
				"lost", (json_int_t)lag.lost, "oldest", (json_int_t)lag.oldest_at,
				"held", (json_int_t)lag.held, "held_on", lag.held_on));
	}
	return true;
}

/* Counts that mean work, each of the service's stages and those after. */
enum { BUSY_REGISTRY, BUSY_WAITING, BUSY_INTAKE, BUSY_SCORES, BUSY };
static const struct {
	const char *name, *text;
	int service; /* the one that waits for it */
} busy_counts[BUSY] = {
	[BUSY_REGISTRY] = {"registry_unpublished", "registry changes not yet published",
		SERVICE_intake},
	[BUSY_WAITING] = {"waiting_due", "corrections whose original has come", SERVICE_scoring},
	[BUSY_INTAKE] = {"intake_unpublished", "outcomes of intake not yet published",
		SERVICE_scoring},
	[BUSY_SCORES] = {"scores_unpublished", "scores not yet published", SERVICE_notification},
};

static bool watch_busy(struct admin *a, int64_t out[BUSY], struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	if (!db_run(a->db, STORE_STATUS_BUSY, NULL, 0, &rows, e))
		return false;
	for (int i = 0; i < BUSY; i++)
		out[i] = db_int(rows, 0, i);
	return true;
}

/* The counts are read before the stages' lags: what a stage wrote while it was behind is seen next
 * round. */
static void left_counts(struct err *left, const int64_t busy[BUSY], int service)
{
	for (int i = 0; i < BUSY; i++)
		if (busy_counts[i].service == service && busy[i])
			err_set(left, ERR_NOT_FOUND, "%" PRId64 " %s", busy[i],
				busy_counts[i].text);
}

/* One look at everything; *left says the first thing that is under way, *ends how much there ever
 * was. Stops at the first stage that is. */
static bool watch_round(struct watch *w, struct err *left, int64_t *ends, struct err *e)
{
	int64_t busy[BUSY];
	if (!watch_sources(w, e) || !watch_busy(w->admin, busy, e))
		return false;
	for (int stage = 0; stage < w->n_stages && left->code == ERR_NONE; stage++) {
		size_t i;
		const json_t *row;
		json_auto_t *rows = json_array();
		left_counts(left, busy, w->stages[stage].service);
		if (!watch_stage(w, stage, false, rows, e))
			return false;
		json_array_foreach (rows, i, row) {
			json_int_t lag = json_integer_value(json_object_get(row, "lag"));
			*ends += json_integer_value(json_object_get(row, "end"));
			if (lag)
				err_set(left, ERR_NOT_FOUND,
					"%s is %" JSON_INTEGER_FORMAT " messages behind on %s",
					w->stages[stage].read->group, lag,
					json_string_value(json_object_get(row, "topic")));
		}
	}
	return true;
}

static void pause_poll(void)
{
	nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
}

static void watch_tell(struct watch *w, const struct err *left, int64_t deadline)
{
	progress_tell(&w->admin->progress, "%s; %" PRId64 " s left",
		left->code == ERR_NONE ? "nothing is under way; looking once more" : left->text,
		(deadline - clock_monotonic()) / CLOCK_SECOND);
}

static bool watch_until_idle(struct watch *w, int64_t deadline, struct err *e)
{
	int64_t seen = -1;
	for (int idle = 0;;) {
		struct err left = {0}, away = {0};
		int64_t ends = 0;
		if (!watch_round(w, &left, &ends, &away)) {
			if (away.code != ERR_RETRY)
				return err_set(e, away.code, "%s", away.text);
			left = away;
		}
		idle = left.code != ERR_NONE ? 0 : ends == seen ? idle + 1 : 1;
		seen = ends;
		if (idle >= IDLE_ROUNDS)
			return true;
		watch_tell(w, &left, deadline);
		if (clock_monotonic() >= deadline)
			return err_set(e, left.code == ERR_NONE ? ERR_NOT_FOUND : left.code,
				"still under way: %s",
				left.code == ERR_NONE ? "new messages come in" : left.text);
		pause_poll();
	}
}

static bool watch_wait(struct watch *w, int64_t seconds, struct err *e)
{
	bool ok = watch_until_idle(w, clock_monotonic() + seconds * CLOCK_SECOND, e);
	progress_clear(&w->admin->progress);
	return ok;
}

bool status_wait(struct admin *a, int64_t seconds, struct err *e)
{
	struct watch w;
	bool ok = watch_open(&w, a, e) && watch_wait(&w, seconds, e);
	watch_close(&w);
	return ok;
}

static json_int_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* What readers have noted, beside what nobody has come to yet. */
static void status_lost(json_t *status)
{
	size_t i, k;
	json_t *row;
	const json_t *noted;
	json_array_foreach (json_object_get(status, "lag"), i, row) {
		json_array_foreach (json_object_get(status, "lost"), k, noted) {
			if (json_equal(json_object_get(noted, "reader"),
				    json_object_get(row, "group")) &&
				json_equal(json_object_get(noted, "topic"),
					json_object_get(row, "topic")))
				json_object_set_new(row, "lost",
					json_integer(
						number_of(row, "lost") + number_of(noted, "lost")));
		}
	}
	json_object_del(status, "lost");
}

/* Everything there is to say, as one object. */
static json_t *status_gather(struct watch *w, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL, *unreachable = NULL;
	int64_t busy[BUSY];
	json_auto_t *lag = json_array();
	if (!watch_sources(w, e) || !watch_busy(w->admin, busy, e) ||
		!db_run(w->admin->db, STORE_STATUS, NULL, 0, &rows, e) ||
		!db_run(w->admin->db, STORE_UNREACHABLE, NULL, 0, &unreachable, e))
		return NULL;
	for (int stage = 0; stage < w->n_stages; stage++)
		if (!watch_stage(w, stage, stage_reads(&w->stages[stage], TOPIC_EVIDENCE_ACCEPTED),
			    lag, e))
			return NULL;
	json_t *status = json_loads(db_text(rows, 0, 0), 0, NULL);
	json_object_set(status, "lag", lag);
	status_lost(status);
	json_object_set_new(status, "unreachable", json_loads(db_text(unreachable, 0, 0), 0, NULL));
	for (int i = 0; i < BUSY; i++)
		json_object_set_new(status, busy_counts[i].name, json_integer(busy[i]));
	return status;
}

/* The age of the oldest message that scoring has not done; and only that leaves the rows. */
static void status_oldest(json_t *status)
{
	size_t i;
	json_t *row;
	int64_t oldest = 0;
	json_array_foreach (json_object_get(status, "lag"), i, row) {
		int64_t at = json_integer_value(json_object_get(row, "oldest"));
		if (at)
			oldest = at;
		json_object_del(row, "oldest");
		json_object_del(row, "end");
	}
	json_object_set_new(status, "oldest_unscored_seconds",
		oldest ? json_integer((clock_now() - oldest) / CLOCK_SECOND) : json_null());
}

enum { UNREACHABLE_MOST = 20 }; /* people; --json has them all */

static void status_print_unreachable(const json_t *people)
{
	size_t i, n = json_array_size(people);
	const json_t *row;
	printf("people whose mailbox does not exist: %zu\n", n);
	json_array_foreach (people, i, row)
		if (i < UNREACHABLE_MOST)
			printf("  %s since %.10s, reply %" JSON_INTEGER_FORMAT "\n",
				json_string_value(json_object_get(row, "person")),
				json_string_value(json_object_get(row, "since")),
				number_of(row, "reply"));
	if (n > UNREACHABLE_MOST)
		printf("  and %zu more\n", n - UNREACHABLE_MOST);
}

static void status_print_verified(const json_t *v)
{
	if (json_is_null(v))
		puts("last verified: never");
	else
		printf("last verified: %.19sZ, %" JSON_INTEGER_FORMAT " originals, "
		       "%" JSON_INTEGER_FORMAT " scores, %" JSON_INTEGER_FORMAT " findings\n",
			json_string_value(json_object_get(v, "at")), number_of(v, "originals"),
			number_of(v, "scores"), number_of(v, "findings"));
}

/* An upstream that began a transaction and did not end it keeps everybody's events back. */
static void status_print_held(const json_t *lag)
{
	size_t i;
	const json_t *row;
	json_array_foreach (lag, i, row)
		if (number_of(row, "held"))
			printf("%" JSON_INTEGER_FORMAT " messages wait behind an upstream's open "
			       "transaction on %s, partition %s\n",
				number_of(row, "held"),
				json_string_value(json_object_get(row, "topic")),
				json_string_value(json_object_get(row, "held_on")));
}

/* As wide as the longest of a field needs, so that what follows stands in a column. */
static int width_of(const json_t *rows, const char *field, size_t least)
{
	size_t i, width = least;
	const json_t *row;
	json_array_foreach (rows, i, row) {
		size_t len = json_string_length(json_object_get(row, field));
		width = len > width ? len : width;
	}
	return (int)width;
}

static void status_print(const json_t *status)
{
	size_t i;
	const json_t *lag = json_object_get(status, "lag"),
		     *sources = json_object_get(status, "sources");
	int group = width_of(lag, "group", 22), topic = width_of(lag, "topic", 36);
	int source = width_of(sources, "source", 22);
	json_t *row;
	const char *reason;
	const json_t *oldest = json_object_get(status, "oldest_unscored_seconds");
	printf("%-*s %-*s %12s %12s\n", group, "reader", topic, "topic", "behind by",
		"lost unread");
	json_array_foreach (json_object_get(status, "lag"), i, row) {
		printf("%-*s %-*s %12" JSON_INTEGER_FORMAT " %12" JSON_INTEGER_FORMAT "\n", group,
			json_string_value(json_object_get(row, "group")), topic,
			json_string_value(json_object_get(row, "topic")), number_of(row, "lag"),
			number_of(row, "lost"));
	}
	status_print_held(lag);
	printf("\n%-*s %12s %12s %12s\n", source, "source", "accepted", "duplicates", "rejected");
	json_array_foreach (json_object_get(status, "sources"), i, row) {
		printf("%-*s %12" JSON_INTEGER_FORMAT " %12" JSON_INTEGER_FORMAT
		       " %12" JSON_INTEGER_FORMAT "\n",
			source, json_string_value(json_object_get(row, "source")),
			number_of(row, "accepted"), number_of(row, "duplicates"),
			number_of(row, "rejected"));
	}
	puts("\nrejected and not redriven:");
	json_object_foreach (json_object_get(status, "rejections"), reason, row) {
		printf("  %-20s %12" JSON_INTEGER_FORMAT "\n", reason, json_integer_value(row));
	}
	printf("\ncorrections waiting for their original: %" JSON_INTEGER_FORMAT "\n",
		number_of(status, "waiting"));
	for (int n = 0; n < BUSY; n++)
		printf("%s: %" JSON_INTEGER_FORMAT "\n", busy_counts[n].text,
			number_of(status, busy_counts[n].name));
	status_print_unreachable(json_object_get(status, "unreachable"));
	if (json_is_null(oldest))
		puts("oldest unscored evidence: none");
	else
		printf("oldest unscored evidence: %" JSON_INTEGER_FORMAT " s\n",
			json_integer_value(oldest));
	status_print_verified(json_object_get(status, "verified"));
}

static bool status_show(struct watch *w, bool as_json, struct err *e)
{
	json_auto_t *status = status_gather(w, e);
	if (!status)
		return false;
	status_oldest(status);
	if (as_json)
		json_dumpf(status, stdout, JSON_COMPACT);
	else
		status_print(status);
	if (as_json)
		putchar('\n');
	return true;
}

/* Brokers that are busy with who coordinates what say so, and are asked again. */
static bool status_show_soon(struct watch *w, bool json, struct err *e)
{
	int64_t deadline = clock_monotonic() + SHOW_SECONDS * CLOCK_SECOND;
	for (; !status_show(w, json, e); pause_poll()) {
		if (e->code != ERR_RETRY || clock_monotonic() >= deadline)
			return false;
		err_clear(e);
	}
	return true;
}

static bool status_wait_and_show(struct watch *w, const struct arguments *args, struct err *e)
{
	bool idle = !args->option[STATUS_WAIT] || watch_wait(w, args->number[STATUS_WAIT], e);
	if (!idle && e->code != ERR_NOT_FOUND)
		return false;
	struct err other = {0};
	bool shown = status_show_soon(w, args->option[STATUS_JSON], &other);
	return idle ? shown || err_set(e, other.code, "%s", other.text) : false;
}

bool status_run(struct admin *a, const struct arguments *args, struct err *e)
{
	struct watch w;
	bool ok = watch_open(&w, a, e) && status_wait_and_show(&w, args, e);
	watch_close(&w);
	return ok;
}
