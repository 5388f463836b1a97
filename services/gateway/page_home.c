/* page_home: the first page: the sign-in form, or what somebody who is signed in may look at. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "page.h"
#include "session.h"
#include "words.h"

static void put_sign_in(struct buf *b, const char *to, bool failed)
{
	if (failed)
		html_say(b,
			(struct words){
				"Token itu tidak dikenal, sudah tidak berlaku, atau bukan untuk "
				"orang.",
				"That token is not known, no longer good, or not for people."},
			NULL, NULL);
	html_open(b, "form", "method", "post", "action", "/session", "class", "sign-in", NULL);
	html_open(b, "label", "for", "token", NULL);
	html_both(b, (struct words){"Token Anda", "Your token"});
	html_close(b, "label");
	html_open(b, "input", "id", "token", "name", "token", "type", "password", "autocomplete",
		"current-password", "required", "", "autofocus", "", NULL);
	if (to)
		html_open(b, "input", "type", "hidden", "name", "to", "value", to, NULL);
	html_open(b, "button", NULL);
	html_both(b, (struct words){"Masuk", "Sign in"});
	html_close(b, "button");
	html_close(b, "form");
}

/* Only a path of our own pages: nobody is sent elsewhere after signing in. */
static const char *own_path(const char *to)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
	bool ok = to && strncmp(to, "/people/", 8) == 0 && strlen(to) < 200 &&
		  strspn(to, plain) == strlen(to);
	return ok ? to : NULL;
}

static bool answer_sign_in(struct visit *v, const char *to, bool failed)
{
	struct buf b;
	page_begin(&b, (struct words){"Masuk", "Sign in"}, false);
	put_sign_in(&b, own_path(to), failed);
	return page_send(v, failed ? 403 : 200, &b);
}

static void open_score_link(struct buf *b, const uint8_t person[16], const char *period)
{
	char uuid[DIGEST_UUID_TEXT];
	BUF_AUTO href;
	buf_init(&href, 200);
	buf_addf(&href, "/people/%s/scores/%s", digest_uuid_format(person, uuid), period);
	html_open(b, "a", "href", href.data, NULL);
}

static bool put_own(struct buf *b, struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	if (!v->who.has_person)
		return true;
	if (!store_periods(v->db, v->who.person, &r, e))
		return false;
	html_open(b, "h2", NULL);
	html_both(b, (struct words){"Nilai kinerja Anda", "Your scores"});
	html_close(b, "h2");
	if (db_rows(r) == 0)
		html_say(b, (struct words){"Belum ada.", "None yet."}, NULL, NULL);
	html_open(b, "ul", NULL);
	for (int i = 0; i < db_rows(r); i++) {
		struct period p;
		char id[WORDS_PERIOD], en[WORDS_PERIOD];
		if (!period_parse(db_text(r, i, 0), &p))
			continue;
		html_open(b, "li", NULL);
		open_score_link(b, v->who.person, db_text(r, i, 0));
		html_text(b, words_period(p, id, en).id);
		html_close(b, "a");
		html_close(b, "li");
	}
	html_close(b, "ul");
	return true;
}

static void put_person_link(struct buf *b, const struct people_row *x)
{
	open_score_link(b, x->person, x->month);
	html_name(b, x->name);
	html_close(b, "a");
}

static void put_people_rows(struct buf *b, const struct db_result *r, int n)
{
	html_open(b, "ul", "class", "people", NULL);
	for (int i = 0; i < n; i++) {
		const struct people_row x = store_people_row(r, i);
		html_open(b, "li", NULL);
		if (*x.month)
			put_person_link(b, &x);
		else
			html_name(b, x.name);
		html_text(b, ", ");
		html_name(b, x.unit);
		html_close(b, "li");
	}
	html_close(b, "ul");
}

static void put_next(struct buf *b, const uint8_t person[16], const char *list)
{
	struct cursor next = {0};
	char text[CURSOR_TEXT];
	BUF_AUTO href;
	buf_init(&href, 200);
	memcpy(next.key, person, sizeof next.key);
	buf_addf(&href, "/?cursor=%s", cursor_format(&next, list, text));
	html_open(b, "p", NULL);
	html_link(b, href.data, "Berikutnya / Next");
	html_close(b, "p");
}

static bool put_people(struct buf *b, struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	bool all = v->who.role == ROLE_AUDITOR;
	if (!all && (v->who.role != ROLE_HEAD || !v->who.has_person))
		return true;
	if (!store_people(v->db, all ? NULL : v->who.person, v->later ? v->after.key : NULL,
		    clock_date(v->now), &r, e))
		return false;
	int n = db_rows(r) < STORE_PAGE ? db_rows(r) : STORE_PAGE;
	if (!visit_log_rows(v, "name", r, n, e))
		return false;
	html_open(b, "h2", NULL);
	html_both(b, all ? (struct words){"Semua pegawai", "Everybody"}
			 : (struct words){"Pegawai Anda", "Your people"});
	html_close(b, "h2");
	put_people_rows(b, r, n);
	if (db_rows(r) > n)
		put_next(b, store_people_row(r, n - 1).person, v->list);
	return true;
}

static bool show_home(struct visit *v, struct err *e)
{
	struct buf b;
	page_begin(&b, (struct words){"Beranda", "Home"}, true);
	if (put_own(&b, v, e) && put_people(&b, v, e))
		return page_send(v, 200, &b);
	buf_done(&b);
	return false;
}

bool page_home(struct visit *v, struct err *e)
{
	return v->who.token ? show_home(v, e) : answer_sign_in(v, v->to, false);
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
