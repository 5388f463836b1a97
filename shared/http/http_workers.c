#include "http/http_workers.h"

#include <pthread.h>
#include <stdlib.h>

enum { STACK = 512 * 1024 };

struct http_workers {
	pthread_mutex_t lock;
	pthread_cond_t added;
	struct http_job *head, **tail;
	bool ending;
	unsigned n;
	pthread_t threads[];
};

/* NULL: it is over. */
static struct http_job *next_job(struct http_workers *w)
{
	struct http_job *job;

	pthread_mutex_lock(&w->lock);
	while (!w->head && !w->ending)
		pthread_cond_wait(&w->added, &w->lock);
	job = w->head;
	if (job) {
		w->head = job->next;
		if (!w->head)
			w->tail = &w->head;
	}
	pthread_mutex_unlock(&w->lock);
	return job;
}

static void *work(void *arg)
{
	struct http_job *job;

	while ((job = next_job(arg)))
		job->run(job);
	return NULL;
}

static void start(struct http_workers *w, unsigned threads)
{
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK);
	while (w->n < threads && !pthread_create(&w->threads[w->n], &small, work, w))
		w->n++;
	pthread_attr_destroy(&small);
}

struct http_workers *http_workers_new(unsigned threads, struct err *e)
{
	struct http_workers *w = calloc(1, sizeof *w + threads * sizeof w->threads[0]);

	if (!w) {
		err_set(e, ERR_FATAL, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->added, NULL);
	w->tail = &w->head;
	start(w, threads);
	if (w->n == threads)
		return w;
	http_workers_free(w);
	err_set(e, ERR_FATAL, "no thread could be started");
	return NULL;
}

void http_workers_add(struct http_workers *w, struct http_job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&w->lock);
	*w->tail = job;
	w->tail = &job->next;
	pthread_cond_signal(&w->added);
	pthread_mutex_unlock(&w->lock);
}

void http_workers_free(struct http_workers *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_broadcast(&w->added);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->n; i++)
		pthread_join(w->threads[i], NULL);
	pthread_cond_destroy(&w->added);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
