#include "page.h"

#include <stdio.h>
#include <string.h>

#include "assets.h"
#include "base/log.h"
#include "gateway.h"
#include "session.h"

enum { PAGE_MAX = 4 * 1024 * 1024 };

/* --- language */

enum language page_language(const struct visit *v)
{
	enum language language = language_accepted(http_header(v->request, "Accept-Language"));
	if (!language_parse(http_query(v->request, "lang"), &language))
		session_language(v->request, &language);
	return language;
}

const char *page_word(const struct visit *v, const char *group, const char *code)
{
	return web_word(v->gateway->web, page_language(v), group, code);
}

/* --- addresses */

static void add_encoded(struct buf *b, const char *text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	for (; *text; text++)
		if (strchr(plain, *text))
			buf_add(b, text, 1);
		else
			buf_addf(b, "%%%02X", (unsigned char)*text);
}

void page_add_query(struct buf *href, const char *name, const char *value)
{
	if (!value)
		return;
	buf_adds(href, href->data && strchr(href->data, '?') ? "&" : "?");
	buf_adds(href, name);
	buf_adds(href, "=");
	add_encoded(href, value);
}

const char *page_of_person(const uint8_t person[16], const char *rest, char out[PAGE_PATH])
{
	char uuid[DIGEST_UUID_TEXT];
	snprintf(out, PAGE_PATH, "/people/%s/%s", digest_uuid_format(person, uuid), rest);
	return out;
}

static void add_other_query(const char *name, const char *value, void *href)
{
	if (strcmp(name, "lang") != 0)
		page_add_query(href, name, value);
}

/* The same page in another language; what a form was sent to has none. */
static void add_switch(struct buf *href, const struct visit *v, enum language other)
{
	bool get = strcmp(v->request->method, "POST") != 0;
	buf_adds(href, get ? v->request->path : "/");
	if (get)
		http_each_query(v->request, add_other_query, href);
	page_add_query(href, "lang", language_codes[other]);
}

const char *page_count(enum language language, int64_t n, char out[DEC_TEXT])
{
	return language_figure(language, (dec_wide)n * DEC_SHOWN, true, out);
}

json_t *page_next(const struct visit *v, const char *path, const struct cursor *at)
{
	char text[CURSOR_TEXT];
	BUF_AUTO href;
	buf_init(&href, PAGE_HREF);
	buf_adds(&href, path);
	page_add_query(&href, "q", v->search);
	page_add_query(&href, "cursor", cursor_format(at, v->list, text));
	page_add_query(&href, "period", v->period_name);
	page_add_query(&href, "indicator", v->indicator);
	return href.failed ? json_null() : json_string(href.data);
}

/* --- sending */

static json_t *frame(const struct visit *v, enum language language)
{
	enum language other = language == LANGUAGE_ID ? LANGUAGE_EN : LANGUAGE_ID;
	BUF_AUTO href;
	buf_init(&href, PAGE_HREF);
	add_switch(&href, v, other);
	return json_pack("{s:s, s:s, s:s, s:b}", "lang", language_codes[language], "other_lang",
		language_codes[other], "switch_href", href.failed ? "/" : href.data, "signed_in",
		v->who.token != 0);
}

bool page_send(struct visit *v, int status, const char *page, json_t *values)
{
	enum language language = page_language(v);
	json_auto_t *all = frame(v, language);
	BUF_AUTO b;
	buf_init(&b, PAGE_MAX);
	bool ok = json_object_update(all, values) == 0;
	json_decref(values);
	if (language_parse(http_query(v->request, "lang"), &language))
		session_set_language(v, language);
	if (ok)
		web_render(v->gateway->web, language, page, all, &b);
	if (!ok || b.failed)
		return http_problem(v->request, 500, "internal", "the page could not be made");
	return http_body(v->request, status, "text/html; charset=utf-8", b.data, b.len);
}

bool page_problem(struct visit *v, int status, const char *what)
{
	page_send(v, status, "problem.html",
		json_pack("{s:s}", "problem", page_word(v, "problem", what)));
	return false;
}

static bool page_failed(struct visit *v, const struct err *e)
{
	char trace[TRACE_ID_TEXT];
	log_error("page failed", e, LOG_S("request", v->request->request_id),
		LOG_S("route", v->request->route),
		LOG_S("trace", http_trace_id(v->request, trace)));
	if (e->code != ERR_RETRY)
		return !page_problem(v, 500, "internal");
	http_add_header(v->request, "Retry-After", "5");
	return !page_problem(v, 503, "unavailable");
}

/* Where the visitor wanted to go, as the sign-in form's parameter. */
static bool page_to_sign_in(struct visit *v)
{
	BUF_AUTO to;
	buf_init(&to, PAGE_HREF);
	buf_adds(&to, "/");
	page_add_query(&to, "to", v->request->path);
	page_add_query(&to, "lang", http_query(v->request, "lang"));
	if (to.failed)
		return page_problem(v, 400, "address");
	http_add_header(v->request, "Location", to.data);
	return http_body(v->request, 303, NULL, "", 0);
}

/* A strict cookie does not come with the first request from another site, such as a link in web
 * mail: the page asks again by itself, now from here. */
static bool page_from_elsewhere(struct visit *v)
{
	const char *site = http_header(v->request, "Sec-Fetch-Site");
	if (!site || strcmp(site, "cross-site") != 0)
		return false;
	http_add_header(v->request, "Refresh", "0");
	return page_send(v, 200, "continue.html", json_pack("{s:s}", "here", v->request->path));
}

static bool page_stranger(struct visit *v)
{
	if (!page_from_elsewhere(v))
		page_to_sign_in(v);
	return false;
}

static bool page_refuse(struct visit *v, const struct refusal *why)
{
	return page_problem(v, why->status, why->shown);
}

const struct face page_face = {session_find, page_stranger, page_refuse, page_failed};

bool page_style(struct visit *v, struct err *e)
{
	const char *text = web_file("style.css");
	(void)e;
	http_add_header(v->request, "Cache-Control", "public, max-age=300");
	return http_static(v->request, "text/css; charset=utf-8", text, strlen(text));
}
