/* smtp: what the settings say of TLS, and what a server's replies mean. Pure. */
#pragma once

#include <stdbool.h>

#include "base/conf.h"

enum smtp_tls {
	SMTP_TLS_OFF, /* in the clear, whatever is offered */
	SMTP_TLS_OPPORTUNISTIC, /* where it is offered */
	SMTP_TLS_REQUIRE, /* no mail without it */
};
/* "require", "opportunistic", "off", or empty for the default. */
extern const struct conf_form smtp_tls_form;

/* Of a setting that has this form, for a server on this host: an IPv6 address in brackets. With a
 * password it is required. */
enum smtp_tls smtp_tls_of(const char *setting, const char *host, bool password);
/* "localhost", 127.0.0.0/8, [::1]: what goes there never leaves the machine. */
bool smtp_host_local(const char *host);

/* Whether a reply to RCPT says for good that there is no such mailbox: a 5xx, as in "550 5.1.1 no
 * such user", but not one that is about a mailbox that is full, the server itself, who may send
 * what through it, or signing in (RFC 5321, 3463). */
bool smtp_no_mailbox(const char *reply);
