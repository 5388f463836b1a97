/* page_home: the first page: the sign-in form, or what somebody who is signed in has to know now.
 */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "page.h"
#include "page_inbox.h"
#include "page_team.h"
#include "session.h"
#include "sheet.h"

enum { MESSAGES = 3 };

/* --- signing in */

static bool is_page(const char *to)
{
	static const char *const begins[] = {"/people", "/rejections", "/access"};
	for (size_t i = 0; i < COUNT(begins); i++)
		if (strncmp(to, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

/* Only a path of our own pages: nobody is sent elsewhere after signing in. */
static const char *own_path(const char *to)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
	bool ok = to && is_page(to) && strlen(to) < 200 && strspn(to, plain) == strlen(to);
	return ok ? to : NULL;
}

static bool answer_sign_in(struct visit *v, const char *to, bool failed)
{
	return page_send(v, failed ? 403 : 200, "sign_in.html",
		json_pack("{s:b, s:s?}", "failed", failed, "to", own_path(to)));
}

static bool go(struct visit *v, const char *to)
{
	http_add_header(v->request, "Location", to);
	return http_body(v->request, 303, NULL, "", 0);
}

static bool sign_in_with(struct visit *v, const char *token, const char *to, struct err *e)
{
	bool found = false;
	if (visit_is_foreign(v) || !token)
		return answer_sign_in(v, to, true);
	if (!visit_know(v, token, &found, e))
		return false;
	if (!found || v->who.role == ROLE_UPSTREAM || v->who.role == ROLE_OPERATOR) {
		v->who.token = 0;
		return answer_sign_in(v, to, true);
	}
	return session_begin(v, e) && go(v, own_path(to) ? to : "/");
}

/* Whoever comes from elsewhere is shown the form, so this row takes such bodies. */
bool page_sign_in(struct visit *v, struct err *e)
{
	json_t *form = http_form(v->request);
	bool ok = sign_in_with(v, json_string_value(json_object_get(form, "token")),
		json_string_value(json_object_get(form, "to")), e);
	json_decref(form);
	return ok;
}

bool page_sign_out(struct visit *v, struct err *e)
{
	return session_end(v, e) && go(v, "/");
}

/* --- one's own */

/* This month, or the latest one that has a score. False: there is none. */
static bool month_to_show(
	const struct visit *v, const struct db_result *periods, struct period *out)
{
	struct period this = period_of(PERIOD_MONTH, clock_month(clock_date(v->now))), p;
	int32_t latest = -1;
	for (int i = 0; i < db_rows(periods); i++)
		if (period_parse(store_period_row(periods, i).period, &p) &&
			p.kind == PERIOD_MONTH && p.first_month <= this.first_month &&
			p.first_month > latest) {
			latest = p.first_month;
			*out = p;
		}
	return latest >= 0;
}

static json_t *month_values(const struct sheet *s)
{
	char rest[PERIOD_TEXT + 8], path[PAGE_PATH];
	json_t *month = sheet_summary(s);
	snprintf(rest, sizeof rest, "scores/%s", s->period_name);
	json_object_set_new(month, "href", json_string(page_of_person(s->person, rest, path)));
	json_object_set_new(month, "year", sheet_year(s));
	return month;
}

static bool log_own(struct visit *v, const struct sheet *s, struct err *e)
{
	memcpy(v->person, s->person, sizeof v->person);
	v->period_name = s->period_name;
	bool ok = visit_log_access(v, "score", e);
	v->period_name = NULL;
	return ok;
}

/* *month is null where there is nothing. */
static bool read_month(struct visit *v, json_t **month, struct err *e)
{
	DB_RESULT_AUTO *periods = NULL;
	struct sheet s;
	struct period p;
	bool found;
	*month = json_null();
	if (!store_periods(v->db, v->who.person, &periods, e))
		return false;
	if (!month_to_show(v, periods, &p))
		return true;
	bool ok = sheet_load(&s, v, v->who.person, p, &found, e) && (!found || log_own(v, &s, e));
	if (ok && found)
		*month = month_values(&s);
	sheet_done(&s);
	return ok;
}

static bool read_own(struct visit *v, json_t **own, struct err *e)
{
	DB_RESULT_AUTO *messages = NULL;
	DB_RESULT_AUTO *who = NULL;
	int64_t unread;
	char inbox[PAGE_PATH];
	const uint8_t *person = v->who.person;
	*own = json_null();
	if (!v->who.has_person)
		return true;
	json_t *month;
	if (!store_person(v->db, person, clock_date(v->now), &who, e) ||
		!store_inbox(v->db, person, INT64_MAX, MESSAGES, &messages, e) ||
		!store_inbox_unread(v->db, person, &unread, e) || !read_month(v, &month, e))
		return false;
	*own = json_pack("{s:s, s:o, s:o, s:I, s:s}", "person_name",
		db_rows(who) ? store_person_row(who).name : "", "month", month, "messages",
		inbox_rows(v, person, messages, MESSAGES), "unread_n", (json_int_t)unread,
		"inbox_href", page_of_person(person, "inbox", inbox));
	return true;
}

/* --- an auditor's */

/* When `admin verify` was last run to its end, and what it found; null where it never was. */
static json_t *verified_values(enum language language, const struct db_result *r)
{
	char at[LANGUAGE_TEXT], n[3][DEC_TEXT];
	if (db_rows(r) == 0)
		return json_null();
	const struct verified_row x = store_verified_row(r);
	return json_pack("{s:s, s:s, s:s, s:s}", "at", language_time(language, x.at, at),
		"originals", page_count(language, x.originals, n[0]), "scores",
		page_count(language, x.scores, n[1]), "findings",
		x.findings ? page_count(language, x.findings, n[2]) : "");
}

static bool read_audit(struct visit *v, json_t **audit, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	*audit = json_null();
	if (v->who.role != ROLE_AUDITOR)
		return true;
	if (!store_verified(v->db, &r, e))
		return false;
	*audit = json_pack("{s:o, s:s}", "verified", verified_values(page_language(v), r), "q", "");
	return true;
}

static bool show_home(struct visit *v, struct err *e)
{
	json_t *own = NULL, *team = NULL, *audit = NULL;
	if (read_own(v, &own, e) && team_read(v, &team, e) && read_audit(v, &audit, e))
		return page_send(v, 200, "home.html",
			json_pack("{s:o, s:o, s:o}", "own", own, "team", team, "audit", audit));
	json_decref(own);
	json_decref(team);
	json_decref(audit);
	return false;
}

bool page_home(struct visit *v, struct err *e)
{
	return v->who.token ? show_home(v, e) : answer_sign_in(v, v->to, false);
}
