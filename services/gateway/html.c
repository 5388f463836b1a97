#include "html.h"

#include <string.h>

static const char *html_escape(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void html_text_n(struct buf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *escaped = html_escape(text[i]);
		if (escaped)
			buf_adds(b, escaped);
		else
			buf_add(b, &text[i], 1);
	}
}

void html_text(struct buf *b, const char *text)
{
	html_text_n(b, text, strlen(text));
}

static void html_attribute(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	buf_adds(b, " ");
	buf_adds(b, name);
	if (!*value)
		return;
	buf_adds(b, "=\"");
	html_text(b, value);
	buf_adds(b, "\"");
}

void html_open_with(struct buf *b, const char *tag, const char *const *attributes)
{
	buf_adds(b, "<");
	buf_adds(b, tag);
	for (; attributes[0]; attributes += 2)
		html_attribute(b, attributes[0], attributes[1]);
	buf_adds(b, ">");
}

void html_close(struct buf *b, const char *tag)
{
	buf_adds(b, "</");
	buf_adds(b, tag);
	buf_adds(b, ">");
}

void html_element(struct buf *b, const char *tag, const char *text)
{
	html_open(b, tag, NULL);
	html_text(b, text);
	html_close(b, tag);
}

void html_name(struct buf *b, const char *text)
{
	html_element(b, "bdi", text);
}

void html_link(struct buf *b, const char *href, const char *text)
{
	html_open(b, "a", "href", href, NULL);
	html_text(b, text);
	html_close(b, "a");
}

void html_fill(struct buf *b, const char *template, const char *const *values)
{
	for (;;) {
		size_t len = strcspn(template, "%");
		html_text_n(b, template, len);
		if (!template[len])
			return;
		char kind = template[len + 1];
		bool place = kind == 's' || kind == 'n';
		if (!place)
			html_text(b, "%");
		else if (values && *values)
			(kind == 'n' ? html_name : html_text)(b, *values++);
		template += len + (place ? 2 : 1);
	}
}

void html_both(struct buf *b, struct words w)
{
	html_text(b, w.id);
	if (!strcmp(w.id, w.en))
		return;
	html_open(b, "span", "lang", "en", NULL);
	buf_adds(b, " / ");
	html_text(b, w.en);
	buf_adds(b, "</span>");
}

void html_say(
	struct buf *b, struct words w, const char *const *id_values, const char *const *en_values)
{
	html_open(b, "p", NULL);
	html_fill(b, w.id, id_values);
	html_close(b, "p");
	html_open(b, "p", "lang", "en", NULL);
	html_fill(b, w.en, en_values);
	html_close(b, "p");
}

void html_url_encode(struct buf *b, const char *text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	for (; *text; text++)
		if (strchr(plain, *text))
			buf_add(b, text, 1);
		else
			buf_addf(b, "%%%02X", (unsigned char)*text);
}
