/* session: who is signed in to the pages, and in which language they are read, by cookies. */
#pragma once

#include "base/language.h"
#include "visit.h"

/* Fills v->who from the request's cookie; *found is false when nobody is signed in. */
bool session_find(struct visit *v, bool *found, struct err *e) MUST_CHECK;
/* Makes a session for the token in v->who, and sets the cookie. */
bool session_begin(struct visit *v, struct err *e) MUST_CHECK;
/* Ends the request's session, if there is one, and takes the cookie back. */
bool session_end(struct visit *v, struct err *e) MUST_CHECK;

/* The language that somebody chose, from a cookie; *language stays as it is where nobody did. */
void session_language(const struct http_request *r, enum language *language);
void session_set_language(struct visit *v, enum language language);
