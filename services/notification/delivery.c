#include "delivery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "letter.h"
#include "mail.h"
#include "notification.h"
#include "store.h"

enum {
	LEASE_SECONDS = 90,
	KEEP_TRYING_DAYS = 7,
	NO_MAILBOX_DAYS = 7,
	RUN_SECONDS = 20,
	PAUSE_FIRST = 5,
	PAUSE_MOST = 60,
	COUNT_SECONDS = 10
};

/* Seconds after each refusal; after the last it is given up. */
static const int32_t waits[] = {60, 300, 1800, 2 * 3600, 6 * 3600, 12 * 3600, 24 * 3600};
enum { WAITS = COUNT(waits) };

/* What became of a mail: kept until it is written down, also when the database is away meanwhile.
 */
struct verdict {
	bool pending;
	int64_t inbox, at;
	int32_t attempt;
	bool sent;
	int32_t no_mailbox; /* the reply that says so; 0: none does */
	char to[LETTER_ADDRESS + 1];
	struct mail_failure failure;
	struct err why;
};

struct delivery {
	struct mailer *mailer;
	struct verdict verdict;
	int64_t paused_until, pause; /* while the server is away; seconds */
	int64_t counted_at;
};

bool delivery_open(struct worker *w, struct err *e)
{
	const struct notification_settings *x = notification_settings(w);
	const struct mailer_config config = {
		.url = x->smtp_url,
		.tls = x->smtp_tls,
		.ca = x->smtp_ca,
		.user = x->smtp_user,
		.password = x->smtp_password,
		.stopping = service_stopping,
	};
	struct delivery *d = w->state ? w->state : calloc(1, sizeof *d);
	w->state = d;
	if (!d)
		return err_set(e, ERR_FATAL, "out of memory");
	d->mailer = mailer_new(&config, e);
	return d->mailer != NULL;
}

void delivery_close(struct worker *w)
{
	struct delivery *d = w->state;
	mailer_free(d->mailer);
	free(d);
}

static void count(enum notification_mail what, int64_t n)
{
	metric_add(service_metric_base() + NOTIFICATION_MAILS, (int)what, (double)n);
}

/* Verdicts */

static bool note(struct worker *w, struct err *e)
{
	struct delivery *d = w->state;
	struct verdict *v = &d->verdict;
	if (!v->pending)
		return true;
	v->failure.why = v->why.text;
	bool ok = v->sent         ? store_mail_sent(w->db, v->inbox, v->at, e)
		  : v->no_mailbox ? store_mail_no_mailbox(w->db, v->inbox, v->attempt, v->to,
					    v->no_mailbox, &v->failure, e)
				  : store_mail_failed(w->db, v->inbox, v->attempt, &v->failure, e);
	if (!ok)
		return false;
	v->pending = false;
	return true;
}

static void judge_sent(struct delivery *d)
{
	d->verdict.sent = true;
	d->pause = 0;
	count(MAILS_SENT, 1);
}

/* The server said no, or took all of it and said nothing: later, more and more so. */
static void judge_refused(struct delivery *d, int64_t now)
{
	struct verdict *v = &d->verdict;
	v->failure.given_up = v->attempt > WAITS;
	v->failure.attempts = v->attempt;
	v->failure.due = now + (v->failure.given_up ? 0 : waits[v->attempt - 1] * CLOCK_SECOND);
	count(v->failure.given_up ? MAILS_GIVEN_UP : MAILS_REFUSED, 1);
	log_warn("a mail was not accepted", LOG_I("inbox", v->inbox), LOG_I("attempt", v->attempt),
		LOG_S("why", v->why.text), LOG_S("given_up", v->failure.given_up ? "yes" : "no"));
}

