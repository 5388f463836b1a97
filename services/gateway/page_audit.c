/* page_audit: what auditors look through: people, what was rejected, who looked at whose data; and
 * the agencies, which are for everybody. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "page.h"

/* --- people */

static json_t *person_row(const struct people_row *x)
{
	char rest[32], score[PAGE_PATH], evidence[PAGE_PATH];
	snprintf(rest, sizeof rest, "scores/%.11s", x->month);
	page_of_person(x->person, rest, score);
	snprintf(rest, sizeof rest, "evidence%s%.11s", *x->month ? "?period=" : "", x->month);
	return json_pack("{s:s?, s:s, s:s, s:s}", "href", *x->month ? score : NULL, "name", x->name,
		"unit_name", x->unit, "evidence_href", page_of_person(x->person, rest, evidence));
}

bool page_people(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	struct cursor at = {0};
	if (!store_people(
		    v->db, v->search, v->later ? v->after.key : NULL, clock_date(v->now), &r, e))
		return false;
	int n = db_rows(r) < STORE_PAGE ? db_rows(r) : STORE_PAGE;
	if (!visit_log_rows(v, "name", r, n, e))
		return false;
	json_t *rows = json_array();
	for (int i = 0; i < n; i++) {
		const struct people_row x = store_people_row(r, i);
		memcpy(at.key, x.person, sizeof at.key);
		json_array_append_new(rows, person_row(&x));
	}
	return page_send(v, 200, "people.html",
		json_pack("{s:s, s:o, s:o}", "q", v->search ? v->search : "", "rows", rows, "next",
			db_rows(r) > n ? page_next(v, "/people", &at) : json_null()));
}

/* --- what was rejected */

enum { REJECTED_DAYS = 30 };

bool page_rejections(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	enum language language = page_language(v);
	int64_t all = 0;
	char n[DEC_TEXT], last[LANGUAGE_TEXT];
	if (!store_refusals(v->db, clock_date_start(clock_date(v->now) - REJECTED_DAYS), &r, e))
		return false;
	json_t *rows = json_array();
	for (int i = 0; i < db_rows(r); i++) {
		const struct refusals_row x = store_refusals_row(r, i);
		all += x.n;
		json_array_append_new(
			rows, json_pack("{s:s, s:s, s:s, s:s, s:s}", "source", x.source, "code",
				      x.reason, "why", page_word(v, "reason", x.reason), "n",
				      page_count(language, x.n, n), "last",
				      language_time(language, x.last, last)));
	}
	return page_send(v, 200, "rejections.html",
		json_pack("{s:o, s:b, s:i, s:s}", "rows", rows, "cut", all >= STORE_REFUSALS,
			"days", REJECTED_DAYS, "most", page_count(language, STORE_REFUSALS, n)));
}

/* --- who looked */

static json_t *looked_values(const struct visit *v, const struct looked_row *x)
{
	char at[LANGUAGE_TEXT], n[DEC_TEXT];
	enum language language = page_language(v);
	return json_pack("{s:s, s:s, s:s?, s:I, s:s, s:s, s:s?}", "at",
		language_time(language, x->at, at), "role",
		x->role ? page_word(v, "role", x->role) : "", "by", x->by, "token",
		(json_int_t)x->token, "what", page_word(v, "look", x->what), "n",
		page_count(language, x->n, n), "person_name", x->person);
}

bool page_access(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	struct cursor at = {0};
	bool more = false;
	if (!store_looked(v->db, v->later ? v->after.number : v->now, &r, e) ||
		!visit_log_rows(v, "name", r, db_rows(r), e))
		return false;
	json_t *rows = json_array();
	for (int i = 0; i < db_rows(r); i++) {
		const struct looked_row x = store_looked_row(r, i);
		at.number = x.at;
		more = x.more;
		json_array_append_new(rows, looked_values(v, &x));
	}
	return page_send(v, 200, "access.html",
		json_pack("{s:o, s:o}", "rows", rows, "next",
			more ? page_next(v, "/access", &at) : json_null()));
}

/* --- for everybody */

bool page_agencies(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!store_agencies(v->db, &r, e))
		return false;
	json_t *rows = json_array();
	for (int i = 0; i < db_rows(r); i++)
		json_array_append_new(rows, json_pack("{s:s}", "name", db_text(r, i, 1)));
	return page_send(v, 200, "agencies.html", json_pack("{s:o}", "rows", rows));
}
