#include "page.h"

#include <stdio.h>
#include <string.h>

#include "assets.h"
#include "base/clock.h"
#include "base/log.h"
#include "session.h"

enum { PAGE_MAX = 4 * 1024 * 1024 };

void page_begin(struct buf *b, struct words title, bool signed_in)
{
	buf_init(b, PAGE_MAX);
	buf_adds(b, "<!doctype html>\n");
	html_open(b, "html", "lang", "id", NULL);
	html_open(b, "head", NULL);
	html_open(b, "meta", "charset", "utf-8", NULL);
	html_open(b, "meta", "name", "viewport", "content", "width=device-width, initial-scale=1",
		NULL);
	html_open(b, "title", NULL);
	html_text(b, title.id);
	buf_adds(b, " · Terukur");
	html_close(b, "title");
	html_open(b, "link", "rel", "stylesheet", "href", "/style.css", NULL);
	html_close(b, "head");
	html_open(b, "body", NULL);
	html_open(b, "header", NULL);
	html_link(b, "/", "Terukur");
	if (signed_in) {
		html_open(b, "form", "method", "post", "action", "/sign-out", NULL);
		html_open(b, "button", NULL);
		html_both(b, (struct words){"Keluar", "Sign out"});
		html_close(b, "button");
		html_close(b, "form");
	}
	html_close(b, "header");
	html_open(b, "main", NULL);
	html_open(b, "h1", NULL);
	html_both(b, title);
	html_close(b, "h1");
}

bool page_send(struct visit *v, int status, struct buf *b)
{
	html_close(b, "main");
	html_close(b, "body");
	html_close(b, "html");
	if (b->failed)
		http_problem(v->request, 500, "internal", "the page has become too long");
	else
		http_body(v->request, status, "text/html; charset=utf-8", b->data, b->len);
	buf_done(b);
	return true;
}

bool page_problem(struct visit *v, int status, struct words what)
{
	struct buf b;
	page_begin(&b, what, v->who.token != 0);
	html_open(&b, "p", NULL);
	html_link(&b, "/", "Terukur");
	html_close(&b, "p");
	page_send(v, status, &b);
	return false;
}

static bool page_failed(struct visit *v, const struct err *e)
{
	char trace[TRACE_ID_TEXT];
	log_error("page failed", e, LOG_S("request", v->request->request_id),
		LOG_S("route", v->request->route),
		LOG_S("trace", http_trace_id(v->request, trace)));
	if (e->code != ERR_RETRY)
		return !page_problem(v, 500,
			(struct words){
				"Ada yang salah di pihak kami", "Something went wrong here"});
	http_add_header(v->request, "Retry-After", "5");
	return !page_problem(v, 503,
		(struct words){"Sedang tidak tersedia, silakan coba lagi",
			"Not available just now, please try again"});
}

const char *page_time(int64_t instant, char out[PAGE_TIME])
{
	char date[CLOCK_TEXT];
	int32_t day = clock_date(instant);
	int minute = (int)((instant - clock_date_start(day)) / CLOCK_SECOND / 60);
	snprintf(out, PAGE_TIME, "%.10s %02d:%02d", clock_date_format(day, date), minute / 60 % 24,
		minute % 60);
	return out;
}

/* Where the visitor wanted to go, as the sign-in form's parameter. */
static bool page_to_sign_in(struct visit *v)
{
	BUF_AUTO to;
	buf_init(&to, 4096);
	buf_adds(&to, "/?to=");
	html_url_encode(&to, v->request->path);
	if (to.failed)
		return page_problem(
			v, 400, (struct words){"Alamat ini keliru", "This address is not right"});
	http_add_header(v->request, "Location", to.data);
	return http_body(v->request, 303, NULL, "", 0);
}

/* A strict cookie does not come with the first request from another site, such as a link in web
 * mail: the page asks again by itself, now from here. */
static bool page_from_elsewhere(struct visit *v)
{
	struct buf b;
	const char *site = http_header(v->request, "Sec-Fetch-Site");
	if (!site || strcmp(site, "cross-site") != 0)
		return false;
	http_add_header(v->request, "Refresh", "0");
	page_begin(&b, (struct words){"Lanjutkan", "Continue"}, false);
	html_open(&b, "p", NULL);
	html_link(&b, v->request->path, "Lanjutkan / Continue");
	html_close(&b, "p");
	return page_send(v, 200, &b);
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
	(void)e;
	http_add_header(v->request, "Cache-Control", "public, max-age=300");
	return http_static(v->request, "text/css; charset=utf-8", style_css, style_css_len);
}
