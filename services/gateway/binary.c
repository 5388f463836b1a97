#include "binary.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"

static const char http_prefix[] = "ce-", kafka_prefix[] = "ce_";
enum { PREFIX = sizeof http_prefix - 1 };

bool binary_is_attribute(const char *name)
{
	return strncasecmp(name, http_prefix, PREFIX) == 0;
}

bool binary_is_misnamed(const char *name)
{
	static const char *const none[] = {"", "data", "data_base64"};
	for (size_t i = 0; binary_is_attribute(name) && i < COUNT(none); i++)
		if (strcasecmp(name + PREFIX, none[i]) == 0)
			return true;
	return false;
}

/* What is within quotes, where a backslash stands for the character behind it. `out` has room for
 * the whole. */
static void unquote(char *out, const char *text)
{
	bool quoted = false;
	for (; *text; text++) {
		if (*text == '"') {
			quoted = !quoted;
			continue;
		}
		if (quoted && *text == '\\' && text[1])
			text++;
		*out++ = *text;
	}
	*out = '\0';
}

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
	return p ? (int)(p - digits) : -1;
}

/* In place; returns the length, since a NUL may be in it. What is no escape stays: there are
 * clients that encode nothing. */
static size_t percent_decode(char *text)
{
	char *out = text;
	for (const char *in = text; *in; in++) {
		int high = *in == '%' ? hex(in[1]) : -1, low = high < 0 ? -1 : hex(in[2]);
		*out++ = low < 0 ? *in : (char)(high * 16 + low);
		in += low < 0 ? 0 : 2;
	}
	return (size_t)(out - text);
}

void binary_add(struct binary *b, const char *name, const char *value)
{
	bool attribute = binary_is_attribute(name);
	size_t names = strlen(name) + 1, room = names + strlen(value) + 1;
	if ((!attribute && strcasecmp(name, "content-type") != 0) || b->n == BINARY_HEADERS ||
		room > sizeof b->bytes - b->used)
		return;
	char *kept = b->bytes + b->used, *data = kept + names;
	b->used += room;
	for (size_t i = 0; i < names; i++)
		kept[i] = (char)tolower((unsigned char)name[i]);
	if (attribute) {
		memcpy(kept, kafka_prefix, PREFIX);
		unquote(data, value);
	} else {
		strcpy(data, value);
	}
	size_t len = attribute ? percent_decode(data) : strlen(data);
	b->headers[b->n++] = (struct event_header){kept, data, len};
}

const char *binary_field(const char *field, char out[BINARY_FIELD])
{
	bool data = !*field || strcmp(field, "data") == 0 || strncmp(field, "data.", 5) == 0;
	bool type = strcmp(field, "datacontenttype") == 0 || strcasecmp(field, "content-type") == 0;
	if (data || type)
		snprintf(out, BINARY_FIELD, "%s", data ? field : "content-type");
	else if (binary_is_attribute(field))
		snprintf(out, BINARY_FIELD, "%s", field);
	else
		snprintf(out, BINARY_FIELD, "%s%s", http_prefix,
			strncmp(field, kafka_prefix, PREFIX) == 0 ? field + PREFIX : field);
	return out;
}
