#include "pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "service/service.h"

/* For a place while PostgreSQL answers; believed to answer still; until it is tried again. */
enum { PLACE_MS = 3000, FRESH_MS = 1000, AGAIN_MS = 100 };

struct place {
	struct db *db;
	int64_t used_at; /* on the monotonic clock */
	bool taken;
	bool fresh; /* used a moment ago: it is not asked whether it still answers */
	unsigned connections; /* counted */
	uint64_t owner; /* while it is taken */
};

struct pool {
	struct pool_config config;
	pthread_mutex_t lock; /* of all that follows, but what a taken place holds */
	pthread_cond_t given;
	int waiting; /* requests */
	int64_t away_since; /* 0: PostgreSQL is there, as far as is known */
	int64_t back_at; /* when that was last found out, after it had been away */
	int64_t lost_at; /* a connection; others that were used before may be dead as well */
	struct place places[];
};

struct pool *pool_new(const struct pool_config *c)
{
	struct pool *p = calloc(1, sizeof *p + (size_t)c->size * sizeof p->places[0]);
	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->given, NULL);
	p->config = *c;
	for (int i = 0; i < c->size; i++)
		if (!(p->places[i].db = db_new(c->url, c->application, c->table, c->n))) {
			pool_free(p);
			return NULL;
		}
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->config.size; i++)
		db_free(p->places[i].db);
	pthread_cond_destroy(&p->given);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static bool pool_has_share(const struct pool *p, uint64_t owner)
{
	int n = 0;
	for (int i = 0; i < p->config.size; i++)
		n += p->places[i].taken && p->places[i].owner == owner;
	return owner != POOL_FOR_ALL && n >= (p->config.size + 1) / 2;
}

/* The free one that was used last: the others may stay cold. With the lock held. */
static struct place *pool_free_place(struct pool *p, uint64_t owner)
{
	struct place *best = NULL;
	for (int i = 0; i < p->config.size; i++) {
		struct place *at = &p->places[i];
		if (!at->taken && (!best || at->used_at > best->used_at))
			best = at;
	}
	return best && pool_has_share(p, owner) ? NULL : best;
}

/* With the lock held, as the next three. A lasting absence holds up nobody: what is waited for
 * PostgreSQL counts from when it went. */
static int64_t pool_until(const struct pool *p, int64_t since)
{
	if (p->away_since)
		return p->away_since + p->config.wait_ms * 1000;
	return (since > p->back_at ? since : p->back_at) + PLACE_MS * 1000;
}

static bool pool_may_wait(const struct pool *p, int64_t since)
{
	bool room = !p->away_since || p->waiting <= p->config.most_waiting;
	return room && clock_monotonic() < pool_until(p, since) && !service_stopping();
}

static void pool_doze(struct pool *p)
{
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += AGAIN_MS * 1000000L;
	end.tv_sec += end.tv_nsec / 1000000000L;
	end.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(&p->given, &p->lock, &end);
}

static struct place *pool_claim(struct pool *p, uint64_t owner, int64_t since)
{
	struct place *at;
	while (!(at = pool_free_place(p, owner)) && pool_may_wait(p, since))
		pool_doze(p);
	if (at) {
		at->taken = true;
		at->owner = owner;
		at->fresh = at->used_at > p->lost_at &&
			    clock_monotonic() - at->used_at <= FRESH_MS * 1000;
	}
	return at;
}

static bool pool_revive(const struct place *at, struct err *e)
{
	struct err lost = {0};
	if (!db_connect(at->db, e))
		return false;
	if (at->fresh || db_script(at->db, "SELECT 1", &lost))
		return true;
	db_disconnect(at->db);
	return db_connect(at->db, e);
}

/* With the lock held. */
static void pool_note(struct pool *p, bool there)
{
	if (there == !p->away_since)
		return;
	int64_t now = clock_monotonic();
	p->away_since = there ? 0 : now;
	p->back_at = there ? now : p->back_at;
}

/* Tries until it has a connection, for as long as it may. With the lock held but while it tries. */
static bool pool_insist(struct pool *p, const struct place *at, int64_t since, struct err *e)
{
	for (;;) {
		struct err why = {0};
		pthread_mutex_unlock(&p->lock);
		bool there = pool_revive(at, &why);
		pthread_mutex_lock(&p->lock);
		pool_note(p, there || why.code != ERR_RETRY);
		if (there || why.code != ERR_RETRY || !pool_may_wait(p, since))
			return there || err_set(e, why.code, "%s", why.text);
		pool_doze(p);
	}
}

static bool pool_none(const struct pool *p, struct err *e)
{
	return err_set(e, ERR_RETRY,
		p->away_since ? "PostgreSQL is away, and all %d connections are waited with"
			      : "all %d connections to PostgreSQL are in use, or one's share of "
				"them",
		p->config.size);
}

struct db *pool_take(struct pool *p, uint64_t owner, struct err *e)
{
	int64_t since = clock_monotonic();
	pthread_mutex_lock(&p->lock);
	p->waiting++;
	struct place *at = pool_claim(p, owner, since);
	bool had = at ? pool_insist(p, at, since, e) : pool_none(p, e);
	p->waiting--;
	pthread_mutex_unlock(&p->lock);
	if (had) {
		service_count_connections(at->db, &at->connections);
		return at->db;
	}
	pool_give(p, at ? at->db : NULL);
	return NULL;
}

void pool_give(struct pool *p, struct db *db)
{
	if (!db)
		return;
	db_rollback(db);
	int64_t now = clock_monotonic();
	pthread_mutex_lock(&p->lock);
	if (!db_is_connected(db))
		p->lost_at = now;
	for (int i = 0; i < p->config.size; i++)
		if (p->places[i].db == db) {
			p->places[i].taken = false;
			p->places[i].used_at = now;
		}
	pthread_cond_broadcast(&p->given); /* who may take it is not for this place to know */
	pthread_mutex_unlock(&p->lock);
}
