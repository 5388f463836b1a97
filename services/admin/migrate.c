/* The database's schemas, step by step: schemas/sql/NNN_….sql, built into the program. Each runs
 * once, in a transaction of its own under a lock, so that several of these commands at once only
 * wait for each other.
 *
 * Programs go on meanwhile (docs/decisions/0014). A step waits for tables for a moment only, and
 * then lets those go first who would have to wait behind it. One that begins with CONTRACTS takes
 * away what only programs of before need: it does not run while one of them does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admin.h"
#include "base/array.h"
#include "base/digest.h"

/* Written by scripts/embed.sh -t, in the order of their names. */
struct migration {
	const char *name, *sql;
};
extern const struct migration migrations[];
extern const size_t migrations_len;

/* Then the oldest step for which a program can be built that runs with this one, as 023. */
#define CONTRACTS "-- contract: "

enum { ATTEMPTS = 20, ATTEMPT_PAUSE_MS = 500 };

enum {
	MIGRATE_LOCK,
	MIGRATE_PATIENCE,
	MIGRATE_APPLIED,
	MIGRATE_OLDER,
	MIGRATE_FENCE,
	MIGRATE_DONE
};

static const struct db_statement statements[] = {
	[MIGRATE_LOCK] = {"migrate_lock", "SELECT pg_advisory_xact_lock(1413829189, 0)", ""},
	[MIGRATE_PATIENCE] = {"migrate_patience", "SET LOCAL lock_timeout = '2s'", ""},
	[MIGRATE_APPLIED] = {"migrate_applied",
		"SELECT name, sha256 FROM public.schema_migration ORDER BY name", ""},
	/* Each connection of a program holds a lock that says for which step it was built
	 * (shared/db/db_schema.c); before 023 none did. */
	[MIGRATE_OLDER] = {"migrate_older",
		"SELECT string_agg(DISTINCT format('%s%s, built for %s',"
		" replace(a.usename, 'terukur_', ''),"
		" ' ' || substring(a.application_name FROM '@(.*)$'),"
		" coalesce(to_char(l.objid::bigint, 'FM000'), 'a step before 023')), '; ')"
		" FROM pg_stat_activity a LEFT JOIN pg_locks l ON l.pid = a.pid"
		"  AND l.locktype = 'advisory' AND l.classid = 1413829190 AND l.objsubid = 2"
		" WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()"
		"  AND (l.pid IS NOT NULL OR a.usename LIKE 'terukur\\_%')"
		"  AND coalesce(l.objid::bigint, 0) < $1",
		"int4"},
	/* Until the transaction ends they wait when they connect. */
	[MIGRATE_FENCE] = {"migrate_fence",
		"SELECT count(*) FROM generate_series(1, $1 - 1) n"
		" WHERE NOT pg_try_advisory_xact_lock(1413829190, n)",
		"int4"},
	[MIGRATE_DONE] = {"migrate_done",
		"INSERT INTO public.schema_migration (name, sha256, oldest) VALUES ($1, $2, $3)",
		"text, bytea, int4"},
};

static const char prepare[] =
	"SELECT pg_advisory_xact_lock(1413829189, 0);"
	"CREATE TABLE IF NOT EXISTS public.schema_migration ("
	" name text PRIMARY KEY, sha256 bytea NOT NULL, at timestamptz NOT NULL DEFAULT now());"
	"ALTER TABLE public.schema_migration ADD COLUMN IF NOT EXISTS oldest int NOT NULL DEFAULT "
	"0";

struct migrating {
	struct db *db;
	bool blocked; /* by a program that runs */
	int done;
};

static void migration_hash(const struct migration *m, uint8_t out[DIGEST_SHA256])
{
	digest_sha256(m->sql, strlen(m->sql), out);
}

/* 0: it takes nothing away. */
static int migration_oldest(const struct migration *m)
{
	size_t len = strlen(CONTRACTS);
	return strncmp(m->sql, CONTRACTS, len) == 0 ? atoi(m->sql + len) : 0;
}

