#include "publishing.h"

#include <stdlib.h>

#include "base/metrics.h"

struct publishing {
	struct bus_delivery delivery;
	struct visit *visit;
	int n, metric;
	json_t *answer;
	struct err e;
};

static void told(struct bus_delivery *d, void *arg)
{
	struct publishing *p = arg;
	struct visit *v = p->visit;
	bool ok = bus_outcome(v->gateway->out, d, &p->e) && p->e.code == ERR_NONE;
	if (p->e.code == ERR_FATAL)
		atomic_store(&v->gateway->producer_broken, true);
	if (ok) {
		metric_add(service_metric_base() + p->metric, 0, p->n);
		http_json(v->request, 202, p->answer);
	} else {
		json_decref(p->answer);
		v->route->face->failed(v, &p->e);
	}
	free(p);
	http_done(v->request);
}

struct publishing *publishing_begin(
	struct visit *v, int n, int metric, json_t *answer, struct err *e)
{
	struct publishing *p = calloc(1, sizeof *p);
	if (!p || !answer) {
		free(p);
		json_decref(answer);
		err_set(e, ERR_FATAL, "out of memory");
		return NULL;
	}
	p->visit = v;
	p->n = n;
	p->metric = metric;
	p->answer = answer;
	bus_open(&p->delivery, told, p);
	http_later(v->request);
	return p;
}

struct bus_delivery *publishing_delivery(struct publishing *p)
{
	return &p->delivery;
}

void publishing_end(struct publishing *p, const struct err *e)
{
	p->e = *e;
	bus_close(&p->delivery);
}
