/* page_audit: what auditors look through: people, what was rejected, who looked at whose data; and
 * the agencies, which are for everybody. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "download.h"
#include "page.h"

/* The file of what a page shows. */
static json_t *file_of(const struct visit *v, const char *path)
{
	BUF_AUTO href;
	buf_init(&href, PAGE_HREF);
	buf_adds(&href, path);
	page_add_query(&href, "q", v->search);
	page_add_query(&href, "cursor", http_query(v->request, "cursor"));
	page_add_query(&href, "locale", language_codes[page_language(v)]);
	return json_string(href.failed ? path : href.data);
}

/* --- people */

static bool read_people(struct visit *v, struct db_result **r, int *n, struct err *e)
{
	if (!store_people(
		    v->db, v->search, v->later ? v->after.key : NULL, clock_date(v->now), r, e))
		return false;
	*n = db_rows(*r) < STORE_PAGE ? db_rows(*r) : STORE_PAGE;
	return visit_log_rows(v, "name", *r, *n, e);
}

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
	int n;
	if (!read_people(v, &r, &n, e))
		return false;
	json_t *rows = json_array();
	for (int i = 0; i < n; i++) {
		const struct people_row x = store_people_row(r, i);
		memcpy(at.key, x.person, sizeof at.key);
		json_array_append_new(rows, person_row(&x));
	}
	return page_send(v, 200, "people.html",
		json_pack("{s:s, s:o, s:o, s:o}", "q", v->search ? v->search : "", "rows", rows,
			"file", file_of(v, "/people.csv"), "next",
			db_rows(r) > n ? page_next(v, "/people", &at) : json_null()));
}

enum { PEOPLE_COLUMNS = 4 };

static void people_fields(
	const struct visit *v, struct buf *out, const struct db_result *r, int row)
{
	char person[DIGEST_UUID_TEXT];
	const struct people_row x = store_people_row(r, row);
	const char *fields[PEOPLE_COLUMNS] = {
		digest_uuid_format(x.person, person), x.name, x.unit, x.month};
	download_row(v, out, fields, PEOPLE_COLUMNS);
}

bool page_people_file(struct visit *v, struct err *e)
{
	static const char *const head[PEOPLE_COLUMNS] = {"person", "name", "unit", "last_month"};
	static const struct download file = {PEOPLE_COLUMNS, head, people_fields};
	DB_RESULT_AUTO *r = NULL;
	int n;
	return read_people(v, &r, &n, e) && download_send(v, &file, r, n, e);
}

/* --- what was rejected */

enum { REJECTED_DAYS = 30, REJECTED_COLUMNS = 4 };

static bool read_rejections(struct visit *v, struct db_result **r, struct err *e)
{
	return store_refusals(v->db, clock_date_start(clock_date(v->now) - REJECTED_DAYS), r, e);
}

bool page_rejections(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	enum language language = page_language(v);
	int64_t all = 0;
	char n[DEC_TEXT], last[LANGUAGE_TEXT];
	if (!read_rejections(v, &r, e))
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
		json_pack("{s:o, s:o, s:b, s:i, s:s}", "rows", rows, "file",
			file_of(v, "/rejections.csv"), "cut", all >= STORE_REFUSALS, "days",
			REJECTED_DAYS, "most", page_count(language, STORE_REFUSALS, n)));
}

static void rejections_fields(
	const struct visit *v, struct buf *out, const struct db_result *r, int row)
{
	char n[DEC_TEXT], last[CLOCK_TEXT];
	const struct refusals_row x = store_refusals_row(r, row);
	snprintf(n, sizeof n, "%" PRId64, x.n);
	const char *fields[REJECTED_COLUMNS] = {x.source, x.reason, n, clock_format(x.last, last)};
	download_row(v, out, fields, REJECTED_COLUMNS);
}

bool page_rejections_file(struct visit *v, struct err *e)
{
	static const char *const head[REJECTED_COLUMNS] = {"source", "reason", "events", "last"};
	static const struct download file = {REJECTED_COLUMNS, head, rejections_fields};
	DB_RESULT_AUTO *r = NULL;
	return read_rejections(v, &r, e) && download_send(v, &file, r, db_rows(r), e);
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

static bool read_access(struct visit *v, struct db_result **r, struct err *e)
{
	return store_looked(v->db, v->later ? v->after.number : v->now, r, e) &&
	       visit_log_rows(v, "name", *r, db_rows(*r), e);
}

bool page_access(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	struct cursor at = {0};
	bool more = false;
	if (!read_access(v, &r, e))
		return false;
	json_t *rows = json_array();
	for (int i = 0; i < db_rows(r); i++) {
		const struct looked_row x = store_looked_row(r, i);
		at.number = x.at;
		more = x.more;
		json_array_append_new(rows, looked_values(v, &x));
	}
	return page_send(v, 200, "access.html",
		json_pack("{s:o, s:o, s:o}", "rows", rows, "file", file_of(v, "/access.csv"),
			"next", more ? page_next(v, "/access", &at) : json_null()));
}

enum { ACCESS_COLUMNS = 7 };

static void access_fields(
	const struct visit *v, struct buf *out, const struct db_result *r, int row)
{
	char at[CLOCK_TEXT], token[DEC_TEXT], n[DEC_TEXT];
	const struct looked_row x = store_looked_row(r, row);
	snprintf(token, sizeof token, "%" PRId64, x.token);
	snprintf(n, sizeof n, "%" PRId64, x.n);
	const char *fields[ACCESS_COLUMNS] = {
		clock_format(x.at, at), x.role, x.by, token, x.what, n, x.person};
	download_row(v, out, fields, ACCESS_COLUMNS);
}

bool page_access_file(struct visit *v, struct err *e)
{
	static const char *const head[ACCESS_COLUMNS] = {
		"at", "role", "by", "key", "what", "people", "person"};
	static const struct download file = {ACCESS_COLUMNS, head, access_fields};
	DB_RESULT_AUTO *r = NULL;
	return read_access(v, &r, e) && download_send(v, &file, r, db_rows(r), e);
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
