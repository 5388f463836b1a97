#include "media.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"

/* What is too long for `out` is none that anybody here knows. */
static void copy_lower(char *out, size_t size, const char *text, size_t len)
{
	size_t n = len < size ? len : 0;
	for (size_t i = 0; i < n; i++)
		out[i] = (char)tolower((unsigned char)text[i]);
	out[n] = '\0';
}

/* The end of a parameter's value: a quoted one may hold a semicolon. */
static const char *value_end(const char *p)
{
	if (*p != '"')
		return p + strcspn(p, "; \t");
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return p;
}

static void take_parameter(struct media *out, const char *p)
{
	static const char name[] = "charset=";
	if (strncasecmp(p, name, strlen(name)) != 0)
		return;
	p += strlen(name);
	const char *end = value_end(p);
	p += *p == '"';
	copy_lower(out->charset, sizeof out->charset, p, (size_t)(end - p));
}

void media_parse(const char *text, struct media *out)
{
	*out = (struct media){0};
	if (!text)
		return;
	copy_lower(out->type, sizeof out->type, text, strcspn(text, "; \t"));
	for (const char *p = strchr(text, ';'); p; p = strchr(p, ';')) {
		p += 1 + strspn(p + 1, " \t;");
		take_parameter(out, p);
		const char *value = p + strcspn(p, "=;");
		p = *value == '=' ? value_end(value + 1) : value;
	}
}

bool media_is_json(const struct media *m)
{
	static const char prefix[] = "application/", suffix[] = "+json";
	size_t len = strlen(m->type), least = strlen(prefix) + strlen(suffix);
	return strcmp(m->type, "application/json") == 0 ||
	       (len > least && strncmp(m->type, prefix, strlen(prefix)) == 0 &&
		       strcmp(m->type + len - strlen(suffix), suffix) == 0);
}

bool media_is_utf8(const struct media *m)
{
	static const char *const names[] = {"", "utf-8", "utf8", "us-ascii"};
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(m->charset, names[i]) == 0)
			return true;
	return false;
}
