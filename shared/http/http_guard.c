#include "http/http_guard.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

static bool is_token(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool all_tokens(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_token((unsigned char)text[i]))
			return false;
	return len > 0;
}

static bool is_digits(const char *text, size_t len, size_t most)
{
	return len > 0 && len <= most && strspn(text, "0123456789") == len;
}

static bool is_value(const struct http_field *f)
{
	for (size_t i = 0; i < f->value_len; i++) {
		unsigned char c = (unsigned char)f->value[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool named(const struct http_field *f, const char *name)
{
	return f->name_len == strlen(name) && !strncasecmp(f->name, name, f->name_len);
}

static size_t count(const struct http_head *head, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < head->n; i++)
		n += named(&head->fields[i], name);
	return n;
}

const struct http_field *http_guard_find(const struct http_head *head, const char *name)
{
	for (size_t i = head->n; i > 0; i--)
		if (named(&head->fields[i - 1], name))
			return &head->fields[i - 1];
	return NULL;
}

/* Distances are taken between addresses, not pointers: the texts need not be of one object. */
static size_t distance(const char *from, const char *to)
{
	return (size_t)((uintptr_t)to - (uintptr_t)from);
}

enum { CRLF = 2 };

/* Where the line of a field ends. A library that takes the blanks off a value's end puts a NUL in
 * place of the first of them, or else of the CR, and leaves the rest. */
static const char *line_end(const struct http_field *f)
{
	const char *end = f->value + f->value_len, *cr = end + 1 + strspn(end + 1, " \t");

	return *cr == '\r' && cr[1] == '\n' ? cr + CRLF : end + CRLF;
}

const char *http_guard_layout(const struct http_head *head)
{
	const char *end = head->version + strlen(head->version) + CRLF;

	if (distance(head->method, head->target_at) != strlen(head->method) + 1 ||
		distance(head->target_at, head->version) != strlen(head->target) + 1)
		return "the request line must hold a method, a target and a version, one space "
		       "apart";
	for (size_t i = 0; i < head->n; i++) {
		const struct http_field *f = &head->fields[i];

		if (f->name != end)
			return "every line of the head must end in CR LF, be unfolded, and hold "
			       "no NUL";
		if (distance(f->name, f->value) < f->name_len + 1 ||
			distance(f->name, f->value) > head->size)
			return "a header field must be a name, a colon and a value";
		end = line_end(f);
	}
	if (distance(head->method, end) + CRLF != head->size)
		return "every line of the head must end in CR LF, be unfolded, and hold no NUL";
	return NULL;
}

static const char *check_target(const char *target)
{
	if (target[0] != '/')
		return "the request's target must be a path";
	for (const char *p = target; *p; p++)
		if (*p <= 0x20 || *p >= 0x7f || strchr("#\"<>\\^`{|}", *p))
			return "the request's target holds a character that must be "
			       "percent-encoded";
	return NULL;
}

static const char *check_host(const struct http_head *head)
{
	size_t n = count(head, "Host");
	const struct http_field *host = http_guard_find(head, "Host");
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:[]%";

	if (n > 1 || (n == 0 && !strcmp(head->version, "HTTP/1.1")))
		return "there must be exactly one Host";
	if (host && (!host->value_len || strspn(host->value, allowed) != host->value_len))
		return "the Host is malformed";
	return NULL;
}

static const char *check_framing(const struct http_head *head)
{
	const struct http_field *length = http_guard_find(head, "Content-Length");
	const struct http_field *coding = http_guard_find(head, "Transfer-Encoding");

	if (count(head, "Content-Length") > 1 ||
		(length && !is_digits(length->value, length->value_len, 15)))
		return "there must be at most one Content-Length, in digits";
	if (!coding)
		return NULL;
	if (length || count(head, "Transfer-Encoding") > 1 ||
		coding->value_len != strlen("chunked") ||
		strncasecmp(coding->value, "chunked", coding->value_len))
		return "Transfer-Encoding must be chunked, alone, and without Content-Length";
	if (strcmp(head->version, "HTTP/1.1"))
		return "Transfer-Encoding needs HTTP/1.1";
	return NULL;
}

const char *http_guard_check(const struct http_head *head)
{
	const char *wrong;

	if (!all_tokens(head->method, strlen(head->method)))
		return "the method is malformed";
	if (strcmp(head->version, "HTTP/1.1") && strcmp(head->version, "HTTP/1.0"))
		return "the version must be HTTP/1.1 or HTTP/1.0";
	for (size_t i = 0; i < head->n; i++) {
		if (!all_tokens(head->fields[i].name, head->fields[i].name_len))
			return "a header field's name is malformed";
		if (!is_value(&head->fields[i]))
			return "a header field's value holds a control character";
	}
	if (count(head, "Authorization") > 1)
		return "there must be at most one Authorization";
	wrong = check_target(head->target);
	if (!wrong)
		wrong = check_host(head);
	return wrong ? wrong : check_framing(head);
}

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* jansson refuses to make a string of what is not UTF-8. */
static bool is_utf8(const char *text)
{
	json_t *string = json_string(text);

	json_decref(string);
	return string != NULL;
}

bool http_guard_decode(char *text, bool form)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		unsigned char c = (unsigned char)*in;

		if (c == '%') {
			int high = hex(in[1]), low = high < 0 ? -1 : hex(in[2]);

			if (low < 0)
				return false;
			c = (unsigned char)(high * 16 + low);
			in += 2;
		} else if (form && c == '+') {
			c = ' ';
		}
		if (c < 0x20 || c == 0x7f)
			return false;
		*out++ = (char)c;
	}
	*out = '\0';
	return is_utf8(text);
}
