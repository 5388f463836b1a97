/* Corrections and revocations: they wait until their original is accepted, then take its place.
 * Each step here is one transaction; what it changed is noted in the outbox, since no input would
 * say it again. */
#include "store.h"

#include <string.h>

#include "store_statements.h"

/* Keys of waiting events and of what they name. */
struct pairs {
	struct db_array keys, originals;
};

static void pairs_init(struct pairs *p)
{
	db_array_init(&p->keys, DB_K_UUID);
	db_array_init(&p->originals, DB_K_UUID);
}

static void pairs_done(struct pairs *p)
{
	db_array_done(&p->keys);
	db_array_done(&p->originals);
}

static bool pairs_add(struct pairs *p, const struct db_result *r, int row)
{
	return db_array_add(&p->keys, DB_UUID(db_uuid(r, row, 0))) &&
	       db_array_add(&p->originals, DB_UUID(db_uuid(r, row, 1)));
}

static bool groups_rebuild(struct db *db, const struct db_result *groups, struct err *e)
{
	struct db_array person, month, indicator;
	db_array_init(&person, DB_K_UUID);
	db_array_init(&month, DB_K_INT4);
	db_array_init(&indicator, DB_K_INT4);
	bool ok = true;
	for (int i = 0; ok && i < db_rows(groups); i++)
		ok = db_array_add(&person, DB_UUID(db_uuid(groups, i, 0))) &&
		     db_array_add(&month, DB_INT4(db_int(groups, i, 1))) &&
		     db_array_add(&indicator, DB_INT4(db_int(groups, i, 2)));
	const struct db_value values[] = {
		db_array_value(&person), db_array_value(&month), db_array_value(&indicator)};
	ok = ok ? db_run(db, GROUPS_ENSURE, values, 3, NULL, e) &&
			     db_run(db, GROUPS_LOCK, values, 3, NULL, e) &&
			     db_run(db, GROUPS_REBUILD, values, 3, NULL, e)
		: err_set(e, ERR_FATAL, "out of memory");
	db_array_done(&person);
	db_array_done(&month);
	db_array_done(&indicator);
	return ok;
}

/* What one step of a timer goes by, and what it rejected. */
struct step {
	struct db *db;
	const char *worker;
	int64_t now;
	struct db_result **refused;
};

/* They were counted as accepted when they came to wait. */
static bool tally(const struct step *s, struct err *e)
{
	bool ok = true;
	for (int i = 0; ok && i < db_rows(*s->refused); i++) {
		const struct tally one = {
			.source = db_text(*s->refused, i, 0), .accepted = -1, .rejected = 1};
		ok = store_tally(s->db, s->worker, &one, e);
	}
	return ok;
}

static bool refuse(const struct step *s, struct db_array *keys, enum reason reason,
	const char *detail, struct err *e)
{
	return keys->count == 0 ||
	       (db_exec(s->db, REFUSE, s->refused, e, db_array_value(keys),
			DB_TEXT(reason_code(reason)), DB_TEXT(detail), DB_TIME(s->now)) &&
		       tally(s, e));
}

/* The events that took their originals' places: they become evidence, both sides' totals are built
 * anew, and both are to be scored again. */
static bool accept(const struct step *s, struct pairs *taken, struct err *e)
{
	struct db *db = s->db;
	struct db_array both;
	DB_RESULT_AUTO *groups = NULL;
	if (taken->keys.count == 0)
		return true;
	db_array_init(&both, DB_K_UUID);
	both.count = taken->keys.count + taken->originals.count;
	enum { HEAD = 20 };
	bool ok = (buf_add(&both.wire, taken->keys.wire.data, taken->keys.wire.len) &&
			  buf_add(&both.wire, taken->originals.wire.data + HEAD,
				  taken->originals.wire.len - HEAD)) ||
		  err_set(e, ERR_FATAL, "out of memory");
	ok = ok && db_exec(db, MARK, NULL, e, db_array_value(&taken->keys)) &&
	     db_exec(db, ACCEPT, NULL, e, DB_TEXT(s->worker), db_array_value(&taken->keys)) &&
	     db_exec(db, GROUPS_OF_EVENTS, &groups, e, db_array_value(&both)) &&
	     groups_rebuild(db, groups, e);
	db_array_done(&both);
	return ok;
}

