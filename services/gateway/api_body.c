/* api_body: what the body of POST /events is by its head, before anything of it is read. */
#include <string.h>
#include <strings.h>

#include "api.h"
#include "base/media.h"
#include "binary.h"

#define JSON "application/json"

static bool refuse(struct visit *v, const char *detail)
{
	http_add_header(v->request, "Accept-Post", API_EVENT ", " API_BATCH ", " JSON);
	http_problem(v->request, 415, "unsupported_media_type", detail);
	return false;
}

static bool is_coded(const struct visit *v)
{
	const char *coding = http_header(v->request, "Content-Encoding");
	return coding && *coding && strcasecmp(coding, "identity") != 0;
}

static void find_attribute(const char *name, const char *value, void *arg)
{
	(void)value;
	if (binary_is_attribute(name))
		*(bool *)arg = true;
}

/* The CloudEvents type decides; else attributes among the fields make it binary mode, where a type
 * may be left out. NULL: none that is taken. */
static const char *mode_of(const struct visit *v, const char *type)
{
	static const char prefix[] = "application/cloudevents";
	bool binary = false;
	for (const char *const *p = (const char *const[]){API_EVENT, API_BATCH, NULL}; *p; p++)
		if (media_is(type, *p))
			return *p;
	if (strncasecmp(type, prefix, strlen(prefix)) == 0)
		return NULL;
	http_each_header(v->request, find_attribute, &binary);
	if (binary)
		return !*type || media_is_json(type) ? API_BINARY : NULL;
	return media_is(type, JSON) ? API_EVENT : NULL;
}

bool api_takes_json(struct visit *v)
{
	const char *type = http_header(v->request, "Content-Type");
	if (!is_coded(v) && type && media_is_json(type) && media_is_utf8(type))
		return true;
	http_add_header(v->request, "Accept-Post", JSON);
	http_problem(v->request, 415, "unsupported_media_type",
		"send " JSON " in UTF-8, without a Content-Encoding");
	return false;
}

bool api_takes_events(struct visit *v)
{
	const char *type = http_header(v->request, "Content-Type");
	type = type ? type : "";
	if (is_coded(v)) {
		http_add_header(v->request, "Accept-Encoding", "identity");
		return refuse(v, "send the body as it is: no Content-Encoding is taken");
	}
	v->type = mode_of(v, type);
	if (!v->type)
		return refuse(v, "send " API_EVENT " or " API_BATCH ", or in binary mode " JSON
				 " with the attributes as ce- headers");
	return media_is_utf8(type) ||
	       refuse(v, "send UTF-8: the charset of the body must be utf-8");
}
