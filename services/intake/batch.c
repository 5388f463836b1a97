#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/nip.h"
#include "messages/headers.h"

enum { PAGE = 64 * 1024 };

/* Texts of a batch: pages that never move once they hold something. */
const char *batch_keep(void *memory, const char *text)
{
	struct batch *b = memory;
	size_t len = strlen(text) + 1;
	struct buf *page = b->n_pages ? &b->pages[b->n_pages - 1] : NULL;
	if (!page || page->len + len + 1 > page->cap) {
		struct buf *pages = realloc(b->pages, (size_t)(b->n_pages + 1) * sizeof *pages);
		if (!pages)
			return "";
		b->pages = pages;
		page = &pages[b->n_pages++];
		buf_init(page, PAGE);
		page->data = malloc(PAGE);
		page->cap = page->data ? PAGE : 0;
	}
	const char *place = page->data + page->len;
	return buf_add(page, text, len) ? place : "";
}

void batch_done(struct batch *b)
{
	for (int i = 0; i < b->n_pages; i++)
		buf_done(&b->pages[i]);
	free(b->pages);
	free(b->rows);
	free(b->outcomes);
	free(b->bare);
	free(b->order);
	free(b->accepted);
}

void batch_again(struct batch *b)
{
	const struct batch fresh = {.messages = b->messages, .n = b->n, .now = clock_now()};
	batch_done(b);
	*b = fresh;
}

void intake_forget(struct intake *in)
{
	for (int i = 0; i < in->n_topics; i++)
		free(in->topics[i].name);
	in->n_topics = in->n_days = 0;
}

void intake_done(struct intake *in)
{
	intake_forget(in);
	free(in->topics);
	free(in->days);
	free(in);
}

/* Decode */

/* What cannot be decoded is its person's as far as its key says so: upstreams send a person's
 * events under the number. */
static void note_key(
	const struct registry *r, const struct bus_message *m, int32_t today, struct evidence *x)
{
	char nip[NIP_DIGITS + 1];
	if (!m->key || headers_key(m) != NIP_DIGITS)
		return;
	memcpy(nip, m->key, NIP_DIGITS);
	nip[NIP_DIGITS] = '\0';
	admit_note_person(r, nip, today, x);
}

static void decode_one(struct batch *b, const struct registry *r, int i)
{
	const struct bus_message *m = &b->messages[i];
	struct event_header headers[HEADERS_MOST];
	const struct event_input in = {m->data, m->len, headers, headers_of(m, headers)};
	b->bare[i] = in.n_headers == 0;
	struct event event;
	struct event_fault fault;
	if (m->unreadable) {
		b->rows[i] = (struct evidence){.early = REASON_MALFORMED,
			.field = "",
			.detail = "its batch cannot be unpacked; it is only on the topic"};
		return;
	}
	if (event_fits(&in, m->key_len, &fault) && event_decode(&in, &event, &fault)) {
		admit_event(r, admit_topic_source(m->topic), &event, b->now, batch_keep, b,
			&b->rows[i]);
		event_done(&event);
		return;
	}
	char id[EVENT_ID_TEXT];
	b->rows[i] = (struct evidence){.early = fault.reason,
		.field = batch_keep(b, fault.field),
		.detail = batch_keep(b, fault.detail),
		.event_id = event_read_id(&in, id) ? batch_keep(b, id) : NULL};
	note_key(r, m, clock_date(b->now), &b->rows[i]);
}

/* By key, and by arrival among equals: rows are in order of arrival. */
static int by_key(const void *a, const void *b)
{
	const struct evidence *x = *(const struct evidence *const *)a,
			      *y = *(const struct evidence *const *)b;
	int c = memcmp(x->key, y->key, sizeof x->key);
	return c ? c : x < y ? -1 : 1;
}

static bool make_rows(struct batch *b, struct err *e)
{
	size_t n = (size_t)b->n;
	b->rows = calloc(n, sizeof *b->rows);
	b->outcomes = calloc(n, sizeof *b->outcomes);
	b->bare = calloc(n, sizeof *b->bare);
	b->order = calloc(n, sizeof *b->order);
	return (b->rows && b->outcomes && b->bare && b->order) ||
	       err_set(e, ERR_FATAL, "out of memory");
}

bool batch_refuse(struct batch *b, struct err *e)
{
	if (!make_rows(b, e))
		return false;
	for (int i = 0; i < b->n; i++) {
		b->rows[i] = (struct evidence){.early = REASON_MALFORMED,
			.field = "",
			.detail = "the store cannot hold it"};
		b->outcomes[i] = OUTCOME_REJECTED;
	}
	return true;
}

bool batch_decode(struct batch *b, struct worker *w, struct err *e)
{
	const struct intake *in = w->state;
	if (!make_rows(b, e))
		return false;
	for (int i = 0; i < b->n; i++) {
		decode_one(b, in->registry.value, i);
		if (b->rows[i].early)
			b->outcomes[i] = OUTCOME_REJECTED;
		else
			b->order[b->n_order++] = &b->rows[i];
	}
	qsort(b->order, (size_t)b->n_order, sizeof *b->order, by_key);
	return true;
}

/* What goes along with a message into the store and onto the topics */

int32_t batch_topic(const struct intake *in, const char *name)
{
	for (int i = 0; i < in->n_topics; i++)
		if (strcmp(in->topics[i].name, name) == 0)
			return in->topics[i].id;
	return 0;
}

bool batch_origin(const struct batch *b, const struct intake *in, int i, struct origin *out,
	char **headers, struct err *e)
{
	const struct bus_message *m = &b->messages[i];
	*headers = NULL;
	if (!b->bare[i] && !headers_json(m, headers))
		return err_set(e, ERR_FATAL, "out of memory");
	*out = (struct origin){
		.topic = batch_topic(in, m->topic),
		.topic_name = m->topic,
		.source = admit_topic_source(m->topic),
		.partition = m->partition,
		.offset = m->offset,
		.key = m->key,
		.key_len = headers_key(m),
		.payload = m->data,
		.payload_len = m->len,
		.headers = *headers,
		.headers_len = *headers ? strlen(*headers) : 0,
	};
	digest_sha256(m->data ? m->data : "", m->len, out->sha256);
	return true;
}

const char *batch_trace(const struct batch *b, int i, char out[TRACE_TEXT])
{
	size_t len = 0;
	const char *from = trace_of(&b->messages[i], &len);
	if (!from && b->rows[i].trace) {
		from = b->rows[i].trace;
		len = strlen(from);
	}
	snprintf(out, TRACE_TEXT, "%.*s", TRACE_TEXT - 1, len == TRACE_TEXT - 1 ? from : "");
	return out;
}

const char *batch_detail(const struct evidence *x, char out[BATCH_DETAIL])
{
	snprintf(out, BATCH_DETAIL, "%s%s%s", x->field, *x->field ? ": " : "",
		x->detail ? x->detail : "");
	return out;
}
