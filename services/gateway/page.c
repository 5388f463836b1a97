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
	log_error("page failed", e, LOG_S("request", v->request->request_id),
		LOG_S("route", v->request->route));
	if (e->code != ERR_RETRY)
		return !page_problem(v, 500,
			(struct words){
				"Ada yang salah di pihak kami", "Something went wrong here"});
	http_add_header(v->request, "Retry-After", "5");
	return !page_problem(v, 503,
		(struct words){"Sedang tidak tersedia, silakan coba lagi",
			"Not available just now, please try again"});
}

bool page_may_see(struct visit *v, const uint8_t person[16], struct err *e)
{
	bool sees;
	if (v->errors) {
		json_decref(v->errors);
		v->errors = NULL;
		return page_problem(
			v, 400, (struct words){"Alamat ini keliru", "This address is not right"});
	}
	if (!visit_sees(v, person, &sees, e))
		return false;
	return sees ||
	       page_problem(v, 403,
		       (struct words){"Ini bukan untuk Anda lihat", "This is not for you to see"});
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

static bool page_ready(struct visit *v, bool closed, struct err *e)
{
	bool found;
	if (!(v->db = pool_take(v->gateway->pool, e)))
		return false;
	if (!closed)
		return true;
	if (!session_find(v, &found, e))
		return false;
	if (found)
		return true;
	if (!page_from_elsewhere(v))
		page_to_sign_in(v);
	return false;
}

bool page_run(struct gateway *g, struct http_request *r, bool closed, const char *const *parameters,
	visit_work *work)
{
	struct err e = {0};
	struct visit v = {.gateway = g, .request = r, .now = clock_now()};
	bool ok = page_ready(&v, closed, &e);
	if (ok) {
		visit_check_names(&v, parameters);
		ok = work(&v, &e);
	}
	pool_give(g->pool, v.db);
	json_decref(v.errors);
	return ok || e.code == ERR_NONE || page_failed(&v, &e);
}

bool page_style(void *gateway, struct http_request *r)
{
	(void)gateway;
	http_add_header(r, "Cache-Control", "public, max-age=300");
	return http_static(r, "text/css; charset=utf-8", style_css, style_css_len);
}
