#include "pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "service/service.h"

enum { WAIT_SECONDS = 3, FRESH_SECONDS = 1 };

struct place {
	struct db *db;
	int64_t used_at; /* on the monotonic clock */
	bool taken;
	unsigned connections; /* counted */
	uint64_t owner; /* while it is taken */
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t given;
	int size;
	struct place places[];
};

struct pool *pool_new(int size, const char *url, const char *application,
	const struct db_statement *table, size_t n)
{
	struct pool *p = calloc(1, sizeof *p + (size_t)size * sizeof p->places[0]);
	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->given, NULL);
	p->size = size;
	for (int i = 0; i < size; i++)
		if (!(p->places[i].db = db_new(url, application, table, n))) {
			pool_free(p);
			return NULL;
		}
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->size; i++)
		db_free(p->places[i].db);
	pthread_cond_destroy(&p->given);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* The free one that was used last: the others may stay cold. With the lock held. */
static bool pool_has_share(const struct pool *p, uint64_t owner)
{
	int n = 0;
	for (int i = 0; i < p->size; i++)
		n += p->places[i].taken && p->places[i].owner == owner;
	return owner != POOL_FOR_ALL && n >= (p->size + 1) / 2;
}

static struct place *pool_free_place(struct pool *p, uint64_t owner)
{
	struct place *best = NULL;
	for (int i = 0; i < p->size; i++) {
		struct place *at = &p->places[i];
		if (!at->taken && (!best || at->used_at > best->used_at))
			best = at;
	}
	return best && pool_has_share(p, owner) ? NULL : best;
}

static struct place *pool_wait(struct pool *p, uint64_t owner)
{
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += WAIT_SECONDS;
	struct place *at = pool_free_place(p, owner);
	while (!at && pthread_cond_timedwait(&p->given, &p->lock, &end) == 0)
		at = pool_free_place(p, owner);
	if (at) {
		at->taken = true;
		at->owner = owner;
	}
	return at;
}

static bool pool_revive(struct place *at, struct err *e)
{
	struct err lost = {0};
	if (!db_connect(at->db, e))
		return false;
	if (clock_monotonic() - at->used_at <= FRESH_SECONDS * CLOCK_SECOND ||
		db_script(at->db, "SELECT 1", &lost))
		return true;
	db_disconnect(at->db);
	return db_connect(at->db, e);
}

struct db *pool_take(struct pool *p, uint64_t owner, struct err *e)
{
	pthread_mutex_lock(&p->lock);
	struct place *at = pool_wait(p, owner);
	pthread_mutex_unlock(&p->lock);
	if (!at) {
		err_set(e, ERR_RETRY,
			"all %d connections to PostgreSQL are in use, or one's share of them",
			p->size);
		return NULL;
	}
	if (pool_revive(at, e)) {
		service_count_connections(at->db, &at->connections);
		return at->db;
	}
	pool_give(p, at->db);
	return NULL;
}

void pool_give(struct pool *p, struct db *db)
{
	if (!db)
		return;
	db_rollback(db);
	pthread_mutex_lock(&p->lock);
	for (int i = 0; i < p->size; i++)
		if (p->places[i].db == db) {
			p->places[i].taken = false;
			p->places[i].used_at = clock_monotonic();
		}
	pthread_cond_broadcast(&p->given); /* who may take it is not for this place to know */
	pthread_mutex_unlock(&p->lock);
}
