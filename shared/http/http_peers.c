#include "http/http_peers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "http/http.h"
#include "http/http_address.h"
#include "http/http_refusal.h"

enum { REAP_EVERY_MS = 250 };

enum {
	HELD = 8 * 1024 * 1024, /* of bodies, for all requests together */
	HELD_BY_ONE = HELD / 2, /* for those of one client */
	HELD_FREE = 4096, /* of each body, uncounted: less than its connection costs, and enough to
			     sign in */
};

enum state { IDLE, READING, WORKING, ANSWERING };

struct http_peer {
	struct http_peers *all;
	struct http_peer *next, **back;
	int fd;
	enum state state;
	bool first; /* nothing was asked on it before */
	size_t held; /* of its request's body, beyond what is free */
	int64_t deadline; /* on the monotonic clock; 0: none */
	int64_t since; /* it became what it is */
	int64_t waited, left; /* of the time for its request, when that was last worked on */
	bool going; /* it has to make room */
	bool told; /* the last words were said on it */
	int said; /* with which status, if they were ours; else 0 */
	struct http_address from, client;
	char text[HTTP_ADDRESS_TEXT];
};

struct http_peers {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t reaper;
	struct http_peer *head;
	int busy; /* connections that are not idle */
	unsigned open, max_open, max_per_address;
	int64_t patience;
	atomic_bool draining; /* changed with the lock held */
	bool ending;
	struct http_block trusted[HTTP_BLOCKS_MOST];
	int n_trusted;
};

static atomic_bool dismissing; /* all of the program's servers: it is about to end */

static void wait_until(struct http_peers *p, int64_t deadline)
{
	struct timespec at = {
		.tv_sec = deadline / CLOCK_SECOND, .tv_nsec = deadline % CLOCK_SECOND * 1000};

	pthread_cond_timedwait(&p->changed, &p->lock, &at);
}

/* With the lock held. Nothing else is being sent while a request is read: what does not fit into
 * the system's buffer belongs to a client that reads no answers. */
