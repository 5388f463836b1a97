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

/* Hands the text over, and asks before it says that there is no more: then curl sends the dot. */
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

static bool set_up(
	struct mailer *m, struct transfer *t, const char *from, const struct curl_slist *to)
{
	CURL *c = m->curl;
	const struct mailer_config *x = &m->config;
	long tls = *x->user ? CURLUSESSL_ALL : CURLUSESSL_TRY;
	curl_easy_reset(c); /* keeps the connection */
	return curl_easy_setopt(c, CURLOPT_URL, x->url) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_USE_SSL, tls) == CURLE_OK &&
	       (!*x->user ||
		       (curl_easy_setopt(c, CURLOPT_USERNAME, x->user) == CURLE_OK &&
			       curl_easy_setopt(c, CURLOPT_PASSWORD, x->password) == CURLE_OK)) &&
	       curl_easy_setopt(c, CURLOPT_MAIL_FROM, from) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_READFUNCTION, give) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_READDATA, t) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress) == CURLE_OK &&
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

enum mail_outcome mailer_send(struct mailer *m, const char *from, const char *to,
	const struct buf *text, bool (*last)(void *arg), void *arg, struct err *why)
{
	struct transfer t = {.mailer = m, .text = text, .last = last, .arg = arg};
	char sender[320], recipient[320];
	snprintf(sender, sizeof sender, "<%s>", from);
	snprintf(recipient, sizeof recipient, "<%s>", to);
	struct curl_slist *list = curl_slist_append(NULL, recipient);
	enum mail_outcome out = MAIL_AWAY;
	if (list && set_up(m, &t, sender, list))
		out = outcome(m, curl_easy_perform(m->curl), why);
	else
		err_set(why, ERR_RETRY, "SMTP: the settings are not accepted");
	curl_slist_free_all(list);
	return out;
}
