/* notification: constructive feedback to people.
 *
 * Reads score.changed (decision.made follows with the decisions); writes notification.sent. A
 * replay is harmless: it has scores looked at again, and what was told of a score is written in the
 * transaction that tells it. */
#include <stddef.h>
#include <string.h>

#include "base/array.h"
#include "delivery.h"
#include "http/http_address.h"
#include "letter.h"
#include "messages/topics.h"
#include "notification.h"
#include "smtp.h"
#include "store.h"

static struct notification_settings values;

#define SETTING(field_) offsetof(struct notification_settings, field_)
static const struct conf_setting settings[] = {
	{"QUIET_SECONDS", CONF_INT, SETTING(quiet_seconds), "10", 0, 86400,
		"how long a score must stay as it is before anything is told of it", NULL},
	{"DIGEST_QUIET_SECONDS", CONF_INT, SETTING(digest_quiet_seconds), "900", 0, 86400,
		"how long late news of a person's ended periods must stay as they are before a "
		"digest tells of them",
		NULL},
	{"PACE_TOLERANCE", CONF_INT, SETTING(pace_tolerance), "10", 0, 100,
		"per cent that an indicator may lag behind its pace without being told of", NULL},
	{"PACE_AFTER_DAYS", CONF_INT, SETTING(pace_after_days), "7", 1, 31,
		"service days of a month before its pace is told of", NULL},
	{"KEEP_READ_DAYS", CONF_INT, SETTING(keep_read_days), "731", 0, 36500,
		"how long a message is kept once it was read; 0: for ever", NULL},
	{"EMAIL", CONF_BOOL, SETTING(email), "true", 0, 0, "whether messages go out by mail, too",
		NULL},
	{"SMTP_URL", CONF_TEXT, SETTING(smtp_url), "smtp://127.0.0.1:25", 0, 0,
		"the mail server: smtp:// or smtps://", NULL},
	{"SMTP_TLS", CONF_TEXT, SETTING(smtp_tls), "", 0, 0,
		"TLS on smtp://, by STARTTLS: require, opportunistic (where offered) or off; "
		"empty: require, but opportunistic when SMTP_URL is this machine",
		&smtp_tls_form},
	{"SMTP_CA", CONF_TEXT, SETTING(smtp_ca), "", 0, 0,
		"file of the certificates that vouch for the mail server's; empty: the system's",
		NULL},
	{"SMTP_USER", CONF_TEXT, SETTING(smtp_user), "", 0, 0,
		"who signs in there, over TLS only; empty: nobody", NULL},
	{"SMTP_PASSWORD", CONF_SECRET, SETTING(smtp_password), "", 0, 0, "the password for that",
		NULL},
	{"MAIL_FROM", CONF_TEXT, SETTING(mail_from), "terukur@localhost", 0, 0,
		"the address that mails come from", NULL},
	{"PUBLIC_URL", CONF_TEXT, SETTING(public_url), "", 0, 0,
		"how people reach the pages, for links in mails; empty: no link", &http_url_form},
};

static const char *const outcomes[] = {[MAILS_SENT] = "sent",
	[MAILS_REFUSED] = "refused",
	[MAILS_AWAY] = "server_away",
	[MAILS_GIVEN_UP] = "given_up",
	[MAILS_NO_MAILBOX] = "no_mailbox",
	[MAILS_DOUBTFUL] = "doubtful",
	NULL};
static const char *const states[] = {
	"waiting", "doubtful", "given_up", NULL}; /* in store_mail_counts' order */
static const struct metric metrics[] = {
	[NOTIFICATION_MESSAGES] = {METRIC_COUNTER, "terukur_notification_messages_total",
		"Messages put into inboxes.", "kind", message_kinds},
	[NOTIFICATION_MAILS] = {METRIC_COUNTER, "terukur_notification_mails_total",
		"Attempts to send a mail.", "outcome", outcomes},
	[NOTIFICATION_MAIL_STATES] = {METRIC_GAUGE, "terukur_notification_mails",
		"Mails that are not sent.", "state", states},
	[NOTIFICATION_OUTBOX] = {METRIC_GAUGE, "terukur_notification_outbox",
		"Messages in the store that are not published.", NULL, NULL},
	[NOTIFICATION_DUE] = {METRIC_GAUGE, "terukur_notification_due",
		"Scores whose time to be looked at has come.", NULL, NULL},
	[NOTIFICATION_OUTBOX_SECONDS] = {METRIC_GAUGE, "terukur_notification_outbox_seconds",
		"How long the oldest message that is not published has waited.", NULL, NULL},
	[NOTIFICATION_DUE_SECONDS] = {METRIC_GAUGE, "terukur_notification_due_seconds",
		"For how long the time of the oldest of the scores that are due has come.", NULL,
		NULL},
	[NOTIFICATION_UNREACHABLE] = {METRIC_GAUGE, "terukur_notification_unreachable_people",
		"People whose mailbox does not exist, as the mail server says.", NULL, NULL},
};

static const char *const topics[] = {TOPIC_SCORE_CHANGED, NULL};
static const struct service_subscription subscriptions[] = {
	{.group = "terukur-notification",
		.topics = topics,
		.threads = 1,
		.max_messages = 4000,
		.max_bytes = 2 << 20,
		.gather_ms = 1000,
		.handle = notification_handle},
};

static const struct service_timer timers[] = {
	{.name = "look", .every_ms = 1000, .run = notification_look, .open = notification_open},
	{.name = "deliver",
		.every_ms = 1000,
		.run = delivery_run,
		.open = delivery_open,
		.close = delivery_close},
};

static bool start(const struct service *s, struct err *e)
{
	(void)s;
	if (!letter_address_valid(values.mail_from))
		return err_set(e, ERR_FATAL,
			"MAIL_FROM must be a plain address, as in terukur@example.org");
	return !*values.smtp_user || strcmp(values.smtp_tls, "off") != 0 ||
	       err_set(e, ERR_FATAL, "SMTP_TLS=off with SMTP_USER: a password goes over TLS only");
}

int main(int argc, char **argv)
{
	const struct service notification = {
		.name = "notification",
		.summary = "constructive feedback to people, and its delivery",
		.settings = settings,
		.n_settings = COUNT(settings),
		.values = &values,
		.statements = notification_statements,
		.n_statements = notification_statements_n,
		.reading = notification_reading,
		.waiting = notification_under_way,
		.waiting_metric = NOTIFICATION_OUTBOX,
		.waiting_metrics = 4,
		.metrics = metrics,
		.n_metrics = COUNT(metrics),
		.subscriptions = subscriptions,
		.n_subscriptions = COUNT(subscriptions),
		.timers = timers,
		.n_timers = COUNT(timers),
		.start = start,
	};
	return service_main(&notification, argc, argv);
}
