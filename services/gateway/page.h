/* page: what the web pages have in common: in which language, how one is sent, pages that say what
 * is wrong. HTML is in the HTML files of web/, words in its words files; a page here says what it
 * reads, and which values go where.
 *
 * A session is a cookie with a random id; it is worth what the token is worth that was typed in. */
#pragma once

#include <jansson.h>

#include "base/digest.h"
#include "base/language.h"
#include "visit.h"
#include "web.h"

/* A session, pages that say what is wrong. Whoever is not signed in is sent to sign in, and comes
 * back. */
extern const struct face page_face;

/* The reader's: what ?lang= says, else the cookie, else the browser. */
enum language page_language(const struct visit *v);
/* `values` is taken: what web/<page>.html wants besides the frame around it. Always true. */
bool page_send(struct visit *v, int status, const char *page, json_t *values);
/* A whole page that says what is wrong, by the key of words under "problem"; returns false. */
bool page_problem(struct visit *v, int status, const char *what);
/* The words of `group`.`code` in the reader's language. */
const char *page_word(const struct visit *v, const char *group, const char *code);

/* "/people/<uuid>/scores/2026-03": the rest after the person. */
enum { PAGE_PATH = 256 };
const char *page_of_person(const uint8_t person[16], const char *rest, char out[PAGE_PATH]);
/* Appends "?name=value", or "&name=value"; nothing for NULL. */
enum { PAGE_HREF = 8192 };
void page_add_query(struct buf *href, const char *name, const char *value);

/* "1.250" */
const char *page_count(enum language language, int64_t n, char out[DEC_TEXT]);
/* The address of the next page of a list, with what else was asked for. */
json_t *page_next(const struct visit *v, const char *path, const struct cursor *at);

/* The routes' work. */
bool page_home(struct visit *v, struct err *e);
bool page_sign_in(struct visit *v, struct err *e);
bool page_sign_out(struct visit *v, struct err *e);
bool page_score(struct visit *v, struct err *e);
bool page_evidence(struct visit *v, struct err *e);
bool page_inbox(struct visit *v, struct err *e);
bool page_message(struct visit *v, struct err *e);
bool page_people(struct visit *v, struct err *e);
bool page_people_file(struct visit *v, struct err *e);
bool page_rejections(struct visit *v, struct err *e);
bool page_rejections_file(struct visit *v, struct err *e);
bool page_access(struct visit *v, struct err *e);
bool page_access_file(struct visit *v, struct err *e);
bool page_agencies(struct visit *v, struct err *e);
bool page_style(struct visit *v, struct err *e);
