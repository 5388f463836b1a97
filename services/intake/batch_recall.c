/* What was rejected before: a message that comes again from where it was is told of as it was the
 * first time. By now its person may be known or its time be past; but whoever sent it heard that it
 * does not count, and what makes it count is an event of its own, sent or redriven. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

static int by_place(const void *a, const void *b)
{
	const struct bus_message *x = *(const struct bus_message *const *)a,
				 *y = *(const struct bus_message *const *)b;
	int c = strcmp(x->topic, y->topic);
	if (c == 0)
		c = (x->partition > y->partition) - (x->partition < y->partition);
	return c ? c : (x->offset > y->offset) - (x->offset < y->offset);
}

static bool same_partition(const struct bus_message *a, const struct bus_message *b)
{
	return a->partition == b->partition && strcmp(a->topic, b->topic) == 0;
}

/* Messages by place, as the parts of partitions that they span; returns how many. */
static int spans_of(const struct bus_message *const *places, int n, struct store_span *out)
{
	int spans = 0;
	for (int i = 0; i < n; i++) {
		const struct bus_message *m = places[i];
		if (i == 0 || !same_partition(places[i - 1], m))
			out[spans++] =
				(struct store_span){m->topic, m->partition, m->offset, m->offset};
		out[spans - 1].last = m->offset;
	}
	return spans;
}

/* Another message can stand there when a topic was made anew. */
static bool same_bytes(const struct bus_message *m, const struct db_result *r, int row)
{
	uint8_t hash[DIGEST_SHA256];
	size_t len;
	const void *stored = db_bytes(r, row, 3, &len);
	digest_sha256(m->data ? m->data : "", m->len, hash);
	return len == sizeof hash && memcmp(stored, hash, sizeof hash) == 0;
}

static void recall(struct batch *b, const struct bus_message *m, const struct db_result *r, int row)
{
	struct evidence *x = &b->rows[m - b->messages];
	x->early = reason_parse(db_text(r, row, 4));
	x->field = "";
	x->detail = batch_keep(b, db_text(r, row, 5));
	x->known = true;
	*batch_outcome(b, x) = OUTCOME_REJECTED;
}

static void recall_all(
	struct batch *b, const struct bus_message *const *places, int n, const struct db_result *r)
{
	for (int row = 0; row < db_rows(r); row++) {
		const struct bus_message place = {.topic = db_text(r, row, 0),
			.partition = (int32_t)db_int(r, row, 1),
			.offset = db_int(r, row, 2)};
		const struct bus_message *key = &place, *const *m = bsearch(&key, places, (size_t)n,
								sizeof *places, by_place);
		if (m && same_bytes(*m, r, row))
			recall(b, *m, r, row);
	}
}

/* Without those that are rejected after all. */
static void keep_order(struct batch *b)
{
	int n = 0;
	for (int i = 0; i < b->n_order; i++)
		if (!b->order[i]->early)
			b->order[n++] = b->order[i];
	b->n_order = n;
}

/* `places` and `spans` have room for the whole batch. */
static bool recall_batch(struct batch *b, struct db *db, const struct bus_message **places,
	struct store_span *spans, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	for (int i = 0; i < b->n; i++)
		places[i] = &b->messages[i];
	qsort(places, (size_t)b->n, sizeof *places, by_place);
	if (!store_rejected(db, spans, spans_of(places, b->n, spans), &r, e))
		return false;
	if (db_rows(r) > 0) {
		recall_all(b, places, b->n, r);
		keep_order(b);
	}
	return true;
}

bool batch_recall(struct batch *b, struct db *db, struct err *e)
{
	size_t n = (size_t)b->n + 1;
	const struct bus_message **places = calloc(n, sizeof *places);
	struct store_span *spans = calloc(n, sizeof *spans);
	bool ok = places && spans ? recall_batch(b, db, places, spans, e)
				  : err_set(e, ERR_FATAL, "out of memory");
	free(spans);
	free(places);
	return ok;
}
