#include "headers.h"

#include <stdlib.h>

#include "digest.h"

enum { HEADERS_BYTES = 16 * 1024 * 1024 };

/* Adds a value under a name; the second makes an array of both. */
static void headers_add(json_t *object, const char *name, json_t *value)
{
	json_t *before = json_object_get(object, name);
	if (!before)
		json_object_set_new(object, name, value);
	else if (json_is_array(before))
		json_array_append_new(before, value);
	else
		json_object_set_new(object, name, json_pack("[O, o]", before, value));
}

char *headers_json(const struct bus_message *m)
{
	struct bus_header h;
	if (!bus_message_header(m, 0, &h))
		return NULL;
	json_t *object = json_object();
	for (size_t i = 0; i < HEADERS_MOST && bus_message_header(m, i, &h); i++) {
		BUF_AUTO text;
		buf_init(&text, HEADERS_BYTES);
		headers_add(object, h.name,
			h.data && digest_base64(&text, h.data, h.len) ? json_stringn(text.data, text.len)
								      : json_null());
	}
	char *text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text;
}

json_t *headers_shown(const void *json, size_t len)
{
	json_t *object = json ? json_loadb(json, len, 0, NULL) : NULL, *v;
	const char *name;
	void *next;
	if (!object)
		return json_object();
	json_object_foreach_safe (object, next, name, v) {
		if (json_is_array(v))
			json_object_set(object, name, json_array_get(v, json_array_size(v) - 1));
	}
	return object;
}

/* Decodes one value behind the others; where it starts is noted, for the buffer can still move. */
static bool headers_take(struct stored_headers *h, size_t *starts, const char *name, const json_t *v)
{
	if (h->n == HEADERS_MOST)
		return false;
	starts[h->n] = h->bytes.len;
	if (json_is_string(v) ? !digest_base64_decode(&h->bytes, json_string_value(v)) : !json_is_null(v))
		return false;
	h->list[h->n] = (struct stored_header){
		.name = name, .data = json_is_string(v) ? "" : NULL, .len = h->bytes.len - starts[h->n]};
	h->n++;
	return true;
}

static bool headers_decode(struct stored_headers *h, size_t *starts)
{
	const char *name;
	json_t *v, *one;
	size_t k;
	bool ok = true;
	json_object_foreach (h->root, name, v) {
		if (!json_is_array(v))
			ok = ok && headers_take(h, starts, name, v);
		json_array_foreach (v, k, one)
			ok = ok && headers_take(h, starts, name, one);
	}
	ok = ok && buf_add(&h->bytes, "", 1);
	for (size_t i = 0; ok && i < h->n; i++)
		if (h->list[i].data)
			h->list[i].data = h->bytes.data + starts[i];
	return ok;
}

bool headers_read(const void *json, size_t len, struct stored_headers *out)
{
	size_t starts[HEADERS_MOST];
	*out = (struct stored_headers){0};
	buf_init(&out->bytes, HEADERS_BYTES);
	if (!json)
		return true;
	out->root = json_loadb(json, len, 0, NULL);
	out->list = calloc(HEADERS_MOST, sizeof *out->list);
	return json_is_object((json_t *)out->root) && out->list && headers_decode(out, starts);
}

void headers_done(struct stored_headers *h)
{
	free(h->list);
	buf_done(&h->bytes);
	json_decref(h->root);
	*h = (struct stored_headers){0};
}
