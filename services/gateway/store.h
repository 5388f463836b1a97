/* store: all of the gateway's SQL. It reads the others' views and writes its own schema alone. Rows
 * are borrowed from the result that they were read from. Errors as in db.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "appraisal/survey.h"
#include "base/language.h"
#include "base/period.h"
#include "cursor.h"
#include "db/db.h"

extern const struct db_statement store_statements[];
extern const size_t store_statements_n;

enum { STORE_PAGE = 100 }; /* items of a page; lists return one more when there is a next page */

enum role {
	ROLE_PERSON,
	ROLE_HEAD,
	ROLE_AUDITOR,
	ROLE_OPERATOR,
	ROLE_UPSTREAM,
	ROLE_COUNTER,
	ROLES
};

/* Who asks: a token that is neither revoked nor expired. */
struct who {
	int64_t token;
	enum role role;
	bool has_person;
	uint8_t person[16];
	char agency[129], source[129]; /* "" for none */
	char uris[16 * 129]; /* other names of the source, with spaces between them */
	int64_t until; /* the token's end, or the session's if that is sooner; 0: none */
};

/* *found tells whether there is one. `hash` is the token's, or the session's, sha256. */
bool store_token(struct db *db, const uint8_t hash[32], int64_t now, struct who *out, bool *found,
	struct err *e) MUST_CHECK;
bool store_session(struct db *db, const uint8_t hash[32], int64_t now, struct who *out, bool *found,
	struct err *e) MUST_CHECK;
bool store_session_add(struct db *db, const uint8_t hash[32], int64_t token, int64_t now,
	int64_t until, struct err *e) MUST_CHECK;
bool store_session_end(struct db *db, const uint8_t hash[32], struct err *e) MUST_CHECK;
bool store_sessions_expire(struct db *db, int64_t now, struct err *e) MUST_CHECK;

/* Old looks at people's data end with their time, see retention.h. */
extern const int store_forget_access;

/* Writes down that a token looks at people's data. */
struct access {
	int64_t token, at;
	const char *what, *period, *request; /* period: NULL for none */
};
bool store_access(
	struct db *db, const struct access *a, struct db_array *people, struct err *e) MUST_CHECK;

/* Looks at scores: writes each of them down that finds one. Rows of a look's place among the n and
 * the score's text. */
struct store_look {
	struct access access; /* of one person's score of that period */
	const uint8_t *person;
};
bool store_scores(struct db *db, const struct store_look *const *looks, int n,
	struct db_result **out, struct err *e) MUST_CHECK;

/* Whether `superior` is the person's superior on that day. */
bool store_is_superior(struct db *db, const uint8_t superior[16], const uint8_t person[16],
	int32_t day, bool *is, struct err *e) MUST_CHECK;

/* The units in which a person works or has worked: rows of code and name. */
bool store_units_of(
	struct db *db, const uint8_t person[16], struct db_result **out, struct err *e) MUST_CHECK;
/* By code; one that is not among them has its code for a name. */
const char *store_unit_name(const struct db_result *r, const char *code);

/* A person's name, and where the person works on that day or worked last before; no row when
 * unknown. */
struct person_row {
	const char *name, *unit, *agency, *position; /* names; "" without an assignment */
	const char *superior; /* a name; "" for none */
};
bool store_person(struct db *db, const uint8_t person[16], int32_t day, struct db_result **out,
	struct err *e) MUST_CHECK;
struct person_row store_person_row(const struct db_result *r);

/* One row with the score's text, or none. */
bool store_score(struct db *db, const uint8_t person[16], const char *period,
	struct db_result **out, struct err *e) MUST_CHECK;
/* The periods in which a person has a score, the latest first. */
struct period_row {
	const char *period;
	bool has_results;
	dec_wide results; /* hundredths */
	const char *rating; /* NULL without results */
};
bool store_periods(
	struct db *db, const uint8_t person[16], struct db_result **out, struct err *e) MUST_CHECK;
struct period_row store_period_row(const struct db_result *r, int row);
/* The scores of months, from the first to the last, which are of one year. */
struct month_row {
	int month; /* 0: January */
	const char *score; /* its text */
};
bool store_months(struct db *db, const uint8_t person[16], int32_t first, int32_t last,
	struct db_result **out, struct err *e) MUST_CHECK;
struct month_row store_month_row(const struct db_result *r, int row);
/* Which systems may report which indicator: rows by the indicator's code. */
struct source_row {
	const char *indicator, *name;
};
bool store_sources(struct db *db, struct db_result **out, struct err *e) MUST_CHECK;
struct source_row store_source_row(const struct db_result *r, int row);
/* The service days of a score: in the whole period, and before `today`, whose work is not done yet;
 * 0 without a score. */
struct service_days {
	int64_t all, elapsed;
};
bool store_service_days(struct db *db, const uint8_t person[16], struct period p, int32_t today,
	struct service_days *out, struct err *e) MUST_CHECK;