static void tell(struct http_peer *peer, const struct buf *words)
{
	if (peer->told || words->failed)
		return;
	peer->told = true;
	(void)!send(peer->fd, words->data, words->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(peer->fd, SHUT_WR);
}

/* With the lock held. Whoever has begun a request hears why. */
static void end(struct http_peer *peer, int status)
{
	BUF_AUTO words;

	buf_init(&words, HTTP_REFUSAL);
	if (peer->state == READING && !peer->told) {
		http_refusal_words(&words, (unsigned)status);
		tell(peer, &words);
		peer->said = status;
	}
	shutdown(peer->fd, SHUT_RDWR);
}

static void reap(struct http_peers *p, int64_t now)
{
	for (struct http_peer *peer = p->head; peer; peer = peer->next)
		if (peer->deadline && peer->deadline <= now) {
			end(peer, HTTP_LATE);
			peer->deadline = 0;
		}
}

static void *reap_loop(void *arg)
{
	struct http_peers *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->ending) {
		int64_t now = clock_monotonic();

		reap(p, now);
		wait_until(p, now + REAP_EVERY_MS * 1000);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void init_locks(struct http_peers *p)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static void destroy(struct http_peers *p)
{
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

struct http_peers *http_peers_new(unsigned max_open, unsigned max_per_address, int deadline_ms,
	const char *trusted_proxies, struct err *e)
{
	struct http_peers *p = calloc(1, sizeof *p);

	if (!p) {
		err_set(e, ERR_FATAL, "out of memory");
		return NULL;
	}
	init_locks(p);
	p->max_open = max_open;
	p->max_per_address = max_per_address;
	p->patience = (int64_t)deadline_ms * 1000;
	p->n_trusted = http_blocks_parse(trusted_proxies, p->trusted, HTTP_BLOCKS_MOST);
	if (p->n_trusted < 0)
		err_set(e, ERR_FATAL, "the trusted proxies must be at most %d addresses or blocks",
			HTTP_BLOCKS_MOST);
	else if (pthread_create(&p->reaper, NULL, reap_loop, p))
		err_set(e, ERR_FATAL, "no thread could be started");
	else
		return p;
	destroy(p);
	return NULL;
}

void http_peers_free(struct http_peers *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->reaper, NULL);
	destroy(p);
}

static bool trusts(const struct http_peers *p, const struct http_address *a)
{
	return http_blocks_hold(p->trusted, p->n_trusted, a);
}

/* Which connections: NULL is any. A client's are those with a request of its. */
struct which {
	const struct http_address *from, *client;
	const struct http_peer *but;
};

static bool is_of(const struct http_peer *peer, const struct which *w)
{
	return !peer->going && peer != w->but &&
	       (!w->from || http_address_equal(&peer->from, w->from)) &&
	       (!w->client ||
		       (peer->state != IDLE && http_address_equal(&peer->client, w->client)));
}

static unsigned count(const struct http_peers *p, const struct which *w)
{
	unsigned n = 0;

	for (const struct http_peer *peer = p->head; peer; peer = peer->next)
		n += is_of(peer, w);
	return n;
}

/* With the lock held. We wait for whoever has asked nothing, or not yet all; for one that is
 * answered it is the other way round. Whoever of them lets us wait the longest goes: a client that
 * asks is done with it in no time. False: we wait for none. */
static bool make_room(struct http_peers *p, const struct which *w)
{
	struct http_peer *oldest = NULL;

	for (struct http_peer *peer = p->head; peer; peer = peer->next)
		if ((peer->state == IDLE || peer->state == READING) && is_of(peer, w) &&
			(!oldest || peer->since < oldest->since))
			oldest = peer;
	if (!oldest)
		return false;
	oldest->going = true;
	end(oldest, HTTP_BUSY);
	return true;
}

bool http_peers_admit(struct http_peers *p, const struct sockaddr *from)
{
	struct http_address a;
	const struct which its = {.from = &a};
	bool fits;

	if (!http_address_of(from, &a) || trusts(p, &a))
		return true;
	pthread_mutex_lock(&p->lock);
	fits = count(p, &its) < p->max_per_address || make_room(p, &its);
	pthread_mutex_unlock(&p->lock);
	return fits;
}

struct http_peer *http_peer_open(struct http_peers *p, int fd, const struct sockaddr *from)
{
	struct http_peer *peer = calloc(1, sizeof *peer);

	if (!peer)
		return NULL;
	peer->all = p;
	peer->fd = fd;
	peer->first = true;
	peer->since = clock_monotonic();
	peer->deadline = peer->since + p->patience;
	http_address_of(from, &peer->from);
	peer->client = peer->from;
	http_address_format(&peer->client, peer->text);
	pthread_mutex_lock(&p->lock);
	peer->next = p->head;
	peer->back = &p->head;
	if (peer->next)
		peer->next->back = &peer->next;
	p->head = peer;
	if (++p->open > p->max_open)
		make_room(p, &(struct which){.but = peer});
	pthread_mutex_unlock(&p->lock);
	return peer;
}

/* With the lock held. */
static void become(struct http_peer *peer, enum state state)
{
	struct http_peers *p = peer->all;

	p->busy += (state != IDLE) - (peer->state != IDLE);
	peer->state = state;
	if (state == IDLE)
		peer->held = 0;
	if (!p->busy && p->draining)
		pthread_cond_broadcast(&p->changed);
}

void http_peer_close(struct http_peer *peer)
{
	if (!peer)
		return;
	struct http_peers *p = peer->all;

	pthread_mutex_lock(&p->lock);
	become(peer, IDLE);
	p->open--;
	*peer->back = peer->next;
	if (peer->next)
		peer->next->back = peer->back;
	pthread_mutex_unlock(&p->lock);
	free(peer);
}

static void enter(struct http_peer *peer, enum state state, int64_t now, int64_t deadline)
{
	pthread_mutex_lock(&peer->all->lock);
	become(peer, state);
	if (state == WORKING) {
		peer->waited = now - peer->since;
		peer->left = peer->deadline - now;
	}
	peer->since = now;
	peer->deadline = deadline;
	if (state == IDLE && peer->all->draining)
		shutdown(peer->fd, SHUT_RD);
	pthread_mutex_unlock(&peer->all->lock);
}

void http_peer_reading(struct http_peer *peer)
{
	int64_t now = clock_monotonic();

	/* What was sent of the first request before its line was whole counts. */
	enter(peer, READING, peer->first ? peer->since : now,
		peer->first ? peer->deadline : now + peer->all->patience);
}

void http_peer_working(struct http_peer *peer)
{
	enter(peer, WORKING, clock_monotonic(), 0);
}

void http_peer_reading_on(struct http_peer *peer)
{
	int64_t now = clock_monotonic();

	enter(peer, READING, now - peer->waited, now + peer->left);
}

void http_peer_answering(struct http_peer *peer)
{
	int64_t now = clock_monotonic();

	enter(peer, ANSWERING, now, now + peer->all->patience);
}

void http_peer_idle(struct http_peer *peer)
{
	int64_t now = clock_monotonic();

	peer->first = false;
	enter(peer, IDLE, now, now + peer->all->patience);
}

bool http_peer_asks(struct http_peer *peer, const char *forwarded)
{
	struct http_peers *p = peer->all;
	struct http_address client =
		http_client_of(&peer->from, forwarded, p->trusted, p->n_trusted);
	const struct which its = {.client = &client, .but = peer};
	bool fits = true;

	if (http_address_equal(&client, &peer->from) && http_address_equal(&client, &peer->client))
		return true;
	http_address_format(&client, peer->text);
	pthread_mutex_lock(&p->lock);
	peer->client = client;
	if (!http_address_equal(&client, &peer->from))
		fits = count(p, &its) < p->max_per_address || make_room(p, &its);
	pthread_mutex_unlock(&p->lock);
	return fits;
}

void http_peer_tell(struct http_peer *peer, const struct buf *words)
{
	pthread_mutex_lock(&peer->all->lock);
	tell(peer, words);
	pthread_mutex_unlock(&peer->all->lock);
}

int http_peer_said(struct http_peer *peer)
{
	int said;

	pthread_mutex_lock(&peer->all->lock);
	said = peer->said;
	pthread_mutex_unlock(&peer->all->lock);
	return said;
}

bool http_peer_hold(struct http_peer *peer, size_t bytes)
{
	struct http_peers *p = peer->all;
	size_t want = bytes > HELD_FREE ? bytes - HELD_FREE : 0, all = want, own = want;
	bool fits;

	pthread_mutex_lock(&p->lock);
	for (const struct http_peer *other = p->head; want && other; other = other->next) {
		size_t held = other == peer ? 0 : other->held;

		all += held;
		own += http_address_equal(&other->client, &peer->client) ? held : 0;
	}
	fits = all <= HELD && own <= HELD_BY_ONE;
	if (fits)
		peer->held = want;
	pthread_mutex_unlock(&p->lock);
	return fits;
}

const char *http_peer_client(const struct http_peer *peer)
{
	return peer->text;
}

void http_peers_drain(struct http_peers *p, int wait_ms)
{
	int64_t end = clock_monotonic() + (int64_t)wait_ms * 1000;

	pthread_mutex_lock(&p->lock);
	p->draining = true;
	for (struct http_peer *peer = p->head; peer; peer = peer->next)
		if (peer->state == IDLE)
			shutdown(peer->fd, SHUT_RDWR);
	while (p->busy && clock_monotonic() < end)
		wait_until(p, end);
	pthread_mutex_unlock(&p->lock);
}

bool http_peers_draining(struct http_peers *p)
{
	return atomic_load(&p->draining) || atomic_load(&dismissing);
}

void http_dismiss(void)
{
	atomic_store(&dismissing, true);
}
