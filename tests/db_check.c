/* db-check: what a transaction guards when its connection dies in it. DATABASE_URL names a database
 * of a superuser; prints "N passed, M failed" and a line for each promise that was broken.
 *
 * A transaction of STATEMENTS inserts loses its connection before each of them in turn, and before
 * its commit. Whoever goes on in spite of the errors must not have a part of it stored: the rest of
 * a transaction whose beginning was lost would be worse than nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "db/db.h"

enum { STATEMENTS = 4 };

enum { PID, KILL, INSERT, COUNT_ROWS, FAIL };
static const struct db_statement table[] = {
	[PID] = {"pid", "SELECT pg_backend_pid()", ""},
	[KILL] = {"kill", "SELECT pg_terminate_backend($1, 5000)", /* waits until it is gone */
		"int4"},
	[INSERT] = {"insert", "INSERT INTO public.db_check VALUES ($1)", "int4"},
	[COUNT_ROWS] = {"count_rows", "SELECT count(*) FROM public.db_check", ""},
	[FAIL] = {"fail", "SELECT 1 / $1", "int4"},
};

static int passed, failed;

static void promise(bool kept, const char *what, int at)
{
	kept ? passed++ : failed++;
	if (!kept)
		printf("broken at statement %d: %s\n", at, what);
}

static int64_t number(struct db *db, int statement)
{
	struct err e = {0};
	DB_RESULT_AUTO *r = NULL;
	return db_run(db, statement, NULL, 0, &r, &e) ? db_int(r, 0, 0) : -1;
}

static bool insert(struct db *db, struct err *e)
{
	return db_exec(db, INSERT, NULL, e, DB_INT4(1));
}

/* A caller that does not look at its errors, until the commit. */
static void transaction_dies(struct db *db, struct db *other, int at)
{
	struct err e = {0};
	int64_t before = number(other, COUNT_ROWS), pid = number(db, PID);
	bool done = db_begin(db, &e);
	for (int i = 0; i < STATEMENTS; i++) {
		struct err ignored = {0}, killing = {0};
		if (i == at)
			done = db_exec(other, KILL, NULL, &killing, DB_INT4(pid)) && done;
		bool ok = insert(db, &ignored);
		promise(ok == (i < at), "a statement after the loss is refused", at);
		promise(ok || ignored.code == ERR_RETRY, "and the error says to begin again", at);
	}
	if (at == STATEMENTS)
		done = db_exec(other, KILL, NULL, &e, DB_INT4(pid)) && done;
	promise(done, "the transaction began and its connection was cut", at);
	struct err why = {0};
	promise(!db_commit(db, &why), "the commit does not say that it did", at);
	promise(why.code == ERR_RETRY, "but to begin again", at);
	promise(number(other, COUNT_ROWS) == before, "nothing of it is stored", at);
	struct err again = {0};
	promise(db_begin(db, &again) && insert(db, &again) && db_commit(db, &again),
		"the next transaction goes through over a new connection", at);
	promise(number(other, COUNT_ROWS) == before + 1, "and is stored", at);
}

/* PostgreSQL answers ROLLBACK to a COMMIT after a statement that failed. */
static void failed_statement(struct db *db, struct db *other)
{
	struct err e = {0}, ignored = {0}, why = {0};
	int64_t before = number(other, COUNT_ROWS);
	promise(db_begin(db, &e) && insert(db, &e), "the transaction begins", -1);
	promise(!db_exec(db, FAIL, NULL, &ignored, DB_INT4(0)), "a division by zero fails", -1);
	promise(!db_commit(db, &why) && why.code == ERR_RETRY, "the commit says that it did not",
		-1);
	promise(number(other, COUNT_ROWS) == before, "nothing of it is stored", -1);
	promise(db_begin(db, &e), "a transaction begins after it", -1);
	promise(!db_begin(db, &ignored), "a second one within it does not", -1);
	db_rollback(db);
}

int main(void)
{
	struct err e = {0};
	const char *url = getenv("DATABASE_URL");
	struct db *setup = db_new(url ? url : "", "db-check", NULL, 0);
	if (!url || !db_script(setup, "CREATE TABLE IF NOT EXISTS public.db_check (n int)", &e)) {
		fprintf(stderr, "db-check: %s\n", url ? e.text : "DATABASE_URL is not set");
		return 1;
	}
	struct db *db = db_new(url, "db-check", table, COUNT(table));
	struct db *other = db_new(url, "db-check-other", table, COUNT(table));
	for (int at = 0; at <= STATEMENTS; at++)
		transaction_dies(db, other, at);
	failed_statement(db, other);
	db_free(db);
	db_free(other);
	bool dropped = db_script(setup, "DROP TABLE public.db_check", &e);
	db_free(setup);
	printf("%d passed, %d failed\n", passed, failed + !dropped);
	return failed || !dropped;
}
