/* visit: one request on its way. What its route asks for is decided first, in this order: who asks,
 * the parameters' forms, whether who asks may, whether there is what the path names, the body's
 * type; a route that may be decided by the role alone asks that before the parameters. Then the
 * route's work is done, with what was decided at hand.
 *
 * A body is read between the two: for a route that takes one all is decided when the head is there,
 * and nobody is asked twice. All of it is tried first where nothing may wait, on what is known in
 * memory; what has to wait stops, and is begun anew in a thread where it may. Work returns false
 * when it stops early: with the error set when something failed, which the visit then answers, and
 * with the error clear when it has answered already. So do all functions here that return bool and
 * take an error. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "gateway.h"
#include "route.h"
#include "store.h"

enum { VISIT_LIST = 1280 };

/* In which order a head's people are listed. */
enum sort { SORT_NEED, SORT_NAME, SORT_WEAKEST, SORT_LAST, SORTS };
extern const char *const sort_names[SORTS]; /* as the parameter has them */

struct visit {
	struct gateway *gateway;
	struct http_request *request;
	const struct route *route;
	struct db *db; /* during the work, unless the route is offline */
	int64_t now;
	bool decided;
	bool waits; /* it stopped because it would have had to wait, where it may not */
	int64_t shares; /* the token whose request under way this is; 0: not counted */
	json_t *errors; /* NULL: none so far */

	/* What was decided. Texts are the request's. */
	struct who who; /* token 0: not known */
	uint8_t person[16];
	const char *agency;
	struct period period;
	const char *period_name; /* as period_format has it; NULL: not asked for */
	const char *indicator; /* NULL: all */
	const char *event, *reason; /* NULL: all */
	int64_t since; /* 0: from the beginning */
	int64_t message;
	const char *tracking;
	const char *unit; /* NULL: all */
	enum sort sort;
	const char *search; /* NULL: everybody */
	bool decimal_comma;
	char list[VISIT_LIST]; /* the route's list with its filters */
	struct cursor after;
	bool later; /* there is a cursor */
	bool beyond; /* visit_evidence: there is a next page, whatever store_evidence_more says */
	const char *to; /* NULL: nowhere */
	const char *type; /* the body's, as the row's `takes` has it; NULL where there is none */
};

/* Why a request gets no work done, for programs and for people. */
enum refusal_of {
	REFUSED_PARAMETER,
	REFUSED_AUTHORITY,
	REFUSED_PERSON,
	REFUSED_AGENCY,
	REFUSED_BUSY,
	REFUSED_ORIGIN,
	REFUSED_FORM,
	REFUSED_QUOTA,
	REFUSED_KEY
};
struct refusal {
	int status;
	const char *code, *detail;
	const char *shown; /* the key of the words that people are told, under "problem" */
};

/* How a part of the gateway meets who asks: the API with tokens and problem documents (api.c), the
 * pages with cookies and pages (page.c). */
struct face {
	bool (*find)(struct visit *v, bool *found, struct err *e); /* fills v->who */
	/* Each answers and returns false: whoever is not known; a refusal. */
	bool (*stranger)(struct visit *v);
	bool (*refuse)(struct visit *v, const struct refusal *why);
	/* Answers 503 for ERR_RETRY, else 500; logs it; returns true. */
	bool (*failed)(struct visit *v, const struct err *e);
};

/* What http.h calls for every route, with the gateway: before a body is read, for the work, and at
 * the end. */
bool visit_admit(void *gateway, struct http_request *r);
bool visit_handle(void *gateway, struct http_request *r);
void visit_drop(void *visit);

/* What may take long asks this first; false: stop, without an answer and without an error, to be
 * called again. */
bool visit_may_wait(struct visit *v);
/* Takes a connection unless there is one. What may not wait stops here. */
bool visit_connect(struct visit *v, struct err *e) MUST_CHECK;
/* Whether a token, or a session, is known and still good, by its sha256; fills v->who. Of who asked
 * lately PostgreSQL is not asked. */
bool visit_look_up(struct visit *v, enum known_kind kind, const uint8_t hash[32], bool *found,
	struct err *e) MUST_CHECK;
bool visit_know(struct visit *v, const char *token, bool *found, struct err *e) MUST_CHECK;
/* A browser says that this comes from another site. */
bool visit_is_foreign(const struct visit *v);
/* Notes what is wrong with a field of what was sent; with a parameter. */
void visit_fault(struct visit *v, const char *field, const char *code, const char *detail);
void visit_wrong(struct visit *v, const char *field, const char *detail);
bool visit_refuse(struct visit *v, enum refusal_of why); /* answers; returns false */

/* A look at people's data, as it is to be written down. */
struct access visit_access(const struct visit *v, const char *what);
/* Writes down what is about to be shown: of the person that the path names, or of the people in the
 * first column of n rows, where there is one. */
bool visit_log_access(struct visit *v, const char *what, struct err *e) MUST_CHECK;
bool visit_log_rows(struct visit *v, const char *what, const struct db_result *r, int n,
	struct err *e) MUST_CHECK;
/* The evidence that the parameters ask for, after that; NULL where the indicator is unknown. */
bool visit_evidence(struct visit *v, struct db_result **out, struct err *e) MUST_CHECK;
