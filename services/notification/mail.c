#include "mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "smtp.h"

enum { CONNECT_SECONDS = 10, MAIL_SECONDS = 60, SMTP_REFUSES = 400, SMTP_CLOSING = 421 };

enum { VERB = 4, REPLY = 64 };

struct mailer {
	struct mailer_config config;
	enum smtp_tls tls;
	CURL *curl;
};

/* One mail on its way. */
struct transfer {
	struct mailer *mailer;
	const struct buf *text;
	size_t at;
	bool handed;
	char verb[VERB + 1], reply[REPLY]; /* of the last command, and how the last reply begins */
	bool over; /* curl takes its leave */
	bool (*last)(void *arg);
	void *arg;
};

/* A URL that is none has no host: then what the default is for other machines. */
static enum smtp_tls tls_of(const struct mailer_config *x)
{
	CURLU *url = curl_url();
	char *host = NULL;
	if (url && curl_url_set(url, CURLUPART_URL, x->url, 0) == CURLUE_OK)
		curl_url_get(url, CURLUPART_HOST, &host, 0);
	enum smtp_tls tls = smtp_tls_of(x->tls, host ? host : "", *x->user);
	curl_free(host);
	curl_url_cleanup(url);
	return tls;
}

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
	m->tls = tls_of(config);
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

/* Only curl's trace says which command a reply is about. After a refusal it may take its leave by
 * itself. */
static int trace(CURL *c, curl_infotype type, char *data, size_t len, void *arg)
{
	struct transfer *t = arg;
	bool command = type == CURLINFO_HEADER_OUT, reply = type == CURLINFO_HEADER_IN;
	(void)c;
	t->over = t->over || (command && len >= VERB && strncasecmp(data, "QUIT", VERB) == 0);
	if (t->over)
		return 0;
	if (command)
		snprintf(t->verb, sizeof t->verb, "%.*s", (int)(len < VERB ? len : VERB), data);
	else if (reply)
		snprintf(t->reply, sizeof t->reply, "%.*s", (int)(len < REPLY ? len : REPLY - 1),
			data);
	return 0;
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
static bool set_server(CURL *c, const struct mailer_config *x, enum smtp_tls tls)
{
	static const long use[] = {[SMTP_TLS_OFF] = CURLUSESSL_NONE,
		[SMTP_TLS_OPPORTUNISTIC] = CURLUSESSL_TRY,
		[SMTP_TLS_REQUIRE] = CURLUSESSL_ALL};
	return curl_easy_setopt(c, CURLOPT_URL, x->url) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_USE_SSL, use[tls]) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       (!*x->ca || curl_easy_setopt(c, CURLOPT_CAINFO, x->ca) == CURLE_OK) &&
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
	       curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, trace) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_DEBUGDATA, t) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_VERBOSE, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)MAIL_SECONDS) == CURLE_OK;
}

/* Which setting is to be looked at. */
static const char *cure(CURLcode rc)
{
	return rc == CURLE_USE_SSL_FAILED
		       ? " (the server offers no TLS, and SMTP_TLS=require or SMTP_USER wants it)"
	       : rc == CURLE_PEER_FAILED_VERIFICATION
		       ? " (nobody in SMTP_CA vouches for the server's certificate)"
	       : rc == CURLE_SSL_CACERT_BADFILE ? " (SMTP_CA)"
						: "";
}

/* What curl's result means for the mail. 421 says that the server is closing: that is not about the
 * mail. */
static enum mail_outcome outcome(
	struct mailer *m, const struct transfer *t, CURLcode rc, int *reply, struct err *why)
{
	long code = 0;
	if (rc == CURLE_OK)
		return MAIL_SENT;
	curl_easy_getinfo(m->curl, CURLINFO_RESPONSE_CODE, &code);
	*reply = (int)code;
	err_set(why, ERR_RETRY, "SMTP: %s%s, last reply %ld", curl_easy_strerror(rc), cure(rc),
		code);
	bool about_it = rc == CURLE_SEND_ERROR || rc == CURLE_WEIRD_SERVER_REPLY;
	if (!about_it || code < SMTP_REFUSES || code == SMTP_CLOSING)
		return MAIL_AWAY;
	return strcasecmp(t->verb, "RCPT") == 0 && smtp_no_mailbox(t->reply) ? MAIL_NO_MAILBOX
									     : MAIL_REFUSED;
}

enum mail_outcome mailer_send(
	struct mailer *m, struct mail *mail, bool (*last)(void *arg), void *arg, struct err *why)
{
	struct transfer t = {.mailer = m, .text = mail->text, .last = last, .arg = arg};
	struct parcel parcel = {0};
	enum mail_outcome out = MAIL_AWAY;
	mail->reply = 0;
	curl_easy_reset(m->curl); /* keeps the connection */
	if (parcel_init(&parcel, m->curl, mail, &t) && set_server(m->curl, &m->config, m->tls) &&
		set_mail(m->curl, mail->from, &parcel) && set_bounds(m->curl, &t))
		out = outcome(m, &t, curl_easy_perform(m->curl), &mail->reply, why);
	else
		err_set(why, ERR_RETRY, "SMTP: the settings are not accepted");
	parcel_done(&parcel);
	return out;
}
