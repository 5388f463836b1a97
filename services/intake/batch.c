#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "clock.h"
#include "emit.h"
#include "log.h"

enum { PAGE = 64 * 1024, MAX_HEADERS = 64, MAX_HEADERS_JSON = 256 * 1024 };

/* Texts of a batch: pages that never move once they hold something. */
static const char *keep(void *memory, const char *text)
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
	free(b->order);
	free(b->accepted);
}

bool intake_refresh(struct worker *w, struct err *e)
{
	struct intake *in = w->state;
	int64_t version;
	if (!store_registry_version(w->db, &version, e))
		return false;
	if (in->registry && in->registry->version == version)
		return true;
	struct registry *fresh = store_registry_load(w->db, e);
	if (!fresh)
		return false;
	registry_free(in->registry);
	in->registry = fresh;
	log_info("registry read", LOG_I("version", fresh->version), LOG_I("people", fresh->n_people));
	return true;
}

/* Decode */

static size_t headers_of(const struct bus_message *m, struct event_header *out)
{
	struct bus_header h;
	size_t n = 0;
	for (; n < MAX_HEADERS && bus_message_header(m, n, &h); n++)
		out[n] = (struct event_header){h.name, h.data, h.len};
	return n;
}

static void decode_one(struct batch *b, const struct registry *r, int i)
{
	const struct bus_message *m = &b->messages[i];
	struct event_header headers[MAX_HEADERS];
	const struct event_input in = {m->data, m->len, headers, headers_of(m, headers)};
	struct event event;
	struct event_fault fault;
	if (event_decode(&in, &event, &fault)) {
		admit_event(r, admit_topic_source(m->topic), &event, b->now, keep, b, &b->rows[i]);
		event_done(&event);
		return;
	}
	b->rows[i] = (struct evidence){
		.early = fault.reason, .field = keep(b, fault.field), .detail = keep(b, fault.detail)};
}

/* By key, and by arrival among equals: rows are in order of arrival. */
static int by_key(const void *a, const void *b)
{
	const struct evidence *x = *(const struct evidence *const *)a, *y = *(const struct evidence *const *)b;
	int c = memcmp(x->key, y->key, sizeof x->key);
	return c ? c : x < y ? -1 : 1;
}

bool batch_decode(struct batch *b, struct worker *w, struct err *e)
{
	const struct intake *in = w->state;
	size_t n = (size_t)b->n;
	b->rows = calloc(n, sizeof *b->rows);
	b->outcomes = calloc(n, sizeof *b->outcomes);
	b->order = calloc(n, sizeof *b->order);
	if (!b->rows || !b->outcomes || !b->order)
		return err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; i < b->n; i++) {
		decode_one(b, in->registry, i);
		if (b->rows[i].early)
			b->outcomes[i] = OUTCOME_REJECTED;
		else
			b->order[b->n_order++] = &b->rows[i];
	}
	qsort(b->order, (size_t)b->n_order, sizeof *b->order, by_key);
	return true;
}

/* Store */

static enum outcome *outcome_of(struct batch *b, const struct evidence *x)
{
	return &b->outcomes[x - b->rows];
}

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
	*outcome_of(b, x) = OUTCOME_REJECTED;
}

/* Decides the events of one key in order of arrival: an id is held by who came first with nothing against it. */
static void decide_key(struct batch *b, int first, int end, bool newly, const struct held *holder)
{
	const uint8_t *content = holder ? holder->content : NULL;
	for (int i = first; i < end; i++) {
		const struct evidence *x = b->order[i];
		if (content && memcmp(content, x->content, 16) == 0) {
			*outcome_of(b, x) = OUTCOME_DUPLICATE;
		} else if (content) {
			reject(b, x, REASON_CONFLICTING_DUPLICATE, "id", "is held by another event of this source");
		} else if (x->late) {
			reject(b, x, x->late, x->field, x->detail);
		} else if (newly) {
			*outcome_of(b, x) = admit_waits(x) ? OUTCOME_WAITING : OUTCOME_ACCEPTED;
			content = x->content;
		}
	}
}

static bool decide(struct batch *b, struct db *db, struct err *e)
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

static int32_t topic_id(const struct intake *in, const char *name)
{
	for (int i = 0; i < in->n_topics; i++)
		if (strcmp(in->topics[i].name, name) == 0)
			return in->topics[i].id;
	return 0;
}

static char *headers_json(const struct bus_message *m)
{
	struct bus_header h;
	if (!bus_message_header(m, 0, &h))
		return NULL;
	json_t *object = json_object();
	for (size_t i = 0; i < MAX_HEADERS && bus_message_header(m, i, &h); i++) {
		BUF_AUTO text;
		buf_init(&text, MAX_HEADERS_JSON);
		json_object_set_new(object, h.name,
			h.data && digest_base64(&text, h.data, h.len) ? json_stringn(text.data, text.len) : json_null());
	}
	char *text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text;
}

