#include "together.h"

#include <pthread.h>
#include <stdlib.h>

/* While one waits for its commit to reach the disk, another works. */
enum { THREADS = 2 };

struct together {
	pthread_mutex_t lock;
	pthread_cond_t added;
	struct together_item *head, **tail;
	int most, n;
	bool ending;
	void (*run)(void *arg, struct together_item *items);
	void *arg;
	pthread_t threads[THREADS];
};

/* The first of those that gathered, cut off from the rest. */
static struct together_item *cut(struct together *t)
{
	struct together_item *first = t->head, *last = first;
	for (int i = 1; i < t->most && last->next; i++)
		last = last->next;
	t->head = last->next;
	if (!t->head)
		t->tail = &t->head;
	last->next = NULL;
	return first;
}

/* NULL: it is over. */
static struct together_item *take(struct together *t)
{
	pthread_mutex_lock(&t->lock);
	while (!t->head && !t->ending)
		pthread_cond_wait(&t->added, &t->lock);
	struct together_item *items = t->head ? cut(t) : NULL;
	pthread_mutex_unlock(&t->lock);
	return items;
}

static void *work(void *arg)
{
	struct together *t = arg;
	struct together_item *items;
	while ((items = take(t)))
		t->run(t->arg, items);
	return NULL;
}

struct together *together_new(
	void (*run)(void *arg, struct together_item *items), void *arg, int most)
{
	struct together *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->added, NULL);
	t->tail = &t->head;
	t->run = run;
	t->arg = arg;
	t->most = most;
	while (t->n < THREADS && pthread_create(&t->threads[t->n], NULL, work, t) == 0)
		t->n++;
	if (t->n == THREADS)
		return t;
	together_free(t);
	return NULL;
}

void together_free(struct together *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->ending = true;
	pthread_cond_broadcast(&t->added);
	pthread_mutex_unlock(&t->lock);
	for (int i = 0; i < t->n; i++)
		pthread_join(t->threads[i], NULL);
	pthread_cond_destroy(&t->added);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

void together_add(struct together *t, struct together_item *item)
{
	item->next = NULL;
	pthread_mutex_lock(&t->lock);
	*t->tail = item;
	t->tail = &item->next;
	pthread_cond_signal(&t->added);
	pthread_mutex_unlock(&t->lock);
}
