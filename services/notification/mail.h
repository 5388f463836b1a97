/* mail: the one door to SMTP (libcurl). A struct mailer belongs to one thread; it keeps its
 * connection for the next mail. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct mailer_config {
	const char *url; /* smtp:// or smtps:// */
	const char *tls; /* of smtp://: as in smtp_tls_of */
	const char *ca; /* file of the certificates that vouch for the server's; "": the system's */
	const char *user, *password; /* "": none. With a user TLS is required */
	bool (*stopping)(void); /* true: give a mail up that is not handed over yet; may be NULL */
};

struct mailer;
struct mailer *mailer_new(const struct mailer_config *config, struct err *e) MUST_CHECK;
void mailer_free(struct mailer *m);

enum mail_outcome {
	MAIL_SENT, /* the server has answered that it accepts it */
	MAIL_REFUSED, /* the server has answered that it does not */
	MAIL_NO_MAILBOX, /* the server has answered, for good, that there is no such mailbox */
	MAIL_AWAY, /* no answer, or none that is about this mail: nobody knows, unless `last` was
		      never called */
};

struct mail {
	const char *from, *to; /* addresses, of the envelope */
	const struct buf *head; /* lines of the head, a NUL behind each; what MIME adds is added */
	const struct buf *text; /* UTF-8, with CRLF at the ends of lines */
	int reply; /* out: the server's last; 0: none */
};

/* Sends one mail. `last` is called when all of the text is handed over: until it has returned true
 * the server cannot accept the mail; when it returns false the mail is not sent, and MAIL_AWAY
 * returned. Takes a minute at most. `why` gets what was wrong, without the address. */
enum mail_outcome mailer_send(
	struct mailer *m, struct mail *mail, bool (*last)(void *arg), void *arg, struct err *why);
