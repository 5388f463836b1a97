/* known: who asks, remembered by the sha256 of a token or of a session's cookie, never by the token
 * itself, so that PostgreSQL is not asked for every request.
 *
 * What is remembered is believed KNOWN_MS from the moment at which PostgreSQL was asked, and no
 * longer than the token is good for: a revocation holds everywhere within that time. From half of
 * it on one of those who ask is sent to ask PostgreSQL again, while the others still believe it.
 * Whoever is not known is not remembered. A bounded number of entries; the one that was asked for
 * longest ago makes room. Thread-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

enum { KNOWN_MS = 4000 }; /* revocations are promised within 5 s */
enum known_kind { KNOWN_TOKEN, KNOWN_SESSION };

struct known;
struct known *known_new(void); /* NULL without memory */
void known_free(struct known *k); /* accepts NULL */

/* `now` is the wall clock's, for the token's own end. False: PostgreSQL is to be asked, and
 * *asked_at handed to known_add with what it says, if the caller may ask; otherwise by another
 * call. */
bool known_find(struct known *k, enum known_kind kind, const uint8_t hash[32], int64_t now,
	bool may_ask, struct who *out, int64_t *asked_at);
void known_add(struct known *k, enum known_kind kind, const uint8_t hash[32], int64_t asked_at,
	const struct who *who);
/* At once, here: somebody signed out, or PostgreSQL does not know it any more. */
void known_forget(struct known *k, enum known_kind kind, const uint8_t hash[32]);