/* Whether it was applied; an error when it was, but in other words. */
static bool migration_applied(
	const struct db_result *applied, const struct migration *m, bool *yes, struct err *e)
{
	uint8_t hash[DIGEST_SHA256];
	size_t len;
	*yes = false;
	migration_hash(m, hash);
	for (int i = 0; i < db_rows(applied) && !*yes; i++) {
		if (strcmp(db_text(applied, i, 0), m->name) != 0)
			continue;
		const void *before = db_bytes(applied, i, 1, &len);
		if (len != sizeof hash || !digest_equal(before, hash, len))
			return err_set(e, ERR_CONFLICT,
				"%s was applied to this database in another wording; nothing is "
				"done. A migration is never changed: write a new one",
				m->name);
		*yes = true;
	}
	return true;
}

/* Takes the lock, and looks up what was applied: *before, whether number i was. */
static bool migration_look(struct db *db, size_t i, bool *before, struct err *e)
{
	DB_RESULT_AUTO *applied = NULL;
	bool ok = db_run(db, MIGRATE_LOCK, NULL, 0, NULL, e) &&
		  db_run(db, MIGRATE_APPLIED, NULL, 0, &applied, e);
	*before = false;
	for (size_t each = 0; ok && each < migrations_len; each++) {
		bool yes;
		ok = migration_applied(applied, &migrations[each], &yes, e);
		*before |= each == i && yes;
	}
	return ok;
}

/* ERR_CONFLICT while a program runs that could not live with it. */
static bool migration_allowed(struct migrating *a, const struct migration *m, struct err *e)
{
	DB_RESULT_AUTO *older = NULL, *fence = NULL;
	const struct db_value oldest = DB_INT4(migration_oldest(m));
	if (oldest.number == 0)
		return true;
	if (!db_run(a->db, MIGRATE_OLDER, &oldest, 1, &older, e))
		return false;
	a->blocked = !db_is_null(older, 0, 0);
	if (a->blocked)
		return err_set(e, ERR_CONFLICT,
			"%s is not applied: it takes away what a program built for a step before "
			"%03d needs, and such run: %s. Replace them by this version, or stop them, "
			"and run `admin migrate` again",
			m->name, (int)oldest.number, db_text(older, 0, 0));
	return db_run(a->db, MIGRATE_FENCE, &oldest, 1, &fence, e) &&
	       (db_int(fence, 0, 0) == 0 ||
		       err_set(e, ERR_RETRY, "%s: a program has just come", m->name));
}

static bool migration_run(struct db *db, const struct migration *m, struct err *e)
{
	uint8_t hash[DIGEST_SHA256];
	migration_hash(m, hash);
	return db_run(db, MIGRATE_PATIENCE, NULL, 0, NULL, e) && db_script(db, m->sql, e) &&
	       db_exec(db, MIGRATE_DONE, NULL, e, DB_TEXT(m->name), DB_BYTES(hash, sizeof hash),
		       DB_INT4(migration_oldest(m)));
}

/* Applies number i unless that is done. */
static bool migration_try(struct migrating *a, size_t i, struct err *e)
{
	const struct migration *m = &migrations[i];
	bool before = false;
	bool ok = db_begin(a->db, e) && migration_look(a->db, i, &before, e);
	if (ok && !before)
		ok = migration_allowed(a, m, e) &&
		     (migration_run(a->db, m, e) || err_wrap(e, "%s", m->name));
	ok = ok && db_commit(a->db, e);
	db_rollback(a->db);
	if (ok && !before) {
		printf("applied %s\n", m->name);
		fflush(stdout);
		a->done++;
	}
	return ok;
}

/* Until nobody is in its way. */
static bool migration_step(struct migrating *a, size_t i, struct err *e)
{
	for (int attempt = 1; !migration_try(a, i, e); attempt++) {
		if (e->code != ERR_RETRY || attempt == ATTEMPTS)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = ATTEMPT_PAUSE_MS * 1000000L}, NULL);
		err_clear(e);
	}
	return true;
}

bool migrate_run(struct admin *a, const struct arguments *args, struct err *e)
{
	if (!db_script(a->db, prepare,
		    e)) /* a struct db without statements: there may be no table yet */
		return false;
	struct migrating now = {
		.db = db_new(a->database, "terukur-admin", statements, COUNT(statements))};
	bool ok = now.db != NULL;
	for (size_t i = 0; ok && i < migrations_len; i++)
		ok = migration_step(&now, i, e);
	db_free(now.db);
	if (now.blocked && args->option[MIGRATE_EXPAND]) {
		printf("left for later: %s\n", e->text);
		return true;
	}
	if (ok && now.done == 0)
		puts("the schemas are up to date");
	return ok;
}
