/* The database's schemas, step by step: schemas/sql/NNN_….sql, built into the program. Each runs
 * once, in a transaction of its own under a lock, so that several of these commands at once only
 * wait for each other. */
#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "base/array.h"
#include "base/digest.h"

/* Written by scripts/embed.sh -t, in the order of their names. */
struct migration {
	const char *name, *sql;
};
extern const struct migration migrations[];
extern const size_t migrations_len;

enum { MIGRATE_LOCK, MIGRATE_APPLIED, MIGRATE_DONE };

static const struct db_statement statements[] = {
	[MIGRATE_LOCK] = {"migrate_lock", "SELECT pg_advisory_xact_lock(1413829189, 0)", ""},
	[MIGRATE_APPLIED] = {"migrate_applied",
		"SELECT name, sha256 FROM public.schema_migration ORDER BY name", ""},
	[MIGRATE_DONE] = {"migrate_done",
		"INSERT INTO public.schema_migration (name, sha256) VALUES ($1, $2)",
		"text, bytea"},
};

static const char prepare[] =
	"SELECT pg_advisory_xact_lock(1413829189, 0);"
	"CREATE TABLE IF NOT EXISTS public.schema_migration ("
	" name text PRIMARY KEY, sha256 bytea NOT NULL, at timestamptz NOT NULL DEFAULT now())";

static void migration_hash(const struct migration *m, uint8_t out[DIGEST_SHA256])
{
	digest_sha256(m->sql, strlen(m->sql), out);
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

static bool migration_run(struct db *db, const struct migration *m, struct err *e)
{
	uint8_t hash[DIGEST_SHA256];
	migration_hash(m, hash);
	return db_script(db, m->sql, e) &&
	       db_exec(db, MIGRATE_DONE, NULL, e, DB_TEXT(m->name), DB_BYTES(hash, sizeof hash));
}

/* Applies number i unless that is done; what was applied is looked up anew under the lock. */
static bool migration_step(struct db *db, size_t i, int *done, struct err *e)
{
	DB_RESULT_AUTO *applied = NULL;
	bool before = false;
	bool ok = db_begin(db, e) && db_run(db, MIGRATE_LOCK, NULL, 0, NULL, e) &&
		  db_run(db, MIGRATE_APPLIED, NULL, 0, &applied, e);
	for (size_t each = 0; ok && each < migrations_len; each++) {
		bool yes;
		ok = migration_applied(applied, &migrations[each], &yes, e);
		before |= each == i && yes;
	}
	if (ok && !before)
		ok = migration_run(db, &migrations[i], e) || err_wrap(e, "%s", migrations[i].name);
	ok = ok && db_commit(db, e);
	db_rollback(db);
	if (ok && !before) {
		printf("applied %s\n", migrations[i].name);
		fflush(stdout);
		(*done)++;
	}
	return ok;
}

bool migrate_run(struct admin *a, const struct arguments *args, struct err *e)
{
	(void)args;
	int done = 0;
	if (!db_script(a->db, prepare,
		    e)) /* a struct db without statements: there may be no table yet */
		return false;
	struct db *db = db_new(a->database, "terukur-admin", statements, COUNT(statements));
	bool ok = db != NULL;
	for (size_t i = 0; ok && i < migrations_len; i++)
		ok = migration_step(db, i, &done, e);
	db_free(db);
	if (ok && done == 0)
		puts("the schemas are up to date");
	return ok;
}
