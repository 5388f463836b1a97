/* page_evidence: the events behind a score, day by day, each with where it came from and its
 * original. */
#include <stdio.h>
#include <string.h>

#include "authority.h"
#include "base/clock.h"
#include "base/digest.h"
#include "counting.h"
#include "messages/event.h"
#include "page.h"
#include "sheet.h"

/* Bytes: of an original that are shown; about what a row costs besides; of all rows, so that a page
 * stays small on the telephone network. */
enum { ORIGINAL_MOST = 2000, ROW_ABOUT = 900, ROWS_MOST = 30000 };

/* What the rows of a page have in common. */
struct listing {
	struct visit *v;
	enum language language;
	const struct counting *counting;
	struct db_result *indicators;
	bool originals;
};

/* The event as it came, or its beginning; a superior is told why it is not there, and
 * everybody else of one that was put away. */
static json_t *original_of(const struct listing *l, const struct evidence_row *x)
{
	size_t len = x->payload_len;
	const char *bytes = x->payload;
	if (!l->originals || !bytes)
		return json_null();
	if (len > ORIGINAL_MOST) {
		len = ORIGINAL_MOST;
		while (len && ((unsigned char)bytes[len] & 0xC0) == 0x80)
			len--;
	}
	json_t *text = json_stringn(bytes, len);
	return json_pack("{s:o, s:b, s:I}", "text", text ? text : json_string(""), "cut",
		len < x->payload_len, "bytes", (json_int_t)x->payload_len);
}

static json_t *origin_of(const struct listing *l, const struct evidence_row *x)
{
	char received[LANGUAGE_TEXT], sha256[DIGEST_HEX];
	return json_pack("{s:s, s:s, s:i, s:I, s:s, s:s, s:b, s:o}", "id", x->id, "topic", x->topic,
		"partition", (int)x->partition, "offset", (json_int_t)x->offset, "received",
		language_time(l->language, x->received_at, received), "sha256",
		digest_hex(x->sha256, x->sha256_len, sha256), "away", l->originals && !x->payload,
		"original", original_of(l, x));
}

static json_t *row_of(const struct listing *l, const struct evidence_row *x)
{
	char hour[LANGUAGE_TEXT], value[DEC_TEXT], of[DEC_TEXT];
	const char *why = counting_of(l->counting, x);
	const struct indicator_row about = store_indicator_find(l->indicators, x->indicator);
	json_t *not =
		why ? json_pack("{s:s, s:s, s:s}", "why", page_word(l->v, "uncounted", why),
			      "replaced_by", x->replaced_by ? x->replaced_by : "", "code", why)
		    : json_null();
	return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s, s:s?, s:o, s:o}", "hour",
		language_hour(l->language, x->time, hour), "name", about.name[l->language], "value",
		language_value(l->language, x->value, value), "of",
		x->has_of ? language_value(l->language, x->of, of) : NULL, "unit",
		about.unit[l->language], "source", x->source, "ref", x->ref, "uncounted", not,
		"origin", origin_of(l, x));
}

static json_t *day_of(const struct listing *l, int32_t date)
{
	char text[LANGUAGE_TEXT];
	return json_pack("{s:s, s:[]}", "day", language_date(l->language, date, text), "rows");
}

/* A list of days, each with its rows; *counts tells how many of them count. */
static json_t *days_of(const struct listing *l, const struct db_result *r, int n, int *counts)
{
	json_t *days = json_array(), *day = NULL;
	int32_t date = 0;
	*counts = 0;
	for (int i = 0; i < n; i++) {
		const struct evidence_row x = store_evidence_row(r, i);
		if (!day || clock_date(x.time) != date) {
			date = clock_date(x.time);
			day = day_of(l, date);
			json_array_append_new(days, day);
		}
		*counts += !counting_of(l->counting, &x);
		json_array_append_new(json_object_get(day, "rows"), row_of(l, &x));
	}
	return days;
}

/* How many of the rows make a page; at least one of those that there are. */
static int rows_of_page(const struct listing *l, const struct db_result *r)
{
	size_t bytes = 0;
	int n = 0;
	while (n < db_rows(r) && n < STORE_PAGE && bytes < ROWS_MOST) {
		size_t original = store_evidence_row(r, n).payload_len;
		bytes += ROW_ABOUT + (!l->originals                     ? 0
					     : original < ORIGINAL_MOST ? original
									: ORIGINAL_MOST);
		n++;
	}
	return n;
}

static json_t *back_of(const struct visit *v)
{
	char rest[PERIOD_TEXT + 8], path[PAGE_PATH];
	if (!v->period_name)
		return json_null();
	snprintf(rest, sizeof rest, "scores/%.11s", v->period_name);
	return json_string(page_of_person(v->person, rest, path));
}

