#include "known.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"

/* Entries lie in sets by the hash's first byte; a set's entries are few enough to look through. */
enum { SETS = 256, WAYS = 4 };

struct entry {
	bool used;
	enum known_kind kind;
	uint8_t hash[DIGEST_SHA256];
	int64_t asked_at; /* on the monotonic clock, before PostgreSQL was asked */
	bool refreshing; /* somebody is asking again */
	struct who who;
};

struct known {
	pthread_mutex_t lock;
	struct entry entries[SETS][WAYS];
};

struct known *known_new(void)
{
	struct known *k = calloc(1, sizeof *k);
	if (k)
		pthread_mutex_init(&k->lock, NULL);
	return k;
}

void known_free(struct known *k)
{
	if (!k)
		return;
	pthread_mutex_destroy(&k->lock);
	free(k);
}

/* With the lock held; NULL when it is not there. */
static struct entry *find(struct known *k, enum known_kind kind, const uint8_t hash[32])
{
	struct entry *set = k->entries[hash[0]];
	for (int i = 0; i < WAYS; i++)
		if (set[i].used && set[i].kind == kind && digest_equal(set[i].hash, hash, 32))
			return &set[i];
	return NULL;
}

static struct entry *make_room(struct known *k, const uint8_t hash[32])
{
	struct entry *set = k->entries[hash[0]], *oldest = set;
	for (int i = 1; i < WAYS; i++)
		if (!set[i].used || (oldest->used && set[i].asked_at < oldest->asked_at))
			oldest = &set[i];
	return oldest;
}

/* The first who finds an entry half spent is to ask again. */
static bool believe(struct entry *x, int64_t at, int64_t now, bool may_ask)
{
	int64_t age = at - x->asked_at;
	if (age >= KNOWN_MS * 1000 || (x->who.until && x->who.until <= now))
		return false;
	if (age < KNOWN_MS * 1000 / 2 || x->refreshing)
		return true;
	x->refreshing = may_ask;
	return false;
}

bool known_find(struct known *k, enum known_kind kind, const uint8_t hash[32], int64_t now,
	bool may_ask, struct who *out, int64_t *asked_at)
{
	*asked_at = clock_monotonic();
	pthread_mutex_lock(&k->lock);
	struct entry *x = find(k, kind, hash);
	bool found = x && believe(x, *asked_at, now, may_ask);
	if (found)
		*out = x->who;
	pthread_mutex_unlock(&k->lock);
	return found;
}

void known_add(struct known *k, enum known_kind kind, const uint8_t hash[32], int64_t asked_at,
	const struct who *who)
{
	pthread_mutex_lock(&k->lock);
	struct entry *x = find(k, kind, hash);
	if (!x)
		x = make_room(k, hash);
	*x = (struct entry){.used = true, .kind = kind, .asked_at = asked_at, .who = *who};
	memcpy(x->hash, hash, sizeof x->hash);
	pthread_mutex_unlock(&k->lock);
}

void known_forget(struct known *k, enum known_kind kind, const uint8_t hash[32])
{
	pthread_mutex_lock(&k->lock);
	struct entry *x = find(k, kind, hash);
	if (x)
		x->used = false;
	pthread_mutex_unlock(&k->lock);
}
