#include "base/media.h"

#include <string.h>
#include <strings.h>

static const char blank[] = " \t";

struct span {
	const char *at;
	size_t len;
};

static bool span_same(struct span a, struct span b)
{
	return a.len == b.len && strncasecmp(a.at, b.at, a.len) == 0;
}

static bool span_is(struct span a, const char *text)
{
	return span_same(a, (struct span){text, strlen(text)});
}

static struct span type_of(const char *text)
{
	return (struct span){text, strcspn(text, "; \t")};
}

bool media_is_json(const char *text)
{
	struct span type = type_of(text);
	return span_is(type, "application/json") ||
	       (type.len > 17 && strncasecmp(text, "application/", 12) == 0 &&
		       strncasecmp(text + type.len - 5, "+json", 5) == 0);
}

struct parameter {
	struct span name, value;
};

static struct span trimmed(const char *at, size_t len)
{
	while (len > 0 && strchr(blank, at[len - 1]))
		len--;
	return (struct span){at, len};
}

/* Where the parameter at `at` ends, which its quotes may hide. */
static const char *parameter_end(const char *at)
{
	for (bool quoted = false; *at && (quoted || *at != ';'); at++)
		quoted ^= *at == '"';
	return at;
}

/* The next one that says anything; *at moves on. */
static bool parameter_next(const char **at, struct parameter *out)
{
	while (**at == ';') {
		const char *first = *at + 1 + strspn(*at + 1, blank);
		size_t all = (size_t)(parameter_end(first) - first), name = strcspn(first, "=;");
		const char *value = first + (name < all ? name + 1 : all);
		*at = first + all;
		*out = (struct parameter){trimmed(first, name < all ? name : all),
			trimmed(value, (size_t)(*at - value))};
		if (out->value.len > 1 && *value == '"' && value[out->value.len - 1] == '"')
			out->value = (struct span){value + 1, out->value.len - 2};
		if (out->name.len > 0 &&
			!(span_is(out->name, "charset") && span_is(out->value, "utf-8")))
			return true;
	}
	return false;
}

static const char *parameters_of(const char *text)
{
	return text + strcspn(text, ";");
}

static bool has_parameter(const char *text, const struct parameter *p)
{
	struct parameter q;
	for (const char *at = parameters_of(text); parameter_next(&at, &q);)
		if (span_same(p->name, q.name) && span_same(p->value, q.value))
			return true;
	return false;
}

static bool has_all(const char *text, const char *of)
{
	struct parameter p;
	for (const char *at = parameters_of(of); parameter_next(&at, &p);)
		if (!has_parameter(text, &p))
			return false;
	return true;
}

bool media_same(const char *a, const char *b)
{
	return span_same(type_of(a), type_of(b)) && has_all(a, b) && has_all(b, a);
}
