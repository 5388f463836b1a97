/* service: the one skeleton of every service. A program describes itself in tables and hands over
 * to service_main, which gives it settings, --help, --check, JSON logs, the ops port (/livez
 * /readyz /metrics), workers with a connection, a consumer and a producer each, back-off when a
 * dependency is away, an ordered stop, and exit codes: 0 after SIGTERM or SIGINT, 100 for wrong
 * settings, 111 when a dependency stays away at --check or the client library cannot go on.
 *
 * Every service has these settings before its own: KAFKA_BROKERS, DATABASE_URL, OPS_LISTEN,
 * LOG_LEVEL, INSTANCE (a name unique per replica, by default the host's name), and any KAFKA_…
 * passed through.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/metrics.h"
#include "bus/bus.h"
#include "db/db.h"
#include "db/snapshot.h"
#include "http/http.h"

struct service;

/* One thread's own things. */
struct worker {
	const struct service *service;
	struct db *db;
	struct bus_producer *out; /* NULL: its row in services.def writes nothing */
	struct snapshot *registry; /* see worker_registry; NULL when the service has none */
	void *state; /* what `open` put there */
	int number; /* 0, 1, … within its subscription or timer */
	const char *name;
};

/* Messages in batches. `handle` returns true when all of them are dealt with for good: only then
 * the offsets move. What its error asks for is done:
 *
 * ERR_RETRY: it is called again with the same messages after a back-off; nothing of it may be half
 * done that a repetition would not mend. ERR_FATAL ends the program. Any other blames the messages:
 * the batch is halved until one of them stands alone, `refuse` is called for it, and the others are
 * dealt with. So nothing that somebody can put on a topic stops what comes behind it. */
struct service_subscription {
	const char *group; /* the consumer group */
	const char *const *topics; /* NULL-terminated; ^ starts a pattern */
	int threads; /* consumers in this process, each with a connection of its own */
	size_t queue_kib; /* most that is fetched ahead; see bus_consumer_config */
	int max_messages; /* of a batch */
	size_t max_bytes; /* of a batch */
	/* A batch at most this often: what comes sooner after the last one began gathers, and what
	 * came while that was dealt with does not wait any longer. */
	int gather_ms;
	bool (*handle)(struct worker *w, const struct bus_message *messages, int n, struct err *e);
	/* Puts one message aside for good; `why` is what handle said of it. Its own ERR_RETRY and
	 * ERR_FATAL mean what they do to handle; another leaves the message passed over. NULL: it
	 * is passed over, see worker_pass_over. */
	bool (*refuse)(struct worker *w, const struct bus_message *message, const struct err *why,
		struct err *e);
	bool (*open)(struct worker *w,
		struct err *e); /* optional, once per thread before the first batch */
	void (*close)(struct worker *w); /* optional */
};

/* Something done every so often, in a thread of its own. */
struct service_timer {
	const char *name;
	int every_ms;
	bool (*run)(struct worker *w, struct err *e);
	bool (*open)(struct worker *w, struct err *e);
	void (*close)(struct worker *w);
};

struct service {
	const char *name; /* "intake": its row in services.def says the default of OPS_LISTEN */
	const char *summary; /* one line for --help */
	const struct conf_setting *settings;
	size_t n_settings;
	void *values; /* where the settings go */
	const struct db_statement *statements;
	size_t n_statements;
	/* The number of the first of READING_STATEMENTS among them; 0: it does not keep how far it
	 * has read, and does not notice a store that is older than that. */
	int reading;
	/* The number of a statement without parameters whose one row has a value for each of some
	 * metrics without labels, from the first on: what waits in the store. Asked every 10 s. 0:
	 * none. */
	int waiting, waiting_metric, waiting_metrics;
	const struct snapshot_kind *registry; /* what its workers know of the registry, read once
						 for all; NULL: nothing */
	/* Where most of what it does needs no Kafka: away, it is named on /readyz and does not make
	 * that false. */
	bool ready_without_kafka;
	/* A setting of its own, or NULL: for so many seconds it goes on after SIGTERM, not ready
	 * any more, so that whoever sends it work learns of it; each answer ends its connection. A
	 * second signal ends that. */
	const int64_t *drain_seconds;
	const struct metric *metrics;
	int n_metrics;
	const struct service_subscription *subscriptions;
	size_t n_subscriptions;
	const struct service_timer *timers;
	size_t n_timers;
	/* optional: after the settings are read, before workers start; and after they have stopped
	 */
	bool (*start)(const struct service *s, struct err *e);
	void (*stop)(const struct service *s);
};

/* Makes *held the registry as it is now; in a transaction as well. */
bool worker_registry(struct worker *w, struct snapshot_hold *held, struct err *e) MUST_CHECK;

/* Long work shows after each of its steps that it goes on; else it is taken for stuck after two
 * minutes (/livez). */
void worker_progress(struct worker *w);
/* Counts and logs a message that asks nothing of this worker: it is not what its topic promises. */
void worker_pass_over(struct worker *w, const struct bus_message *message, const char *why);

int service_main(const struct service *service, int argc, char **argv);

/* What every service has of settings. */
struct service_common {
	char *brokers, *database, *ops_listen, *log_level, *instance;
};
const struct service_common *service_settings(void);
int service_metric_base(void); /* the handle of the service's first metric, see metrics_register */
bool service_stopping(
	void); /* true once a stop was asked for: long work ends at the next whole step */
/* Counts connections to PostgreSQL beyond the first; *seen remembers, 0 at first. */
void service_count_connections(const struct db *db, unsigned *seen);
void service_sleep(int ms); /* ends early when a stop is asked for */

/* Exit codes, also for the admin command. */
enum { EXIT_OK = 0, EXIT_SETTINGS = 100, EXIT_DEPENDENCY = 111 };
