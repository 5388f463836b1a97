/* route: a row of the gateway's table: what is decided of a request before its work begins. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct visit;
struct face;

/* Who may: any one of these. A row without any is for nobody. */
enum route_who {
	FOR_ANYBODY = 1 << 0, /* who asks is not looked at */
	FOR_VISITOR = 1 << 1, /* anybody too, but who is signed in is known */
	FOR_SOURCE = 1 << 2, /* an upstream system, what is its own source's */
	FOR_SELF = 1 << 3, /* a person or a head, what is their own */
	FOR_SUPERIOR = 1 << 4, /* a head, what is theirs whose superior the head is today */
	FOR_HEAD = 1 << 5, /* a head, what is the head's agency's */
	FOR_AUDITOR = 1 << 6, /* an auditor, everything */
};

/* Parameters by name, in the path or in the query; params.c has the form of each. Those before the
 * cursor say which list it is that the cursor belongs to. */
enum param {
	PARAM_PERSON,
	PARAM_CODE, /* of an agency, in the path */
	PARAM_AGENCY, /* the same in the query */
	PARAM_PERIOD,
	PARAM_INDICATOR,
	PARAM_ID, /* of an event, in the path */
	PARAM_EVENT, /* the same in the query */
	PARAM_REASON,
	PARAM_SINCE,
	PARAM_UNIT, /* of a head's people */
	PARAM_SEARCH, /* people by what is in a name */
	PARAM_SORT, /* in which order */
	PARAM_CURSOR,
	PARAM_LOCALE, /* how figures and separators are written */
	PARAM_MESSAGE, /* of an inbox, in the path */
	PARAM_TRACKING, /* a code, in the path */
	PARAM_TO, /* where to go after signing in */
	PARAM_LANG, /* in which language to read */
	PARAMS
};

enum param_asked { PARAM_REFUSED, PARAM_OPTIONAL, PARAM_REQUIRED };

/* What must be in the registry; otherwise it is 404. */
enum route_known { KNOWN_UNASKED, KNOWN_PERSON, KNOWN_AGENCY };

/* A body that a route takes. All of it is decided before the body is read. */
struct route_body {
	size_t most; /* bytes */
	bool (*takes)(struct visit *v); /* by its head; answers and returns false where it does
					   not; NULL: whatever it is called */
	bool ours; /* only from a form of our own pages */
};

struct route {
	const char *method, *path;
	bool (*work)(struct visit *v, struct err *e); /* see visit.h */
	const struct face *face;
	unsigned who; /* of enum route_who */
	enum param_asked query[PARAMS]; /* all others are refused */
	enum route_known known;
	const struct route_body *body; /* NULL: takes none */
	const char *list; /* the name of the list that a cursor is good for */
	bool lenient; /* what is wrong with the query is passed over */
	bool again; /* what it writes bears being written twice; a GET does anyhow */
	bool offline; /* the work holds no connection to PostgreSQL */
};

extern const struct route gateway_routes[];
extern const size_t gateway_routes_n;
