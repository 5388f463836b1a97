/* visit: one request on its way: a connection, who asks, what it may see, and what is wrong with
 * its parameters.
 *
 * A handler's work returns false when it stops early: with the error set when something failed,
 * which the visit then answers, and with the error clear when it has answered already. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "gateway.h"
#include "store.h"

struct visit {
	struct gateway *gateway;
	struct http_request *request;
	struct db *db;
	struct who who; /* for routes that need a token */
	json_t *errors; /* NULL: none so far */
	int64_t now;
};

typedef bool visit_work(struct visit *v, struct err *e);

/* What a route's work needs; each one includes those before it. */
enum visit_needs { VISIT_NOTHING, VISIT_DATABASE, VISIT_TOKEN };

/* Runs the work of an API route: `parameters` are the query parameters it knows, NULL-terminated.
 * Always returns true, as handlers do. */
bool visit_api(struct gateway *g, struct http_request *r, enum visit_needs needs,
	const char *const *parameters, visit_work *work);

/* Whether a token is known and still good; fills v->who. */
bool visit_know(struct visit *v, const char *token, bool *found, struct err *e) MUST_CHECK;

/* Parameters. What is wrong is noted; visit_refused then answers 400 and returns true. */
void visit_wrong(struct visit *v, const char *field, const char *detail);
void visit_check_names(
	struct visit *v, const char *const *names); /* of the query's parameters, NULL-terminated */
void visit_person(struct visit *v, uint8_t out[16]); /* the route's first part */
void visit_period(struct visit *v, const char *text, struct period *out);
/* The query's cursor for `list`; false when there is none. */
bool visit_cursor(struct visit *v, const char *list, struct cursor *out);
bool visit_refused(struct visit *v);

bool visit_forbidden(struct visit *v); /* answers 403; returns false */
bool visit_not_found(struct visit *v, const char *detail); /* answers 404; returns false */

/* False, answered with 403, unless who asks may see this person's data: one's own, a head's people,
 * an auditor's everybody. */
bool visit_may_see(struct visit *v, const uint8_t person[16], struct err *e) MUST_CHECK;
/* The same without an answer. */
bool visit_sees(struct visit *v, const uint8_t person[16], bool *sees, struct err *e) MUST_CHECK;
/* Writes down what is about to be shown of whom. */
bool visit_log_access(struct visit *v, const char *what, const char *period,
	const uint8_t person[16], struct err *e) MUST_CHECK;

/* A page of a list: an item for each row but the one too many, and the cursor of the next page. */
json_t *visit_page(json_t *items, const struct cursor *next, const char *list);
