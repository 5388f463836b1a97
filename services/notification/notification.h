/* notification: from scores that changed to messages in people's inboxes, and what is said of them
 * on notification.sent. */
#pragma once

#include "service/service.h"

struct notification_settings {
	int64_t quiet_seconds, digest_quiet_seconds;
	int64_t pace_tolerance, pace_after_days, keep_read_days;
	bool email;
	char *smtp_url, *smtp_tls, *smtp_ca, *smtp_user, *smtp_password, *mail_from, *public_url;
};
static inline const struct notification_settings *notification_settings(const struct worker *w)
{
	return w->service->values;
}

/* In the order of main.c's tables. */
enum notification_metric {
	NOTIFICATION_MESSAGES,
	NOTIFICATION_MAILS,
	NOTIFICATION_MAIL_STATES,
	NOTIFICATION_OUTBOX,
	NOTIFICATION_DUE,
	NOTIFICATION_OUTBOX_SECONDS,
	NOTIFICATION_DUE_SECONDS,
	NOTIFICATION_UNREACHABLE
};
enum notification_mail {
	MAILS_SENT,
	MAILS_REFUSED,
	MAILS_AWAY,
	MAILS_GIVEN_UP,
	MAILS_NO_MAILBOX,
	MAILS_DOUBTFUL
};

/* Notes whose score changed. Nothing is said yet: it is looked at when it has been quiet for a
 * while. */
bool notification_handle(
	struct worker *w, const struct bus_message *messages, int n, struct err *e) MUST_CHECK;
/* The timer: looks at what is due, writes messages, and publishes that it did; once a day it
 * deletes what was read long ago. */
bool notification_open(struct worker *w, struct err *e) MUST_CHECK;
bool notification_look(struct worker *w, struct err *e) MUST_CHECK;
