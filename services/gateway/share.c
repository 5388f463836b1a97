#include "share.h"

#include <pthread.h>
#include <stdlib.h>

struct taken {
	int64_t token;
	unsigned n; /* never 0 */
};

struct share {
	pthread_mutex_t lock;
	unsigned most;
	struct taken *taken; /* as many as there are tokens with requests under way: a few */
	size_t n, room;
};

struct share *share_new(unsigned most)
{
	struct share *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	s->most = most;
	return s;
}

void share_free(struct share *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s->taken);
	free(s);
}

static struct taken *find(struct share *s, int64_t token)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->taken[i].token == token)
			return &s->taken[i];
	return NULL;
}

static struct taken *add(struct share *s, int64_t token)
{
	if (s->n == s->room) {
		size_t room = s->room * 2 + 16;
		struct taken *more = realloc(s->taken, room * sizeof *more);
		if (!more)
			return NULL;
		s->taken = more;
		s->room = room;
	}
	s->taken[s->n] = (struct taken){token, 0};
	return &s->taken[s->n++];
}

bool share_take(struct share *s, int64_t token)
{
	pthread_mutex_lock(&s->lock);
	struct taken *x = find(s, token);
	if (!x)
		x = add(s, token);
	bool fits = x && x->n < s->most;
	if (fits)
		x->n++;
	pthread_mutex_unlock(&s->lock);
	return fits;
}

void share_give(struct share *s, int64_t token)
{
	pthread_mutex_lock(&s->lock);
	struct taken *x = find(s, token);
	if (x && --x->n == 0)
		*x = s->taken[--s->n];
	pthread_mutex_unlock(&s->lock);
}
