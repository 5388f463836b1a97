/* What a batch changed, onto the topics. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "messages/emit.h"

/* What scoring is to look at: a person's month, or a unit's. */
static int by_mark(const void *a, const void *b)
{
	const struct evidence *x = *(const struct evidence *const *)a,
			      *y = *(const struct evidence *const *)b;
	int c = memcmp(x->person, y->person, 16);
	if (c == 0)
		c = strcmp(x->unit ? x->unit : "", y->unit ? y->unit : "");
	return c ? c : x->month - y->month;
}

static const char *trace_for(const struct batch *b, const struct evidence *x, char out[TRACE_TEXT])
{
	size_t len = 0;
	const char *from = trace_of(&b->messages[x - b->rows], &len);
	if (!from && x->trace) {
		from = x->trace;
		len = strlen(from);
	}
	return trace_next(from, len, out);
}

/* Each month of a person or a unit once, however many events it got. A duplicate says it again: the
 * batch before may have died between its commit and here. */
static bool publish_accepted(const struct batch *b, struct worker *w, struct err *e)
{
	const struct evidence **rows = calloc((size_t)b->n + 1, sizeof *rows);
	char trace[TRACE_TEXT];
	int n = 0;
	bool ok = rows || err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; ok && i < b->n; i++) {
		const struct evidence *x = &b->rows[i];
		if (b->outcomes[i] != OUTCOME_REJECTED && b->outcomes[i] != OUTCOME_WAITING &&
			(x->has_person || x->unit))
			rows[n++] = x;
	}
	if (ok)
		qsort(rows, (size_t)n, sizeof *rows, by_mark);
	for (int i = 0; ok && i < n; i++)
		if (i == 0 || by_mark(&rows[i - 1], &rows[i]) != 0)
			ok = say_accepted(w, rows[i]->has_person ? rows[i]->person : NULL,
				rows[i]->unit, rows[i]->month, trace_for(b, rows[i], trace), e);
	free(rows);
	return ok;
}

static bool publish_rejected(const struct batch *b, struct worker *w, int i, struct err *e)
{
	const struct evidence *x = &b->rows[i];
	char *headers, detail[BATCH_DETAIL], trace[TRACE_TEXT];
	struct origin o;
	if (!batch_origin(b, w->state, i, &o, &headers, e))
		return false;
	struct evidence_rejected r = {
		.source = o.source,
		.reason = reason_code(x->early),
		.detail = batch_detail(x, detail),
		.topic = o.topic_name,
		.partition = o.partition,
		.offset = o.offset,
		.at = b->now,
		.key = o.key,
		.key_len = o.key_len,
		.payload = o.payload,
		.payload_len = o.payload_len,
		.headers = headers,
	};
	memcpy(r.sha256, o.sha256, sizeof r.sha256);
	bool ok = say_rejected(w, &r, trace_for(b, x, trace), e);
	free(headers);
	return ok;
}

bool batch_publish(const struct batch *b, struct worker *w, struct err *e)
{
	bool ok = publish_accepted(b, w, e);
	for (int i = 0; ok && i < b->n; i++)
		if (b->outcomes[i] == OUTCOME_REJECTED)
			ok = publish_rejected(b, w, i, e);
	return ok && bus_flush(w->out, e);
}
