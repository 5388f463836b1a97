/* page: what the web pages have in common: signing in and out, the frame around a page, pages that
 * say what is wrong.
 *
 * A session is a cookie with a random id; it is worth what the token is worth that was typed in. */
#pragma once

#include "html.h"
#include "visit.h"

/* Runs the work of a page. `closed`: for somebody who is signed in; others are sent to sign in, and
 * come back. Always returns true. */
bool page_run(struct gateway *g, struct http_request *r, bool closed, const char *const *parameters,
	visit_work *work);

/* A page's beginning and end; `who`: with a way to sign out. */
void page_begin(struct buf *b, struct words title, bool signed_in);
bool page_send(struct visit *v, int status, struct buf *b);
/* A whole page that says what is wrong; returns false. */
bool page_problem(struct visit *v, int status, struct words what);
/* False, answered, when a parameter is wrong, or when who asks may not see the person. */
bool page_may_see(struct visit *v, const uint8_t person[16], struct err *e) MUST_CHECK;

/* "2026-03-04 08:15" in Pontianak, UTC+7. */
enum { PAGE_TIME = 20 };
const char *page_time(int64_t instant, char out[PAGE_TIME]);

/* The routes. */
bool page_home(void *gateway, struct http_request *r);
bool page_sign_in(void *gateway, struct http_request *r);
bool page_sign_out(void *gateway, struct http_request *r);
bool page_score(void *gateway, struct http_request *r);
bool page_evidence(void *gateway, struct http_request *r);
bool page_style(void *gateway, struct http_request *r);
