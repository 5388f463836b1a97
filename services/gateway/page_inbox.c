/* page_inbox: what a person was told, and one message of it. Opened by its person it is read. */
#include "page_inbox.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "page.h"

static bool is_own(const struct visit *v)
{
	return v->who.has_person && memcmp(v->who.person, v->person, sizeof v->person) == 0;
}

json_t *inbox_rows(
	const struct visit *v, const uint8_t person[16], const struct db_result *r, int most)
{
	enum language language = page_language(v);
	json_t *rows = json_array();
	for (int i = 0; i < db_rows(r) && i < most; i++) {
		char at[LANGUAGE_TEXT], rest[40], path[PAGE_PATH];
		const struct inbox_row x = store_inbox_row(r, i);
		snprintf(rest, sizeof rest, "inbox/%lld", (long long)x.id);
		json_array_append_new(rows,
			json_pack("{s:s, s:s, s:s, s:b}", "href",
				page_of_person(person, rest, path), "subject", x.title[language],
				"at", language_time(language, x.at, at), "unread", !x.read));
	}
	return rows;
}

static json_t *next_of(const struct visit *v, const struct db_result *r)
{
	char path[PAGE_PATH];
	if (db_rows(r) <= STORE_PAGE)
		return json_null();
	const struct cursor at = {.number = store_inbox_row(r, STORE_PAGE - 1).id};
	return page_next(v, page_of_person(v->person, "inbox", path), &at);
}

bool page_inbox(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	DB_RESULT_AUTO *who = NULL;
	int64_t before = v->later ? v->after.number : INT64_MAX;
	if (!store_person(v->db, v->person, clock_date(v->now), &who, e) ||
		!visit_log_access(v, "inbox", e) ||
		!store_inbox(v->db, v->person, before, STORE_PAGE + 1, &r, e))
		return false;
	if (db_rows(who) == 0)
		return page_problem(v, 404, "person");
	return page_send(v, 200, "inbox.html",
		json_pack("{s:b, s:s, s:o, s:o}", "own", is_own(v), "person_name",
			store_person_row(who).name, "messages",
			inbox_rows(v, v->person, r, STORE_PAGE), "next", next_of(v, r)));
}

/* A message's text is lines: those that begin with "- " are a list's. */
static json_t *lines_of(const char *body)
{
	json_t *lines = json_array();
	while (*body) {
		size_t len = strcspn(body, "\n");
		bool entry = strncmp(body, "- ", 2) == 0;
		json_t *text = json_stringn(body + 2 * entry, len - 2 * (size_t)entry);
		if (len)
			json_array_append_new(
				lines, json_pack("{s:b, s:o}", "entry", entry, "text", text));
		else
			json_decref(text);
		body += len + (body[len] == '\n');
	}
	return lines;
}

static json_t *score_href(const struct visit *v, const char *period)
{
	char rest[64], path[PAGE_PATH];
	snprintf(rest, sizeof rest, "scores/%.20s", period);
	return json_string(page_of_person(v->person, rest, path));
}

bool page_message(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	enum language language = page_language(v);
	char at[LANGUAGE_TEXT], inbox[PAGE_PATH];
	if (!store_inbox(v->db, v->person, v->message + 1, 1, &r, e))
		return false;
	if (db_rows(r) == 0 || store_inbox_row(r, 0).id != v->message)
		return page_problem(v, 404, "message");
	const struct inbox_row x = store_inbox_row(r, 0);
	if (!visit_log_access(v, "inbox", e) ||
		(is_own(v) && !x.read &&
			!store_inbox_read(v->db, v->person, v->message, v->now, e)))
		return false;
	return page_send(v, 200, "message.html",
		json_pack("{s:s, s:s, s:o, s:o, s:s}", "subject", x.title[language], "at",
			language_time(language, x.at, at), "lines", lines_of(x.body[language]),
			"score_href", score_href(v, x.period), "inbox_href",
			page_of_person(v->person, "inbox", inbox)));
}