/* `headers` is to be freed by the caller. */
static struct origin origin_of(const struct intake *in, const struct bus_message *m, char **headers)
{
	*headers = headers_json(m);
	struct origin o = {
		.topic = topic_id(in, m->topic),
		.topic_name = m->topic,
		.source = admit_topic_source(m->topic),
		.partition = m->partition,
		.offset = m->offset,
		.key = m->key,
		.key_len = m->key_len,
		.payload = m->data,
		.payload_len = m->len,
		.headers = *headers,
		.headers_len = *headers ? strlen(*headers) : 0,
	};
	digest_sha256(m->data ? m->data : "", m->len, o.sha256);
	return o;
}

static int by_total(const void *a, const void *b)
{
	const struct evidence *x = *(const struct evidence *const *)a, *y = *(const struct evidence *const *)b;
	int c = memcmp(x->person, y->person, 16);
	if (c == 0)
		c = x->month - y->month;
	return c ? c : x->indicator - y->indicator;
}

/* Those without a person come first: `counting` is where the others begin. */
static bool sort_accepted(struct batch *b, struct err *e)
{
	b->accepted = calloc((size_t)b->n + 1, sizeof *b->accepted);
	if (!b->accepted)
		return err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; i < b->n; i++)
		if (b->outcomes[i] == OUTCOME_ACCEPTED)
			b->accepted[b->n_accepted++] = &b->rows[i];
	qsort(b->accepted, (size_t)b->n_accepted, sizeof *b->accepted, by_total);
	while (b->counting < b->n_accepted && !b->accepted[b->counting]->has_person)
		b->counting++;
	return true;
}

static bool store_sums(struct batch *b, struct db *db, struct err *e)
{
	int n = b->n_accepted - b->counting;
	return n == 0 || store_totals(db, b->accepted + b->counting, n, e);
}

/* In the order of the totals, which is that of the index as well. */
static bool store_accepted(struct batch *b, struct worker *w, struct err *e)
{
	if (!store_evidence_begin(w->db, e))
		return false;
	bool ok = true;
	for (int i = 0; ok && i < b->n_accepted; i++) {
		const struct evidence *x = b->accepted[i];
		char *headers;
		const struct origin from = origin_of(w->state, &b->messages[x - b->rows], &headers);
		ok = store_evidence_add(w->db, x, &from, b->now, e);
		free(headers);
	}
	return ok && store_evidence_end(w->db, e);
}

/* Rejections, waiting corrections and declarations: rare, one by one. */
static bool store_others(struct batch *b, struct worker *w, struct err *e)
{
	bool ok = true;
	for (int i = 0; ok && i < b->n; i++) {
		struct evidence *x = &b->rows[i];
		if (b->outcomes[i] == OUTCOME_ACCEPTED && x->type == EVENT_COMPLETE)
			ok = store_complete(w->db, x, e);
		if (b->outcomes[i] == OUTCOME_ACCEPTED || b->outcomes[i] == OUTCOME_DUPLICATE)
			continue;
		char *headers, detail[256];
		const struct origin from = origin_of(w->state, &b->messages[i], &headers);
		snprintf(detail, sizeof detail, "%s%s%s", x->field, *x->field ? ": " : "", x->detail ? x->detail : "");
		ok = ok &&
			(b->outcomes[i] == OUTCOME_WAITING ? store_wait(w->db, x, &from, b->now, e)
							   : store_reject(w->db, &from, x->early, detail, b->now, e));
		free(headers);
	}
	return ok;
}

enum { MOST_SOURCES = 256 };

static bool store_counts(struct batch *b, struct worker *w, struct err *e)
{
	struct tally tallies[MOST_SOURCES];
	int n = 0;
	for (int i = 0; i < b->n; i++) {
		const char *source = admit_topic_source(b->messages[i].topic);
		int k = 0;
		while (k < n && strcmp(tallies[k].source, source) != 0)
			k++;
		if (k == MOST_SOURCES)
			continue;
		if (k == n)
			tallies[n++] = (struct tally){.source = source};
		tallies[k].accepted += b->outcomes[i] == OUTCOME_ACCEPTED || b->outcomes[i] == OUTCOME_WAITING;
		tallies[k].duplicates += b->outcomes[i] == OUTCOME_DUPLICATE;
		tallies[k].rejected += b->outcomes[i] == OUTCOME_REJECTED;
	}
	bool ok = true;
	for (int k = 0; ok && k < n; k++)
		ok = store_tally(w->db, w->name, &tallies[k], e);
	return ok;
}

