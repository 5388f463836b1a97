/* http_peers: a server's open connections: from whom, how many for each address, and until when. A
 * thread of its own shuts down what is past its deadline, however busily it dribbles; the library
 * only knows inactivity.
 *
 * A connection is idle, then reading a request, working on it, answering it, then idle again.
 * Reading and answering have the deadline's time each, idling too; working has none, it is the
 * server's own time. From a connection's first byte to the last of its first request there is one
 * deadline; later requests are known only from their request line on. Whoever has sent that, and is
 * late with the rest or has to make room, is told (408, 503); others are ended without a word.
 * Thread-safe; a peer's own calls come from one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"

struct http_peers;
struct http_peer;

/* Of `max_open` whoever has let us wait the longest for a request, or for the rest of one, makes
 * room for the next; nobody does while all others are worked for or answered. */
struct http_peers *http_peers_new(unsigned max_open, unsigned max_per_address, int deadline_ms,
	const char *trusted_proxies, struct err *e) MUST_CHECK;
void http_peers_free(struct http_peers *p); /* when all are closed; accepts NULL */

/* True unless this address has as many connections as it may, and lets us wait on none of them:
 * otherwise the one that lets us wait the longest makes room. Trusted proxies may have any number.
 */
bool http_peers_admit(struct http_peers *p, const struct sockaddr *from);
/* `fd` is borrowed until http_peer_close, and shut down but never closed. NULL without memory. */
struct http_peer *http_peer_open(struct http_peers *p, int fd, const struct sockaddr *from);
void http_peer_close(struct http_peer *peer); /* accepts NULL */

void http_peer_reading(struct http_peer *peer);
/* Once its head is read: notes who asks (`forwarded`: X-Forwarded-For or NULL); false when that
 * client, behind a proxy, has as many requests under way as it may, and all of them have come; else
 * the one that lets us wait the longest makes room. */
bool http_peer_asks(struct http_peer *peer, const char *forwarded);
/* How many bytes of a body this request holds now: until it is idle, or says otherwise. False, and
 * nothing noted, when all together, or those of its client, would hold more than they may. A body's
 * first bytes always fit. */
bool http_peer_hold(struct http_peer *peer, size_t bytes);
void http_peer_working(struct http_peer *peer);
void http_peer_reading_on(struct http_peer *peer); /* the rest of it, in the time that was left */
/* Sends the last words on a connection at once, while its request is still read, unless there were
 * such. The library may go on reading; whatever it sends goes nowhere. */
void http_peer_tell(struct http_peer *peer, const struct buf *words);
int http_peer_said(struct http_peer *peer); /* the status of 408 or 503, if that was said; else 0 */
void http_peer_answering(struct http_peer *peer);
void http_peer_idle(struct http_peer *peer);
const char *http_peer_client(
	const struct http_peer *peer); /* as text; valid until the next request */

/* Shuts idle connections down now and others when they become idle; waits up to wait_ms until none
 * is busy. */
void http_peers_drain(struct http_peers *p, int wait_ms);
bool http_peers_draining(struct http_peers *p);
