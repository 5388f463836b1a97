/* together: what many ask for at the same moment is done at once, as by one statement and one
 * commit, while others gather. Nobody waits for it in a thread of their own. Thread-safe. */
#pragma once

#include <stdbool.h>

/* One request's part, embedded in what the work needs to know of it. */
struct together_item {
	struct together_item *next; /* NULL for the last of those that are done at once */
};

struct together;
/* `run` gets a list of at most `most` items, which are its own from then on: it tells each of them.
 * NULL without memory or threads. */
struct together *together_new(
	void (*run)(void *arg, struct together_item *items), void *arg, int most);
void together_free(struct together *t); /* when all that was added is done; accepts NULL */
void together_add(struct together *t, struct together_item *item);
