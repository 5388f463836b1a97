/* Who holds which id: an event is accepted when it is the first of its id with nothing against it.
 */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

/* Where the run of events with one key ends. */
static int same_key(const struct batch *b, int first)
{
	int i = first + 1;
	while (i < b->n_order && memcmp(b->order[first]->key, b->order[i]->key, 16) == 0)
		i++;
	return i;
}

/* What is held under which key. */
struct held {
	uint8_t key[16], content[16];
};

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

/* Finds a key in sorted rows, going on from where the last, smaller key was found. */
static const struct held *walk(const struct held *rows, int n, int *at, const uint8_t key[16])
{
	while (*at < n && memcmp(rows[*at].key, key, 16) < 0)
		++*at;
	return *at < n && memcmp(rows[*at].key, key, 16) == 0 ? &rows[*at] : NULL;
}

/* Who holds the keys of the batch already, by key. */
static bool holders(
	const struct batch *b, struct db *db, struct held **held, int *n_held, struct err *e)
{
	const struct evidence **first = calloc((size_t)b->n_order + 1, sizeof *first);
	DB_RESULT_AUTO *r = NULL;
	int n = 0;
	for (int i = 0; first && i < b->n_order; i = same_key(b, i))
		first[n++] = b->order[i];
	bool ok =
		first ? store_holders(db, first, n, &r, e) : err_set(e, ERR_FATAL, "out of memory");
	free(first);
	*n_held = ok ? db_rows(r) : 0;
	*held = calloc((size_t)*n_held + 1, sizeof **held);
	for (int i = 0; *held && i < *n_held; i++) {
		memcpy((*held)[i].key, db_uuid(r, i, 0), 16);
		memcpy((*held)[i].content, db_uuid(r, i, 1), 16);
	}
	if (*held)
		qsort(*held, (size_t)*n_held, sizeof **held, by_key);
	return ok && (*held || err_set(e, ERR_FATAL, "out of memory"));
}

static void reject(struct batch *b, const struct evidence *x, enum reason reason, const char *field,
	const char *detail)
{
	struct evidence *row = &b->rows[x - b->rows];
	row->early = reason;
	row->field = field;
	row->detail = detail;
	*batch_outcome(b, x) = OUTCOME_REJECTED;
}

/* Decides the events of one key in order of arrival. Returns the one that newly holds it, or NULL.
 */
static const struct evidence *decide_key(
	struct batch *b, int first, int end, const struct held *holder)
{
	const uint8_t *content = holder ? holder->content : NULL;
	const struct evidence *newly = NULL;
	for (int i = first; i < end; i++) {
		const struct evidence *x = b->order[i];
		if (content && memcmp(content, x->content, 16) == 0) {
			*batch_outcome(b, x) = OUTCOME_DUPLICATE;
		} else if (content) {
			reject(b, x, REASON_CONFLICTING_DUPLICATE, "id",
				"is held by another event of this source");
		} else if (x->late) {
			reject(b, x, x->late, x->field, x->detail);
		} else {
			*batch_outcome(b, x) = admit_waits(x) ? OUTCOME_WAITING : OUTCOME_ACCEPTED;
			content = x->content;
			newly = x;
		}
	}
	return newly;
}

bool batch_decide(struct batch *b, struct db *db, struct err *e)
{
	struct held *held = NULL;
	const struct evidence **newly = calloc((size_t)b->n_order + 1, sizeof *newly);
	int n_held = 0, n = 0, at = 0;
	bool ok =
		newly ? holders(b, db, &held, &n_held, e) : err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0, end; ok && i < b->n_order; i = end) {
		end = same_key(b, i);
		const struct evidence *x =
			decide_key(b, i, end, walk(held, n_held, &at, b->order[i]->key));
		if (x)
			newly[n++] = x;
	}
	ok = ok && (n == 0 || store_claim(db, newly, n, b->now, e));
	free(held);
	free(newly);
	return ok;
}