/* --- what stands above and below the events */

/* Realised of target, of the indicator that is asked for, or of all of the period's. */
static bool read_totals(
	struct visit *v, struct db_result *indicators, json_t **totals, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	*totals = json_array();
	if (!v->period_name)
		return true;
	if (!store_score(v->db, v->person, v->period_name, &r, e))
		return false;
	json_auto_t *score = db_rows(r) ? json_loads(db_text(r, 0, 0), 0, NULL) : NULL;
	const struct sheet s = {
		.v = v, .language = page_language(v), .score = score, .indicators = indicators};
	size_t i;
	const json_t *item;
	json_array_foreach (json_object_get(score, "items"), i, item)
		if (!v->indicator || strcmp(sheet_text(item, "indicator"), v->indicator) == 0)
			json_array_append_new(*totals, sheet_figures(&s, item));
	return true;
}

static json_t *rejected_of(
	const struct visit *v, const struct db_result *indicators, const struct rejected_row *x)
{
	enum language language = page_language(v);
	char day[LANGUAGE_TEXT], received[LANGUAGE_TEXT];
	return json_pack("{s:s, s:s?, s:s, s:s, s:s, s:s?}", "day",
		language_date(language, x->day, day), "name",
		x->indicator ? store_indicator_find(indicators, x->indicator).name[language] : NULL,
		"source", x->source, "reason", page_word(v, "reason", x->reason), "received",
		language_time(language, x->at, received), "id", x->event);
}

/* On the first page: what is not evidence, and why; nothing of its original. *rejected stays NULL
 * where there is nothing. */
static bool read_rejected(
	struct visit *v, const struct db_result *indicators, json_t **rejected, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	struct evidence_query q = {
		.person = v->person, .has_period = v->period_name != NULL, .period = v->period};
	if (v->later)
		return true;
	if (v->indicator && !store_indicator_id(v->db, v->indicator, &q.indicator, e))
		return false;
	if (v->indicator && q.indicator == 0)
		return true;
	if (!store_rejected_of(v->db, &q, &r, e))
		return false;
	if (db_rows(r) == 0)
		return true;
	json_t *rows = json_array();
	for (int i = 0; i < db_rows(r) && i < STORE_REJECTED; i++) {
		const struct rejected_row x = store_rejected_row(r, i);
		json_array_append_new(rows, rejected_of(v, indicators, &x));
	}
	*rejected = json_pack("{s:o, s:b}", "refusals", rows, "more", db_rows(r) > STORE_REJECTED);
	return true;
}

static bool show(const struct listing *l, const struct db_result *r, const struct db_result *who,
	json_t *totals, json_t *rejected)
{
	struct visit *v = l->v;
	char period[LANGUAGE_TEXT];
	int counts, n = rows_of_page(l, r);
	json_t *days = days_of(l, r, n, &counts), *next = json_null();
	if (n > 0 && (n < db_rows(r) || v->beyond || store_evidence_more(r))) {
		const struct cursor last = store_evidence_row(r, n - 1).at;
		next = page_next(v, v->request->path, &last);
	}
	return page_send(v, 200, "evidence.html",
		json_pack("{s:s?, s:s?, s:s, s:i, s:i, s:b, s:o, s:o, s:o, s:b, s:o, s:o?}",
			"period",
			v->period_name ? language_period(l->language, v->period, period) : NULL,
			"indicator_name",
			v->indicator ? store_indicator_find(l->indicators, v->indicator)
					       .name[l->language]
				     : NULL,
			"person_name", db_rows(who) ? store_person_row(who).name : "", "shown", n,
			"counted", counts, "may_see_originals", l->originals, "days", days, "next",
			next, "back", back_of(v), "has_totals", json_array_size(totals) > 0,
			"totals", totals, "rejected", rejected));
}

static bool read_and_show(struct visit *v, const struct listing *l, const struct db_result *r,
	const struct db_result *who, struct err *e)
{
	json_t *totals = NULL, *rejected = NULL;
	if (read_totals(v, l->indicators, &totals, e) &&
		read_rejected(v, l->indicators, &rejected, e))
		return show(l, r, who, totals, rejected);
	json_decref(totals);
	json_decref(rejected);
	return false;
}

bool page_evidence(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	DB_RESULT_AUTO *indicators = NULL;
	DB_RESULT_AUTO *who = NULL;
	struct counting c;
	if (!visit_evidence(v, &r, e) || !store_indicators(v->db, &indicators, e) ||
		!store_person(v->db, v->person, clock_date(v->now), &who, e) ||
		!counting_begin(&c, v, e))
		return false;
	const struct listing l = {v, page_language(v), &c, indicators, authority_sees_originals(v)};
	bool ok = read_and_show(v, &l, r, who, e);
	counting_end(&c);
	return ok;
}
