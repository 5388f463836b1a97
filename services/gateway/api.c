#include "api.h"

#include <string.h>
#include <strings.h>

#include "base/digest.h"

static bool api_find(struct visit *v, bool *found, struct err *e)
{
	static const char scheme[] = "Bearer ";
	const char *sent = http_header(v->request, "Authorization");
	*found = false;
	if (!sent || strncasecmp(sent, scheme, strlen(scheme)) != 0)
		return true;
	return visit_know(v, sent + strlen(scheme), found, e);
}

static bool api_stranger(struct visit *v)
{
	http_add_header(v->request, "WWW-Authenticate", "Bearer");
	http_problem(v->request, 401, "unauthenticated",
		"a bearer token that is known and still good is needed");
	return false;
}

static bool api_refuse(struct visit *v, const struct refusal *why)
{
	http_problem_errors(v->request, why->status, why->code, why->detail, v->errors);
	v->errors = NULL;
	return false;
}

static bool api_failed(struct visit *v, const struct err *e)
{
	return http_failed(v->request, e);
}

const struct face api_face = {api_find, api_stranger, api_refuse, api_failed};

json_t *api_base64(const void *data, size_t len)
{
	BUF_AUTO text;
	buf_init(&text, 2 * len + 4);
	return data && digest_base64(&text, data, len)
		       ? json_stringn(text.data ? text.data : "", text.len)
		       : json_null();
}

bool api_page(struct visit *v, json_t *items, const struct cursor *next)
{
	char text[CURSOR_TEXT];
	return http_json(v->request, 200,
		json_pack("{s:o, s:s?}", "items", items, "next",
			next ? cursor_format(next, v->list, text) : NULL));
}