struct evidence_row {
	struct cursor at; /* of this row */
	const char *source, *id, *indicator, *ref, *topic; /* ref: NULL for none */
	const char *replaced_by; /* NULL: it counts */
	int kind; /* enum event_type */
	int64_t time, received_at, offset;
	int32_t partition;
	dec_wide value, of; /* units of 0.0001 */
	bool has_of;
	const void *sha256, *headers; /* headers: JSON, NULL for none */
	const void *payload; /* NULL: it lies in the archive of its month */
	size_t sha256_len, headers_len, payload_len;
};
struct evidence_query {
	const uint8_t *person;
	bool has_period;
	struct period period;
	int32_t indicator; /* its id; 0: all */
	const struct cursor *after; /* NULL: from the first */
};
/* In the order of time. A page also ends where its payloads come to 1 MiB and, without a period,
 * after a year: *beyond says that there is something behind it. NULL where there is none at all. */
bool store_evidence(struct db *db, const struct evidence_query *q, bool *beyond,
	struct db_result **out, struct err *e) MUST_CHECK;
struct evidence_row store_evidence_row(const struct db_result *r, int row);
bool store_evidence_more(const struct db_result *r); /* there is more of the same year */

/* What was rejected of a person's, the latest work first; one more than STORE_REJECTED where there
 * is more. */
enum { STORE_REJECTED = 20 };
struct rejected_row {
	int64_t at;
	int32_t day; /* of the work; of its receipt where that could not be read */
	const char *indicator, *source, *reason, *event; /* indicator, event: NULL: not readable */
};
bool store_rejected_of(struct db *db, const struct evidence_query *q, struct db_result **out,
	struct err *e) MUST_CHECK;
struct rejected_row store_rejected_row(const struct db_result *r, int row);

struct inbox_row {
	int64_t id, at;
	const char *period, *kind, *title[LANGUAGES], *body[LANGUAGES];
	bool read; /* by the person */
};
/* At most so many, the latest first; `before`: only those with a lesser id. */
bool store_inbox(struct db *db, const uint8_t person[16], int64_t before, int most,
	struct db_result **out, struct err *e) MUST_CHECK;
bool store_inbox_unread(
	struct db *db, const uint8_t person[16], int64_t *n, struct err *e) MUST_CHECK;
/* The person has read a message of the person's own. */
bool store_inbox_read(
	struct db *db, const uint8_t person[16], int64_t id, int64_t now, struct err *e) MUST_CHECK;

/* By whom a person's data were looked at lately, besides by the person: the latest first. */
struct looks_row {
	int64_t at;
	const char *role, *name, *what; /* name: "" where the token is nobody's */
};
bool store_looks(
	struct db *db, const uint8_t person[16], struct db_result **out, struct err *e) MUST_CHECK;
struct looks_row store_looks_row(const struct db_result *r, int row);

/* A superior's people of that day, by name, at most STORE_TEAM, with what they have of a month. */
enum { STORE_TEAM = 500 };
struct team_row {
	const uint8_t *person;
	const char *name, *unit, *unit_name, *score; /* the score's text; NULL for none */
	struct service_days days; /* of the score */
	int64_t last; /* evidence of that month; 0: none */
};
/* *month: the latest up to this one in which one of them has a score; this one where none has. */
bool store_team_month(struct db *db, const uint8_t superior[16], int32_t day, struct period *month,
	struct err *e) MUST_CHECK;
bool store_team(struct db *db, const uint8_t superior[16], int32_t day, struct period month,
	struct db_result **out, struct err *e) MUST_CHECK;
struct team_row store_team_row(const struct db_result *r, int row);

/* A rule set's body by its version: one row of JSON, or none. */
bool store_ruleset(
	struct db *db, const char *version, struct db_result **out, struct err *e) MUST_CHECK;
struct inbox_row store_inbox_row(const struct db_result *r, int row);

struct rejection_row {
	struct cursor here; /* of this row */
	int64_t at, offset, redriven_at; /* redriven_at: 0 for never */
	const char *reason, *detail, *topic, *event; /* event: its id; NULL for none */
	int32_t partition;
	const void *sha256, *payload; /* payload: the first 64 KiB; NULL for none */
	size_t sha256_len, payload_len;
};
struct rejection_query {
	const char *source;
	const char *reason, *event; /* NULL: all */
	int64_t since;
	const struct cursor *after; /* NULL: from the first */
};
/* The latest first. A page also ends where its payloads come to 1 MiB. */
bool store_rejections(struct db *db, const struct rejection_query *q, struct db_result **out,
	struct err *e) MUST_CHECK;
struct rejection_row store_rejection_row(const struct db_result *r, int row);
bool store_rejections_more(const struct db_result *r); /* there is a next page */

/* What became of an event: one row, or none where nobody has heard of it. */
struct event_state_row {
	const char *state, *reason, *detail, *replaced_by; /* NULL for none, but `state` */
};
bool store_event_state(struct db *db, const char *source, const char *event, struct db_result **out,
	struct err *e) MUST_CHECK;
