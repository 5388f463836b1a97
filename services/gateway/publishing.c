#include "publishing.h"

#include <stdlib.h>

#include "base/metrics.h"

struct publishing {
	struct bus_delivery delivery;
	struct visit *visit;
	int events;
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
		metric_add(service_metric_base() + GATEWAY_EVENTS, 0, p->events);
		http_json(v->request, 202, json_pack("{s:i}", "accepted", p->events));
	} else {
		v->route->face->failed(v, &p->e);
	}
	free(p);
	http_done(v->request);
}

struct publishing *publishing_begin(struct visit *v, int events, struct err *e)
{
	struct publishing *p = calloc(1, sizeof *p);
	if (!p) {
		err_set(e, ERR_FATAL, "out of memory");
		return NULL;
	}
	p->visit = v;
	p->events = events;
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
