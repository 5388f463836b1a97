/* page_evidence: the events behind a score, each with where it came from and its original. */
#include <stdio.h>
#include <string.h>

#include "authority.h"
#include "base/digest.h"
#include "counting.h"
#include "messages/event.h"
#include "page.h"
#include "words.h"

static void put_fact(struct buf *b, const char *name, const char *value)
{
	html_open(b, "div", NULL);
	html_element(b, "dt", name);
	html_element(b, "dd", value);
	html_close(b, "div");
}

static void put_number(struct buf *b, const char *name, int64_t value)
{
	char text[24];
	snprintf(text, sizeof text, "%lld", (long long)value);
	put_fact(b, name, text);
}

/* The event as it came, or why it is not there: for a superior, and where it was put away. */
static void put_original(struct buf *b, const struct evidence_row *x, bool original)
{
	BUF_AUTO payload;
	buf_init(&payload, EVENT_MAX_BYTES + 1);
	buf_add(&payload, x->payload, x->payload_len);
	if (original && !x->payload)
		html_say(b,
			(struct words){"Bentuk aslinya tersimpan di arsip; operator dapat "
				       "mengembalikannya.",
				"Its original form lies in the archive; operators can bring it "
				"back."},
			NULL, NULL);
	else if (original)
		html_element(b, "pre", payload.failed || !payload.len ? "" : payload.data);
	else
		html_say(b,
			(struct words){"Bentuk aslinya hanya untuk pegawai ini dan auditor.",
				"Its original form is for this person and auditors."},
			NULL, NULL);
}

static void put_origin(struct buf *b, const struct evidence_row *x, bool original)
{
	char received[PAGE_TIME], sha256[DIGEST_HEX];
	html_open(b, "details", NULL);
	html_open(b, "summary", NULL);
	html_both(b, (struct words){"Asal", "Origin"});
	html_close(b, "summary");
	html_open(b, "dl", NULL);
	put_fact(b, "Id", x->id);
	put_fact(b, "Topic", x->topic);
	put_number(b, "Partition", x->partition);
	put_number(b, "Offset", x->offset);
	put_fact(b, "Diterima / Received", page_time(x->received_at, received));
	put_fact(b, "SHA-256", digest_hex(x->sha256, x->sha256_len, sha256));
	html_close(b, "dl");
	put_original(b, x, original);
	html_close(b, "details");
}

static void put_value(struct buf *b, const struct evidence_row *x)
{
	char value[DEC_TEXT], of[DEC_TEXT];
	html_text(b, dec_format_value(x->value, value));
	if (!x->has_of)
		return;
	html_text(b, " / ");
	html_text(b, dec_format_value(x->of, of));
}

static void put_why_not(struct buf *b, const struct evidence_row *x, const struct uncounted *why)
{
	const char *const *values = HTML_VALUES(x->replaced_by);
	if (why)
		html_say(b, why->words, values, values);
}

/* What the rows of a page have in common. */
struct listing {
	const struct counting *counting;
	const struct db_result *indicators;
	bool originals;
};

static void put_row(struct buf *b, const struct evidence_row *x, const struct listing *l)
{
	char time[PAGE_TIME];
	const struct uncounted *why = counting_of(l->counting, x);
	const struct indicator_row about = store_indicator_find(l->indicators, x->indicator);
	html_open(b, "li", "class", why ? "uncounted" : NULL, NULL);
	html_element(b, "time", page_time(x->time, time));
	html_text(b, " ");
	html_open(b, "strong", NULL);
	html_both(b, (struct words){about.name_id, about.name_en});
	html_close(b, "strong");
	html_text(b, " ");
	put_value(b, x);
	html_text(b, " · ");
	html_text(b, x->source);
	if (x->ref) {
		html_text(b, " · ");
		html_name(b, x->ref);
	}
	put_why_not(b, x, why);
	put_origin(b, x, l->originals);
	html_close(b, "li");
}

static void put_next(struct buf *b, struct visit *v, const struct cursor *next)
{
	char cursor[CURSOR_TEXT];
	BUF_AUTO href;
	buf_init(&href, 2048);
	buf_addf(&href, "%s?cursor=%s", v->request->path, cursor_format(next, v->list, cursor));
	if (v->period_name) {
		buf_adds(&href, "&period=");
		html_url_encode(&href, v->period_name);
	}
	if (v->indicator) {
		buf_adds(&href, "&indicator=");
		html_url_encode(&href, v->indicator);
	}
	html_open(b, "p", NULL);
	html_link(b, href.failed ? "/" : href.data, "Berikutnya / Next");
	html_close(b, "p");
}

static void put_way_back(struct buf *b, struct visit *v)
{
	BUF_AUTO href;
	buf_init(&href, 200);
	buf_addf(&href, "/people/%s/scores/%s", v->request->params[0], v->period_name);
	html_open(b, "p", NULL);
	html_link(b, href.data, "Kembali ke nilai / Back to the score");
	html_close(b, "p");
}

static void put_rows(struct buf *b, const struct db_result *r, int n, const struct listing *l)
{
	html_open(b, "ol", "class", "evidence", NULL);
	for (int i = 0; i < n; i++) {
		const struct evidence_row x = store_evidence_row(r, i);
		put_row(b, &x, l);
	}
	html_close(b, "ol");
}

static bool show(struct visit *v, const struct db_result *r, const struct listing *l)
{
	struct buf b;
	int n = db_rows(r) < STORE_PAGE ? db_rows(r) : STORE_PAGE;
	page_begin(&b, (struct words){"Bukti dukung", "Evidence"}, true);
	if (v->period_name)
		put_way_back(&b, v);
	if (n == 0)
		html_say(&b, (struct words){"Tidak ada.", "There is none."}, NULL, NULL);
	put_rows(&b, r, n, l);
	if (v->beyond || store_evidence_more(r)) {
		const struct cursor last = store_evidence_row(r, n - 1).at;
		put_next(&b, v, &last);
	}
	return page_send(v, 200, &b);
}

bool page_evidence(struct visit *v, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	DB_RESULT_AUTO *indicators = NULL;
	struct counting c;
	if (!visit_evidence(v, &r, e) || !store_indicators(v->db, &indicators, e) ||
		!counting_begin(&c, v, e))
		return false;
	const struct listing l = {&c, indicators, authority_sees_originals(v)};
	bool ok = show(v, r, &l);
	counting_end(&c);
	return ok;
}