/* The server is away: that is no attempt of this mail, and the others need not try. */
static void judge_away(struct delivery *d, int64_t now, int64_t written_at)
{
	struct verdict *v = &d->verdict;
	bool stopping = service_stopping();
	int64_t pause = d->pause ? 2 * d->pause : PAUSE_FIRST;
	v->failure.given_up = now - written_at > KEEP_TRYING_DAYS * CLOCK_DAY;
	v->failure.attempts = v->attempt - 1;
	d->pause = pause < PAUSE_MOST ? pause : PAUSE_MOST;
	d->paused_until = v->failure.due = stopping ? now : now + d->pause * CLOCK_SECOND;
	count(v->failure.given_up ? MAILS_GIVEN_UP : MAILS_AWAY, 1);
	if (!stopping)
		log_warn("the mail server is away", LOG_S("why", v->why.text),
			LOG_I("pause_seconds", d->pause));
}

static void judge_undeliverable(struct delivery *d, int64_t now)
{
	struct verdict *v = &d->verdict;
	err_set(&v->why, ERR_INVALID, "no usable address");
	v->failure = (struct mail_failure){.given_up = true, .due = now, .attempts = v->attempt};
	count(MAILS_GIVEN_UP, 1);
}

/* There is no such mailbox: no time makes this mail arrive, nor the next one to the same address.
 */
static void judge_no_mailbox(struct delivery *d, int64_t now, int reply, const uint8_t *person)
{
	struct verdict *v = &d->verdict;
	char id[DIGEST_UUID_TEXT];
	v->no_mailbox = reply;
	v->failure = (struct mail_failure){.given_up = true, .due = now, .attempts = v->attempt};
	count(MAILS_NO_MAILBOX, 1);
	log_warn("a mailbox does not exist", LOG_S("person", digest_uuid_format(person, id)),
		LOG_I("inbox", v->inbox), LOG_S("why", v->why.text));
}

/* The same was answered lately, to another mail: this one was not tried. */
static void judge_unreachable(struct delivery *d, int64_t now, int64_t reply)
{
	struct verdict *v = &d->verdict;
	err_set(&v->why, ERR_INVALID, "not tried: the mailbox did not exist lately, reply %lld",
		(long long)reply);
	v->failure =
		(struct mail_failure){.given_up = true, .due = now, .attempts = v->attempt - 1};
	count(MAILS_GIVEN_UP, 1);
}

/* Sending */

struct step {
	struct worker *w;
	bool handed;
};

/* All but the last dot has gone: from here on the server may have it. */
static bool hand_over(void *arg)
{
	struct step *s = arg;
	const struct delivery *d = s->w->state;
	struct err e = {0};
	s->handed = store_mail_handed(s->w->db, d->verdict.inbox, d->verdict.attempt, &e);
	return s->handed;
}

static void write_letter(struct buf *head, struct buf *text, const struct notification_settings *x,
	const struct db_result *r)
{
	char id[DIGEST_UUID_TEXT], person[DIGEST_UUID_TEXT];
	BUF_AUTO url; /* of the message's own page */
	buf_init(&url, 4096);
	buf_addf(&url, "%s/people/%s/inbox/%lld", x->public_url,
		digest_uuid_format(db_uuid(r, 0, 11), person), (long long)db_int(r, 0, 0));
	const struct letter l = {
		.from = x->mail_from,
		.to = db_text(r, 0, 8),
		.id = digest_uuid_format(db_uuid(r, 0, 1), id),
		.at = db_time(r, 0, 3),
		.title = {[LANGUAGE_ID] = db_text(r, 0, 4), [LANGUAGE_EN] = db_text(r, 0, 5)},
		.body = {[LANGUAGE_ID] = db_text(r, 0, 6), [LANGUAGE_EN] = db_text(r, 0, 7)},
		.url = *x->public_url && !url.failed ? url.data : NULL,
		.reads = db_is_null(r, 0, 9) ? NULL : db_text(r, 0, 9),
	};
	letter_write(head, text, &l);
}

