#include "messages/headers.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

enum { HEADERS_BYTES = 16 * 1024 * 1024, HEADERS_KEPT = EVENT_MAX_HEADER_BYTES + 1 };

size_t headers_of(const struct bus_message *m, struct event_header out[HEADERS_MOST])
{
	struct bus_header h;
	size_t n = 0;
	for (; n < HEADERS_MOST && bus_message_header(m, n, &h); n++)
		out[n] = (struct event_header){h.name, h.data, h.len};
	return n;
}

size_t headers_key(const struct bus_message *m)
{
	return m->key_len < HEADERS_KEPT ? m->key_len : HEADERS_KEPT;
}

/* Writing */

static json_t *encoded(const char *data, size_t len)
{
	BUF_AUTO text;
	buf_init(&text, 2 * len + 4);
	return digest_base64(&text, data, len) ? json_stringn(text.data ? text.data : "", text.len)
					       : NULL;
}

/* As much of `len` bytes as there is room for. */
static size_t fit(size_t len, size_t *room)
{
	size_t n = len < *room ? len : *room;
	*room -= n;
	return n;
}

static bool headers_append(json_t *list, const struct event_header *h, size_t *room)
{
	json_t *name = encoded(h->name, fit(strlen(h->name), room));
	json_t *value = h->data ? encoded(h->data, fit(h->len, room)) : json_null();
	return json_array_append_new(list, json_pack("[o, o]", name, value)) == 0;
}

bool headers_json(const struct bus_message *m, char **out)
{
	struct event_header headers[HEADERS_MOST];
	size_t n = headers_of(m, headers), room = HEADERS_KEPT - headers_key(m);
	*out = NULL;
	if (n == 0 || room == 0)
		return true;
	json_auto_t *list = json_array();
	bool ok = true;
	for (size_t i = 0; ok && i < n && room; i++)
		ok = headers_append(list, &headers[i], &room);
	*out = ok ? json_dumps(list, JSON_COMPACT) : NULL;
	return *out != NULL;
}

/* Reading: everything is decoded into one buffer, which can still move, so that at first only
 * places in it are noted. */

struct places {
	size_t name[HEADERS_MOST], data[HEADERS_MOST];
};

static bool take_base64(struct buf *bytes, const json_t *v, size_t *place)
{
	*place = bytes->len;
	return json_is_string(v) && digest_base64_decode(bytes, json_string_value(v)) &&
	       buf_add(bytes, "", 1);
}

static bool take_pair(struct stored_headers *h, struct places *at, const json_t *pair)
{
	const json_t *value = json_array_get(pair, 1);
	bool null = json_is_null(value);
	if (h->n == HEADERS_MOST || json_array_size(pair) != 2 ||
		!take_base64(&h->bytes, json_array_get(pair, 0), &at->name[h->n]) ||
		(!null && !take_base64(&h->bytes, value, &at->data[h->n])))
		return false;
	h->list[h->n] = (struct event_header){
		.data = null ? NULL : "", .len = null ? 0 : h->bytes.len - at->data[h->n] - 1};
	h->n++;
	return true;
}

static bool headers_decode(struct stored_headers *h, struct places *at, json_t *root)
{
	json_t *pair;
	size_t k;
	bool ok = json_is_array(root);
	json_array_foreach (root, k, pair)
		ok = ok && take_pair(h, at, pair);
	for (size_t i = 0; i < h->n; i++) {
		h->list[i].name = h->bytes.data + at->name[i];
		if (h->list[i].data)
			h->list[i].data = h->bytes.data + at->data[i];
	}
	return ok;
}

bool headers_read(const void *json, size_t len, struct stored_headers *out)
{
	struct places at;
	*out = (struct stored_headers){0};
	buf_init(&out->bytes, HEADERS_BYTES);
	if (!json)
		return true;
	json_auto_t *root = json_loadb(json, len, 0, NULL);
	out->list = calloc(HEADERS_MOST, sizeof *out->list);
	return root && out->list && headers_decode(out, &at, root);
}

void headers_done(struct stored_headers *h)
{
	free(h->list);
	buf_done(&h->bytes);
	*h = (struct stored_headers){0};
}

/* A name as text, or as bytes where it is none. */
static json_t *shown_name(const char *name)
{
	json_t *text = json_string(name);
	return text ? text : json_pack("{s:o}", "base64", encoded(name, strlen(name)));
}

json_t *headers_shown(const void *json, size_t len, size_t most)
{
	struct stored_headers h;
	json_t *list = json_array();
	bool ok = headers_read(json, len, &h);
	for (size_t i = 0; ok && i < h.n; i++) {
		const struct event_header *x = &h.list[i];
		size_t size = strlen(x->name) + x->len;
		if (size > most)
			break;
		most -= size;
		json_array_append_new(
			list, json_pack("[o, o]", shown_name(x->name),
				      x->data ? encoded(x->data, x->len) : json_null()));
	}
	headers_done(&h);
	return list;
}