/* The partitions and topic numbers that the batch needs, made before its transaction begins. */
static bool prepare_partitions(struct batch *b, struct worker *w, struct err *e)
{
	struct intake *in = w->state;
	for (int i = 0; i < b->n_order; i++) {
		const struct evidence *x = b->order[i];
		int32_t month = clock_month(x->day);
		int k = 0;
		while (k < in->n_days && in->days[k] != month)
			k++;
		if (k < in->n_days || x->late)
			continue;
		int32_t *days = realloc(in->days, (size_t)(in->n_days + 1) * sizeof *days);
		if (!days)
			return err_set(e, ERR_FATAL, "out of memory");
		in->days = days;
		if (!store_partition(w->db, x->day, e))
			return false;
		in->days[in->n_days++] = month;
	}
	return true;
}

static bool prepare_topics(struct batch *b, struct worker *w, struct err *e)
{
	struct intake *in = w->state;
	for (int i = 0; i < b->n; i++) {
		const char *name = b->messages[i].topic;
		if (topic_id(in, name))
			continue;
		void *topics = realloc(in->topics, (size_t)(in->n_topics + 1) * sizeof *in->topics);
		if (!topics)
			return err_set(e, ERR_FATAL, "out of memory");
		in->topics = topics;
		if (!store_topic(w->db, name, &in->topics[in->n_topics].id, e))
			return false;
		in->topics[in->n_topics++].name = strdup(name);
	}
	return true;
}

static void count_outcomes(const struct batch *b)
{
	int base = service_metric_base();
	for (int i = 0; i < b->n; i++) {
		metric_add(base + INTAKE_EVENTS, (int)b->outcomes[i], 1);
		if (b->outcomes[i] == OUTCOME_REJECTED)
			metric_add(base + INTAKE_REJECTED, (int)b->rows[i].early, 1);
	}
}

bool batch_store(struct batch *b, struct worker *w, struct err *e)
{
	bool ok = prepare_partitions(b, w, e) && prepare_topics(b, w, e) && db_begin(w->db, e) && decide(b, w->db, e) &&
		sort_accepted(b, e) && store_accepted(b, w, e) && store_others(b, w, e) && store_sums(b, w->db, e) && store_counts(b, w, e) &&
		db_commit(w->db, e);
	if (ok)
		count_outcomes(b);
	else
		db_rollback(w->db);
	return ok;
}

/* Publish */

static int by_mark(const void *a, const void *b)
{
	const struct evidence *x = *(const struct evidence *const *)a, *y = *(const struct evidence *const *)b;
	int c = memcmp(x->person, y->person, 16);
	return c ? c : x->month - y->month;
}

static const char *trace_for(const struct batch *b, const struct evidence *x, char out[TRACE_TEXT])
{
	size_t len = 0;
	const char *from = trace_of(&b->messages[x - b->rows], &len);
	return trace_next(from, len, out);
}

/* Each person's month once, however many events it got. A duplicate says it again: the batch before may have died
 * between its commit and here. */
static bool publish_accepted(const struct batch *b, struct worker *w, struct err *e)
{
	const struct evidence **rows = calloc((size_t)b->n + 1, sizeof *rows);
	char trace[TRACE_TEXT];
	int n = 0;
	bool ok = rows || err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0; ok && i < b->n; i++) {
		const struct evidence *x = &b->rows[i];
		if (b->outcomes[i] == OUTCOME_REJECTED || b->outcomes[i] == OUTCOME_WAITING)
			continue;
		if (x->has_person)
			rows[n++] = x;
		else if (x->unit)
			ok = say_accepted(w, NULL, x->unit, x->month, trace_for(b, x, trace), e);
	}
	if (ok)
		qsort(rows, (size_t)n, sizeof *rows, by_mark);
	for (int i = 0; ok && i < n; i++)
		if (i == 0 || by_mark(&rows[i - 1], &rows[i]) != 0)
			ok = say_accepted(w, rows[i]->person, NULL, rows[i]->month, trace_for(b, rows[i], trace), e);
	free(rows);
	return ok;
}

static bool publish_rejected(const struct batch *b, struct worker *w, int i, struct err *e)
{
	const struct evidence *x = &b->rows[i];
	char *headers, detail[256], trace[TRACE_TEXT];
	const struct origin o = origin_of(w->state, &b->messages[i], &headers);
	snprintf(detail, sizeof detail, "%s%s%s", x->field, *x->field ? ": " : "", x->detail ? x->detail : "");
	struct rejected r = {
		.source = o.source,
		.reason = reason_code(x->early),
		.detail = detail,
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
