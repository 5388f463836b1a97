#include "mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

enum { CONNECT_SECONDS = 10, MAIL_SECONDS = 60, SMTP_REFUSES = 400, SMTP_CLOSING = 421 };

struct mailer {
	struct mailer_config config;
	CURL *curl;
};

/* One mail on its way. */
struct transfer {
	struct mailer *mailer;
	const struct buf *text;
	size_t at;
	bool handed;
	bool (*last)(void *arg);
	void *arg;
};

struct mailer *mailer_new(const struct mailer_config *config, struct err *e)
{
	struct mailer *m = calloc(1, sizeof *m);
	if (!m || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
		!(m->curl = curl_easy_init())) {
		free(m);
		err_set(e, ERR_FATAL, "no memory for a mailer");
		return NULL;
	}
	m->config = *config;
	return m;
}

void mailer_free(struct mailer *m)
{
	if (!m)
		return;
	curl_easy_cleanup(m->curl);
	curl_global_cleanup();
	free(m);
}

/* Hands the text over, and asks before it says that there is no more: then curl ends the mail. */
static size_t give(char *to, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t left = t->text->len - t->at, most = size * n, len = left < most ? left : most;
	memcpy(to, t->text->data + t->at, len);
	t->at += len;
	if (len == 0 && !t->handed) {
		t->handed = t->last(t->arg);
		return t->handed ? 0 : CURL_READFUNC_ABORT;
	}
	return len;
}

static int progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct transfer *t = arg;
	(void)a, (void)b, (void)c, (void)d;
	return !t->handed && t->mailer->config.stopping && t->mailer->config.stopping();
}

/* What curl borrows while a mail is on its way. */
struct parcel {
	struct curl_slist *to, *head;
	curl_mime *mime;
};

static void parcel_done(struct parcel *p)
{
	curl_mime_free(p->mime);
	curl_slist_free_all(p->head);
	curl_slist_free_all(p->to);
}

static bool parcel_add(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);
	if (longer)
		*list = longer;
	return longer != NULL;
}

static bool parcel_head(struct parcel *p, const struct buf *head)
{
	bool ok = true;
	for (const char *line = head->data, *end = line + head->len; ok && line < end;
		line += strlen(line) + 1)
		ok = parcel_add(&p->head, line);
	return ok;
}

static bool parcel_text(struct parcel *p, CURL *c, struct transfer *t)
{
	curl_mimepart *part = (p->mime = curl_mime_init(c)) ? curl_mime_addpart(p->mime) : NULL;
	return part && curl_mime_type(part, "text/plain; charset=utf-8") == CURLE_OK &&
	       curl_mime_encoder(part, "quoted-printable") == CURLE_OK &&
	       curl_mime_data_cb(part, -1, give, NULL, NULL, t) == CURLE_OK;
}

static bool parcel_init(struct parcel *p, CURL *c, const struct mail *mail, struct transfer *t)
{
	char to[320];
	snprintf(to, sizeof to, "<%s>", mail->to);
	return parcel_add(&p->to, to) && parcel_head(p, mail->head) && parcel_text(p, c, t);
}

/* Where to, and as whom. */
static bool set_server(CURL *c, const struct mailer_config *x)
{
	long tls = *x->user ? CURLUSESSL_ALL : CURLUSESSL_TRY;
	return curl_easy_setopt(c, CURLOPT_URL, x->url) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_USE_SSL, tls) == CURLE_OK &&
	       (!*x->user ||
		       (curl_easy_setopt(c, CURLOPT_USERNAME, x->user) == CURLE_OK &&
			       curl_easy_setopt(c, CURLOPT_PASSWORD, x->password) == CURLE_OK));
}

/* That it is an upload, said last, keeps curl from sending a mail again by itself, over a new
 * connection. */
static bool set_mail(CURL *c, const char *from, const struct parcel *p)
{
	char sender[320];
	snprintf(sender, sizeof sender, "<%s>", from);
	return curl_easy_setopt(c, CURLOPT_MAIL_FROM, sender) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_MAIL_RCPT, p->to) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HTTPHEADER, p->head) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_MIMEPOST, p->mime) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_UPLOAD, 1L) == CURLE_OK;
}

static bool set_bounds(CURL *c, struct transfer *t)
{
	return curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_XFERINFODATA, t) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)MAIL_SECONDS) == CURLE_OK;
}

/* What curl's result means for the mail. 421 says that the server is closing: that is not about the
 * mail. */
static enum mail_outcome outcome(struct mailer *m, CURLcode rc, struct err *why)
{
	long code = 0;
	if (rc == CURLE_OK)
		return MAIL_SENT;
	curl_easy_getinfo(m->curl, CURLINFO_RESPONSE_CODE, &code);
	err_set(why, ERR_RETRY, "SMTP: %s, last reply %ld", curl_easy_strerror(rc), code);
	bool about_it = rc == CURLE_SEND_ERROR || rc == CURLE_WEIRD_SERVER_REPLY;
	return about_it && code >= SMTP_REFUSES && code != SMTP_CLOSING ? MAIL_REFUSED : MAIL_AWAY;
}

enum mail_outcome mailer_send(struct mailer *m, const struct mail *mail, bool (*last)(void *arg),
	void *arg, struct err *why)
{
	struct transfer t = {.mailer = m, .text = mail->text, .last = last, .arg = arg};
	struct parcel parcel = {0};
	enum mail_outcome out = MAIL_AWAY;
	curl_easy_reset(m->curl); /* keeps the connection */
	if (parcel_init(&parcel, m->curl, mail, &t) && set_server(m->curl, &m->config) &&
		set_mail(m->curl, mail->from, &parcel) && set_bounds(m->curl, &t))
		out = outcome(m, curl_easy_perform(m->curl), why);
	else
		err_set(why, ERR_RETRY, "SMTP: the settings are not accepted");
	parcel_done(&parcel);
	return out;
}
