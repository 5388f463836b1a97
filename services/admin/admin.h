/* admin: what the operators' commands share, and the commands themselves.
 *
 * A command returns true when it did what was asked. Else the error says in a sentence for people
 * why not, after the command has printed what it found.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bus/bus.h"
#include "command.h"
#include "db/db.h"
#include "progress.h"

struct admin {
	char *brokers, *database; /* settings */
	struct db *db; /* connected, for commands that need the database */
	struct bus_producer *bus; /* after admin_kafka */
	struct progress progress;
	char host[65]; /* where it runs */
	bool settings_wrong; /* the error is one of settings */
};

/* Opens the way to Kafka unless it is open; ERR_RETRY when no broker answers. */
bool admin_kafka(struct admin *a, struct err *e) MUST_CHECK;

#define ADMIN_AS_REGISTRY "SET LOCAL ROLE terukur_registry"
/* Begins a transaction as the registry's owner, whoever connected. */
bool admin_begin_registry(struct admin *a, struct err *e) MUST_CHECK;

/* Places of the options in their tables. */
enum { MIGRATE_EXPAND };
enum { TOPICS_REPLICATION };
enum { ACL_CHECK, ACL_APPLY };
enum { LOAD_DRY_RUN };
enum { TOKEN_ROLE, TOKEN_NIP, TOKEN_AGENCY, TOKEN_SOURCE, TOKEN_DAYS, TOKEN_NOTE };
enum { RECOMPUTE_PERIOD, RECOMPUTE_PERSON, RECOMPUTE_WAIT };
enum { REDRIVE_REASON, REDRIVE_SOURCE, REDRIVE_LIMIT, REDRIVE_ID };
enum { REPLAY_FROM, REPLAY_SOURCE, REPLAY_DRY_RUN };
enum { STATUS_WAIT, STATUS_JSON };

bool migrate_run(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool role_check(const struct arguments *args, struct err *e) MUST_CHECK;
bool role_password(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool topics_run(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool topics_acl_check(const struct arguments *args, struct err *e) MUST_CHECK;
bool topics_acl(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool registry_load(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool registry_export(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool registry_publish(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool people_list(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool people_import(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool absences_import(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool plans_import(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool token_check(const struct arguments *args, struct err *e) MUST_CHECK;
bool token_add(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool token_list(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool token_revoke(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool recompute_check(const struct arguments *args, struct err *e) MUST_CHECK;
bool recompute_run(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool redrive_check(const struct arguments *args, struct err *e) MUST_CHECK;
bool redrive_run(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool replay_check(const struct arguments *args, struct err *e) MUST_CHECK;
bool replay_run(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool verify_run(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool status_run(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
bool check_run(struct admin *a, const struct arguments *args, struct err *e) MUST_CHECK;
