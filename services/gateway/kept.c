#include "kept.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/metrics.h"

enum { PLACES = 64, STALE_MS = 10000, MARK = 16 /* hex digits */ };

struct answer {
	char name[VISIT_LIST]; /* "": free */
	char *body;
	size_t len;
	char etag[MARK + 3];
	int64_t made_at; /* on the monotonic clock, before anything was read */
	bool making;
};

struct kept {
	pthread_mutex_t lock;
	struct answer answers[PLACES];
};

struct kept *kept_new(void)
{
	struct kept *k = calloc(1, sizeof *k);
	if (k)
		pthread_mutex_init(&k->lock, NULL);
	return k;
}

void kept_free(struct kept *k)
{
	if (!k)
		return;
	for (int i = 0; i < PLACES; i++)
		free(k->answers[i].body);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

/* The path and what was read out of the query. */
static bool name_of(const struct visit *v, char out[VISIT_LIST])
{
	return snprintf(out, VISIT_LIST, "%s?%s", v->request->path,
		       v->period_name ? v->period_name : "") < VISIT_LIST;
}

static struct answer *find(struct kept *k, const char *name)
{
	for (int i = 0; i < PLACES; i++)
		if (strcmp(k->answers[i].name, name) == 0)
			return &k->answers[i];
	return NULL;
}

/* One tag of the list, or any (RFC 9110, 13.1.2: compared weakly). */
static bool names(const char *list, const char *etag)
{
	size_t len = strlen(etag);
	for (const char *p = list; p && *p; p += strcspn(p, ","), p += strspn(p, ", \t")) {
		const char *tag = strncmp(p, "W/", 2) == 0 ? p + 2 : p;
		size_t n = strcspn(tag, ", \t");
		if ((n == 1 && *tag == '*') || (n == len && strncmp(tag, etag, n) == 0))
			return true;
	}
	return false;
}

static bool send(struct visit *v, const struct answer *a)
{
	http_add_header(v->request, "ETag", a->etag);
	http_add_header(v->request, "Cache-Control", "public, max-age=60");
	if (names(http_header(v->request, "If-None-Match"), a->etag))
		return http_body(v->request, 304, NULL, "", 0);
	return http_body(v->request, 200, "application/json", a->body, a->len);
}

/* With the lock held. The first who finds it too old is to make it anew. */
static bool will_do(struct answer *a, int64_t now)
{
	int64_t age = now - a->made_at;
	if (age < KEPT_MS * 1000 || (a->making && age < STALE_MS * 1000))
		return true;
	a->making = true;
	return false;
}

static bool send_kept(struct visit *v, const char *name, int64_t now)
{
	struct kept *k = v->gateway->kept;
	pthread_mutex_lock(&k->lock);
	struct answer *a = find(k, name);
	bool there = a && will_do(a, now) && send(v, a);
	pthread_mutex_unlock(&k->lock);
	return there;
}

static void mark(struct answer *a)
{
	uint8_t hash[DIGEST_SHA256];
	char hex[MARK + 1];
	digest_sha256(a->body, a->len, hash);
	snprintf(a->etag, sizeof a->etag, "\"%s\"", digest_hex(hash, MARK / 2, hex));
}

/* What was made longest ago makes room; what is made anew takes its own place. */
static struct answer *place_for(struct kept *k, const char *name)
{
	struct answer *place = find(k, name);
	if (place)
		return place;
	place = &k->answers[0];
	for (int i = 1; i < PLACES; i++)
		if (k->answers[i].made_at < place->made_at)
			place = &k->answers[i];
	return place;
}

static void keep(struct kept *k, struct answer *fresh)
{
	pthread_mutex_lock(&k->lock);
	struct answer *place = place_for(k, fresh->name);
	char *old = place->body;
	*place = *fresh;
	pthread_mutex_unlock(&k->lock);
	free(old);
}

static void give_up(struct kept *k, const char *name)
{
	pthread_mutex_lock(&k->lock);
	struct answer *a = find(k, name);
	if (a)
		a->making = false;
	pthread_mutex_unlock(&k->lock);
}

static bool make_anew(struct visit *v, struct answer *a,
	json_t *(*make)(struct visit *v, struct err *e), struct err *e)
{
	json_t *body = visit_connect(v, e) ? make(v, e) : NULL;
	if (!body)
		return false;
	a->body = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	if (!a->body)
		return err_set(e, ERR_FATAL, "out of memory");
	a->len = strlen(a->body);
	mark(a);
	return send(v, a);
}

bool kept_answer(struct visit *v, json_t *(*make)(struct visit *v, struct err *e), struct err *e)
{
	struct answer fresh = {.made_at = clock_monotonic()};
	if (!name_of(v, fresh.name)) /* longer than the name of anything that there is */
		return visit_refuse(v, REFUSED_AGENCY);
	bool hit = send_kept(v, fresh.name, fresh.made_at);
	if (hit || v->request->may_wait)
		gateway_count_cache(GATEWAY_CACHE_ANSWERS, hit);
	if (hit)
		return true;
	if (make_anew(v, &fresh, make, e)) {
		keep(v->gateway->kept, &fresh);
		return true;
	}
	give_up(v->gateway->kept, fresh.name);
	return false;
}
