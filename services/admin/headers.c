#include "headers.h"

#include <stdlib.h>

#include <jansson.h>

#include "digest.h"

enum { HEADERS_BYTES = 16 * 1024 * 1024 };

/* Decodes them one behind the other; `data` is only set once the buffer no longer moves. */
static bool headers_decode(struct stored_headers *h, size_t *starts)
{
	const char *name;
	json_t *v;
	json_object_foreach(h->root, name, v)
	{
		struct stored_header *one = &h->list[h->n];
		starts[h->n] = h->bytes.len;
		if (json_is_string(v) ? !digest_base64_decode(&h->bytes, json_string_value(v))
				      : !json_is_null(v))
			return false;
		*one = (struct stored_header){.name = name, .len = h->bytes.len - starts[h->n]};
		h->n++;
	}
	if (!buf_add(&h->bytes, "", 1))
		return false;
	size_t i = 0;
	json_object_foreach(h->root, name, v)
	{
		if (json_is_string(v))
			h->list[i].data = h->bytes.data + starts[i];
		i++;
	}
	return true;
}

bool headers_read(const void *json, size_t len, struct stored_headers *out)
{
	*out = (struct stored_headers){0};
	buf_init(&out->bytes, HEADERS_BYTES);
	if (!json)
		return true;
	out->root = json_loadb(json, len, 0, NULL);
	size_t n = json_object_size(out->root);
	if (!json_is_object((json_t *)out->root))
		return false;
	out->list = calloc(n + 1, sizeof *out->list);
	size_t *starts = calloc(n + 1, sizeof *starts);
	bool ok = out->list && starts && headers_decode(out, starts);
	free(starts);
	return ok;
}

void headers_done(struct stored_headers *h)
{
	free(h->list);
	buf_done(&h->bytes);
	json_decref(h->root);
	*h = (struct stored_headers){0};
}
