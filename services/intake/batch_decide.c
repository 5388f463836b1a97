/* Who holds which id: an event is accepted when it is the first of its id with nothing against it. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

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

static int by_first_16(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

/* Finds a key in sorted rows that begin with one, going on from where the last, smaller key was found. */
static const void *walk(const void *rows, int n, size_t size, int *at, const uint8_t key[16])
{
	const char *list = rows;
	while (*at < n && memcmp(list + (size_t)*at * size, key, 16) < 0)
		++*at;
	const char *row = list + (size_t)*at * size;
	return *at < n && memcmp(row, key, 16) == 0 ? row : NULL;
}

/* Holds the first event of each key that has nothing against it; the keys newly held come back sorted. */
static bool claim(struct batch *b, struct db *db, uint8_t (**claimed)[16], int *n_claimed, struct err *e)
{
	const struct evidence **first = calloc((size_t)b->n_order + 1, sizeof *first);
	DB_RESULT_AUTO *r = NULL;
	int n = 0;
	for (int i = 0, end; first && i < b->n_order; i = end) {
		end = same_key(b, i);
		for (int k = i; k < end; k++)
			if (b->order[k]->late == REASON_NONE) {
				first[n++] = b->order[k];
				break;
			}
	}
	bool ok = first ? store_claim(db, first, n, &r, e) : err_set(e, ERR_FATAL, "out of memory");
	free(first);
	*n_claimed = ok ? db_rows(r) : 0;
	*claimed = calloc((size_t)*n_claimed + 1, sizeof **claimed);
	if (ok && !*claimed)
		return err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; i < *n_claimed; i++)
		memcpy((*claimed)[i], db_uuid(r, i, 0), 16);
	qsort(*claimed, (size_t)*n_claimed, sizeof **claimed, by_first_16);
	return ok;
}

/* Looks up who holds the keys that were not newly held, one row of each. */
static bool holders(struct batch *b, struct db *db, uint8_t (*claimed)[16], int n_claimed, struct held **held,
	int *n_held, struct err *e)
{
	const struct evidence **asked = calloc((size_t)b->n_order + 1, sizeof *asked);
	DB_RESULT_AUTO *r = NULL;
	int n = 0, at = 0;
	for (int i = 0; asked && i < b->n_order; i = same_key(b, i))
		if (!walk(claimed, n_claimed, 16, &at, b->order[i]->key))
			asked[n++] = b->order[i];
	bool ok = asked ? n == 0 || store_holders(db, asked, n, &r, e) : err_set(e, ERR_FATAL, "out of memory");
	free(asked);
	*n_held = ok ? db_rows(r) : 0;
	*held = calloc((size_t)*n_held + 1, sizeof **held);
	if (ok && !*held)
		return err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; i < *n_held; i++) {
		memcpy((*held)[i].key, db_uuid(r, i, 0), 16);
		memcpy((*held)[i].content, db_uuid(r, i, 1), 16);
	}
	qsort(*held, (size_t)*n_held, sizeof **held, by_first_16);
	return ok;
}

static void reject(struct batch *b, const struct evidence *x, enum reason reason, const char *field, const char *detail)
{
	struct evidence *row = &b->rows[x - b->rows];
	row->early = reason;
	row->field = field;
	row->detail = detail;
	*batch_outcome(b, x) = OUTCOME_REJECTED;
}

/* Decides the events of one key in order of arrival: an id is held by who came first with nothing against it. */
static void decide_key(struct batch *b, int first, int end, bool newly, const struct held *holder)
{
	const uint8_t *content = holder ? holder->content : NULL;
	for (int i = first; i < end; i++) {
		const struct evidence *x = b->order[i];
		if (content && memcmp(content, x->content, 16) == 0) {
			*batch_outcome(b, x) = OUTCOME_DUPLICATE;
		} else if (content) {
			reject(b, x, REASON_CONFLICTING_DUPLICATE, "id", "is held by another event of this source");
		} else if (x->late) {
			reject(b, x, x->late, x->field, x->detail);
		} else if (newly) {
			*batch_outcome(b, x) = admit_waits(x) ? OUTCOME_WAITING : OUTCOME_ACCEPTED;
			content = x->content;
		}
	}
}

bool batch_decide(struct batch *b, struct db *db, struct err *e)
{
	uint8_t(*claimed)[16] = NULL;
	struct held *held = NULL;
	int n_claimed = 0, n_held = 0, at_claimed = 0, at_held = 0;
	bool ok = claim(b, db, &claimed, &n_claimed, e) && holders(b, db, claimed, n_claimed, &held, &n_held, e);
	for (int i = 0, end; ok && i < b->n_order; i = end) {
		const uint8_t *key = b->order[i]->key;
		end = same_key(b, i);
		decide_key(b, i, end, walk(claimed, n_claimed, 16, &at_claimed, key) != NULL,
			walk(held, n_held, sizeof *held, &at_held, key));
	}
	free(claimed);
	free(held);
	return ok;
}
