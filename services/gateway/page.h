/* page: what the web pages have in common: signing in and out, the frame around a page, pages that
 * say what is wrong.
 *
 * A session is a cookie with a random id; it is worth what the token is worth that was typed in. */
#pragma once

#include "html.h"
#include "visit.h"

/* A session, pages that say what is wrong. Whoever is not signed in is sent to sign in, and comes
 * back. */
extern const struct face page_face;

/* A page's beginning and end; `who`: with a way to sign out. */
void page_begin(struct buf *b, struct words title, bool signed_in);
bool page_send(struct visit *v, int status, struct buf *b);
/* A whole page that says what is wrong; returns false. */
bool page_problem(struct visit *v, int status, struct words what);
/* "2026-03-04 08:15" in Pontianak, UTC+7. */
enum { PAGE_TIME = 20 };
const char *page_time(int64_t instant, char out[PAGE_TIME]);

/* The routes' work. */
bool page_home(struct visit *v, struct err *e);
bool page_sign_in(struct visit *v, struct err *e);
bool page_sign_out(struct visit *v, struct err *e);
bool page_score(struct visit *v, struct err *e);
bool page_evidence(struct visit *v, struct err *e);
bool page_style(struct visit *v, struct err *e);