struct event_state_row store_event_state_row(const struct db_result *r);

/* Rows of person and the score's text, of those who belonged to the agency on their last service
 * day in the period, by person. */
bool store_agency_scores(struct db *db, const char *agency, struct period p, const uint8_t *after,
	struct db_result **out, struct err *e) MUST_CHECK;
/* The same as reporting has them: person, name, unit, results, rating, missing, revision, all but
 * the first as text. */
bool store_agency_report(struct db *db, const char *agency, const char *period,
	struct db_result **out, struct err *e) MUST_CHECK;
const uint8_t *store_agency_score_person(const struct db_result *r, int row);
const char *store_agency_score_body(const struct db_result *r, int row);

bool store_agencies(struct db *db, struct db_result **out,
	struct err *e) MUST_CHECK; /* rows of code and name, by code */
bool store_agency_known(struct db *db, const char *agency, bool *known, struct err *e) MUST_CHECK;

/* Citizens' feedback. The key under which all gateways know their tracking codes. */
bool store_secret(struct db *db, uint8_t out[32], struct err *e) MUST_CHECK;
/* What has come under an Idempotency-Key, both as hashes; kept until a day, included. */
enum repetition { REPETITION_NONE, REPETITION_SAME, REPETITION_OTHER };
bool store_repetition(struct db *db, const uint8_t key[32], const uint8_t body[32], int32_t until,
	enum repetition *out, struct err *e) MUST_CHECK;
bool store_repetitions_expire(struct db *db, int32_t today, struct err *e) MUST_CHECK;
/* Whether there is such an agency, and whether the unit (NULL: none) is one of it. */
bool store_place(struct db *db, const char *agency, const char *unit, bool *has_agency,
	bool *has_unit, struct err *e) MUST_CHECK;
/* Rows of a unit's code and name, and the agency's name: one of none where it has no units, no row
 * where there is no such agency. */
bool store_agency_units(
	struct db *db, const char *agency, struct db_result **out, struct err *e) MUST_CHECK;
/* An answer that is stored, and its day. */
bool store_answer(
	struct db *db, const uint8_t key[16], bool *found, int32_t *day, struct err *e) MUST_CHECK;
/* Sums of the answers of some days, by agency and unit ("": of none); `agency` NULL: of all. */
struct answers_row {
	const char *agency, *unit;
	struct survey_sums sums;
};
bool store_answers(struct db *db, int32_t first, int32_t last, const char *agency,
	struct db_result **out, struct err *e) MUST_CHECK;
struct answers_row store_answers_row(const struct db_result *r, int row);

struct indicator_row {
	const char *code, *name[LANGUAGES], *measure, *direction, *unit[LANGUAGES];
};
bool store_indicators(struct db *db, struct db_result **out, struct err *e) MUST_CHECK;
struct indicator_row store_indicator_row(const struct db_result *r, int row);
/* By code; one that is not among them has its code for a name. */
struct indicator_row store_indicator_find(const struct db_result *r, const char *code);
/* *id is 0 when there is none of that code. */
bool store_indicator_id(struct db *db, const char *code, int32_t *id, struct err *e) MUST_CHECK;

/* People of that day by name, `search` in which, or in the name of whose unit or agency, is found;
 * NULL: everybody. Rows of person, name, the unit's name and the person's latest month with a
 * score,
 * "" for none. */
struct people_row {
	const uint8_t *person;
	const char *name, *unit, *month;
};
bool store_people(struct db *db, const char *search, const uint8_t *after, int32_t day,
	struct db_result **out, struct err *e) MUST_CHECK;
struct people_row store_people_row(const struct db_result *r, int row);

/* The last whole run of `admin verify`: one row, or none. */
struct verified_row {
	int64_t at, originals, scores, findings;
};
bool store_verified(struct db *db, struct db_result **out, struct err *e) MUST_CHECK;
struct verified_row store_verified_row(const struct db_result *r);

/* How many events of which source were rejected since then for which reason, most first; of the
 * last STORE_REFUSALS at most. */
enum { STORE_REFUSALS = 20000 };
struct refusals_row {
	const char *source, *reason;
	int64_t n, last; /* last: an instant */
};
bool store_refusals(struct db *db, int64_t since, struct db_result **out, struct err *e) MUST_CHECK;
struct refusals_row store_refusals_row(const struct db_result *r, int row);

/* Who looked at whose data before an instant, the latest first: a row for what one request showed.
 * The first column is the person, null where there were several. About STORE_PAGE rows: all of an
 * instant come together. */
struct looked_row {
	int64_t at, token, n; /* n: people */
	const char *role, *by, *what, *person; /* by, person: names; NULL where there is none */
	bool more; /* there is a next page */
};
bool store_looked(struct db *db, int64_t before, struct db_result **out, struct err *e) MUST_CHECK;
struct looked_row store_looked_row(const struct db_result *r, int row);
