#include "quota.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"

/* Entries lie in sets by the hash; a set's entries are few enough to look through. */
enum { SETS = 4096, WAYS = 4 };
#define HOUR (3600 * CLOCK_SECOND)

/* What was used is paid off evenly: `free_at` is when all of it is. */
struct entry {
	uint64_t who; /* 0: nobody */
	int64_t free_at;
};

struct quota {
	pthread_mutex_t lock;
	int64_t each; /* microseconds in which one comes back; 0: without bounds */
	struct entry entries[SETS][WAYS];
};

struct quota *quota_new(int64_t per_hour)
{
	struct quota *q = calloc(1, sizeof *q);
	if (!q)
		return NULL;
	pthread_mutex_init(&q->lock, NULL);
	q->each = per_hour ? HOUR / per_hour : 0;
	return q;
}

void quota_free(struct quota *q)
{
	if (!q)
		return;
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* Who is paid off first makes room. */
static struct entry *find(struct quota *q, uint64_t who)
{
	struct entry *set = q->entries[who % SETS], *oldest = &set[0];
	for (int i = 0; i < WAYS; i++) {
		if (set[i].who == who)
			return &set[i];
		if (set[i].free_at < oldest->free_at)
			oldest = &set[i];
	}
	*oldest = (struct entry){.who = who};
	return oldest;
}

bool quota_take(struct quota *q, uint64_t who, int64_t now, int64_t *wait)
{
	if (!q->each)
		return true;
	pthread_mutex_lock(&q->lock);
	struct entry *x = find(q, who ? who : 1);
	int64_t owed = x->free_at > now ? x->free_at - now : 0, over = owed + q->each - HOUR;
	if (over <= 0)
		x->free_at = now + owed + q->each;
	pthread_mutex_unlock(&q->lock);
	*wait = over > 0 ? (over + CLOCK_SECOND - 1) / CLOCK_SECOND : 0;
	return over <= 0;
}