static bool holds(const struct db_result *keys, const uint8_t key[16])
{
	for (int i = 0; i < db_rows(keys); i++)
		if (memcmp(db_uuid(keys, i, 0), key, 16) == 0)
			return true;
	return false;
}

/* Splits what is due into those that took their original's place and those that came second. */
static bool split(const struct db_result *due, const struct db_result *taken, struct pairs *first,
	struct pairs *second)
{
	bool ok = true;
	for (int i = 0; ok && i < db_rows(due); i++)
		ok = pairs_add(holds(taken, db_uuid(due, i, 0)) ? first : second, due, i);
	return ok;
}

static bool resolve(const struct step *s, const struct db_result *due, struct err *e)
{
	struct pairs all, first, second;
	DB_RESULT_AUTO *taken = NULL;
	pairs_init(&all);
	pairs_init(&first);
	pairs_init(&second);
	bool memory = true;
	for (int i = 0; i < db_rows(due); i++)
		memory = pairs_add(&all, due, i) && memory;
	bool ok = (memory || err_set(e, ERR_FATAL, "out of memory")) &&
		  db_exec(s->db, REPLACE, &taken, e, db_array_value(&all.originals),
			  db_array_value(&all.keys)) &&
		  (split(due, taken, &first, &second) || err_set(e, ERR_FATAL, "out of memory")) &&
		  accept(s, &first, e) &&
		  refuse(s, &second.keys, REASON_ALREADY_REPLACED,
			  "data.replaces: names an event that is replaced or revoked already", e);
	pairs_done(&all);
	pairs_done(&first);
	pairs_done(&second);
	return ok;
}

bool store_resolve(struct db *db, const char *worker, int64_t now, bool *more,
	struct db_result **refused, struct err *e)
{
	const struct step s = {db, worker, now, refused};
	DB_RESULT_AUTO *due = NULL;
	if (!db_begin(db, e))
		return false;
	bool ok = db_run(db, DUE, NULL, 0, &due, e) && (db_rows(due) == 0 || resolve(&s, due, e)) &&
		  db_commit(db, e);
	*more = ok && db_rows(due) > 0;
	if (!ok)
		db_rollback(db);
	return ok;
}

bool store_expire(struct db *db, const char *worker, int64_t before, int64_t now, bool *more,
	struct db_result **refused, struct err *e)
{
	const struct step s = {db, worker, now, refused};
	struct pairs late;
	DB_RESULT_AUTO *rows = NULL;
	if (!db_begin(db, e))
		return false;
	pairs_init(&late);
	bool ok = db_exec(db, OVERDUE, &rows, e, DB_TIME(before));
	for (int i = 0; ok && i < db_rows(rows); i++)
		ok = pairs_add(&late, rows, i) || err_set(e, ERR_FATAL, "out of memory");
	ok = ok &&
	     refuse(&s, &late.keys, REASON_UNKNOWN_ORIGINAL,
		     "data.replaces: names an event that has not been accepted within 7 days", e) &&
	     db_commit(db, e);
	*more = ok && db_rows(rows) > 0;
	pairs_done(&late);
	if (!ok)
		db_rollback(db);
	return ok;
}

bool store_rebuild(struct db *db, const uint8_t person[16], int32_t first_month, int32_t last_month,
	struct db_result **groups, struct err *e)
{
	DB_RESULT_AUTO *found = NULL;
	if (!db_begin(db, e))
		return false;
	bool ok = db_exec(db, GROUPS_OF_PERSON, &found, e, DB_UUID(person), DB_INT4(first_month),
			  DB_INT4(last_month)) &&
		  groups_rebuild(db, found, e) && db_commit(db, e);
	if (!ok) {
		db_rollback(db);
		return false;
	}
	*groups = found;
	found = NULL;
	return true;
}
