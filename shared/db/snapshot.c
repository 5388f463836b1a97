#include "db/snapshot.h"

#include <pthread.h>
#include <stdlib.h>

struct snapshot_version {
	int64_t version;
	int holders; /* the snapshot itself is one while this is its latest */
	void *value;
};

struct snapshot {
	const struct snapshot_kind *kind;
	struct db *db;
	pthread_mutex_t lock; /* of everything, the connection included */
	struct snapshot_version *latest; /* NULL before the first */
};

struct snapshot *snapshot_new(const char *url, const struct snapshot_kind *kind)
{
	struct snapshot *s = calloc(1, sizeof *s);
	struct db *db = s ? db_new(url, kind->name, kind->statements, kind->n_statements) : NULL;
	if (!db) {
		free(s);
		return NULL;
	}
	*s = (struct snapshot){.kind = kind, .db = db, .lock = PTHREAD_MUTEX_INITIALIZER};
	return s;
}

static void version_drop(const struct snapshot_kind *kind, struct snapshot_version *v)
{
	if (!v || --v->holders > 0)
		return;
	if (v->value)
		kind->done(v->value);
	free(v->value);
	free(v);
}

void snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	version_drop(s->kind, s->latest);
	db_free(s->db);
	free(s);
}

static bool version_read(struct db *db, int64_t *out, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!db_run(db, 0, NULL, 0, &r, e))
		return false;
	*out = db_int(r, 0, 0);
	return true;
}

static bool parts_read(struct snapshot *s, void *value, struct err *e)
{
	for (size_t i = 0; i < s->kind->n_parts; i++) {
		DB_RESULT_AUTO *r = NULL;
		if (!db_run(s->db, s->kind->parts[i].statement, NULL, 0, &r, e))
			return false;
		if (!s->kind->parts[i].take(value, r, e))
			return err_set(e, ERR_FATAL, "%s: out of memory", s->kind->name);
	}
	return true;
}

static bool snapshot_read(struct snapshot *s, struct snapshot_version *to, struct err *e)
{
	to->value = calloc(1, s->kind->size);
	bool ok =
		(to->value || err_set(e, ERR_FATAL, "out of memory")) && db_begin(s->db, e) &&
		db_script(s->db, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", e) &&
		version_read(s->db, &to->version, e) && parts_read(s, to->value, e) &&
		db_commit(s->db, e);
	if (!ok)
		db_rollback(s->db);
	return ok;
}

static bool snapshot_latest(struct snapshot *s, bool *fresh, struct err *e)
{
	int64_t version;
	if (!version_read(s->db, &version, e))
		return false;
	*fresh = !s->latest || s->latest->version != version;
	if (!*fresh)
		return true;
	struct snapshot_version *next = calloc(1, sizeof *next);
	if (!next)
		return err_set(e, ERR_FATAL, "out of memory");
	next->holders = 1;
	if (!snapshot_read(s, next, e)) {
		version_drop(s->kind, next);
		return false;
	}
	version_drop(s->kind, s->latest);
	s->latest = next;
	return true;
}

bool snapshot_refresh(struct snapshot *s, struct snapshot_hold *held, bool *fresh, struct err *e)
{
	bool read = false;
	pthread_mutex_lock(&s->lock);
	bool ok = snapshot_latest(s, &read, e);
	if (ok && held->of != s->latest) {
		version_drop(s->kind, held->of);
		s->latest->holders++;
		*held = (struct snapshot_hold){s->latest->value, s->latest->version, s->latest};
	}
	pthread_mutex_unlock(&s->lock);
	if (fresh)
		*fresh = read;
	return ok;
}

void snapshot_release(struct snapshot *s, struct snapshot_hold *held)
{
	pthread_mutex_lock(&s->lock);
	version_drop(s->kind, held->of);
	pthread_mutex_unlock(&s->lock);
	*held = (struct snapshot_hold){0};
}