/* False: the letter cannot be written, or its address cannot be used. */
static bool send_letter(struct worker *w, const struct db_result *r, struct step *step,
	enum mail_outcome *what, int *reply)
{
	enum { MAX_HEAD = 64 * 1024, MAX_TEXT = 1024 * 1024 };
	struct delivery *d = w->state;
	const struct notification_settings *x = notification_settings(w);
	BUF_AUTO head, text;
	buf_init(&head, MAX_HEAD);
	buf_init(&text, MAX_TEXT);
	struct mail mail = {x->mail_from, db_text(r, 0, 8), &head, &text, 0};
	if (!letter_address_valid(mail.to))
		return false;
	snprintf(d->verdict.to, sizeof d->verdict.to, "%s", mail.to);
	write_letter(&head, &text, x, r);
	if (head.failed || text.failed)
		return false;
	*what = mailer_send(d->mailer, &mail, hand_over, step, &d->verdict.why);
	*reply = mail.reply;
	return true;
}

static void send_one(struct worker *w, const struct db_result *r)
{
	struct delivery *d = w->state;
	struct step step = {.w = w};
	enum mail_outcome what = MAIL_REFUSED;
	int64_t written_at = db_time(r, 0, 3);
	d->verdict =
		(struct verdict){.inbox = db_int(r, 0, 0), .attempt = (int32_t)db_int(r, 0, 2)};
	int reply = 0;
	bool hopeless = !db_is_null(r, 0, 10);
	bool possible = hopeless || send_letter(w, r, &step, &what, &reply);
	int64_t now = d->verdict.at = clock_now();
	if (hopeless)
		judge_unreachable(d, now, db_int(r, 0, 10));
	else if (!possible)
		judge_undeliverable(d, now);
	else if (what == MAIL_NO_MAILBOX)
		judge_no_mailbox(d, now, reply, db_uuid(r, 0, 11));
	else if (what == MAIL_SENT)
		judge_sent(d);
	else if (what == MAIL_REFUSED || step.handed)
		judge_refused(d, now);
	else
		judge_away(d, now, written_at);
	d->verdict.pending = true;
}

static bool send_due(struct worker *w, bool *more, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	int64_t now = clock_now();
	if (!store_mail_claim(w->db, now, now + LEASE_SECONDS * CLOCK_SECOND,
		    now - NO_MAILBOX_DAYS * CLOCK_DAY, &r, e))
		return false;
	*more = db_rows(r) > 0;
	if (!*more)
		return true;
	send_one(w, r);
	return note(w, e);
}

/* Now and then */

static bool look_after(struct worker *w, struct err *e)
{
	struct delivery *d = w->state;
	int64_t doubtful, now = clock_now();
	if (now - d->counted_at < COUNT_SECONDS * CLOCK_SECOND)
		return true;
	DB_RESULT_AUTO *r = NULL;
	if (!store_mail_doubtful(w->db, now, &doubtful, e) || !store_mail_counts(w->db, &r, e))
		return false;
	int states = db_rows(r) - 1;
	for (int i = 0; i < states; i++)
		metric_set(service_metric_base() + NOTIFICATION_MAIL_STATES, i,
			(double)db_int(r, i, 1));
	metric_set(
		service_metric_base() + NOTIFICATION_UNREACHABLE, 0, (double)db_int(r, states, 1));
	if (doubtful)
		log_warn("nobody knows whether mails were accepted: not sent again",
			LOG_I("mails", doubtful));
	count(MAILS_DOUBTFUL, doubtful);
	d->counted_at = now;
	return true;
}

bool delivery_run(struct worker *w, struct err *e)
{
	struct delivery *d = w->state;
	int64_t until = clock_monotonic() + RUN_SECONDS * CLOCK_SECOND;
	bool more = notification_settings(w)->email;
	if (!note(w, e))
		return false;
	while (more && !service_stopping() && clock_now() >= d->paused_until &&
		clock_monotonic() < until)
		if (!send_due(w, &more, e))
			return false;
	return look_after(w, e);
}
