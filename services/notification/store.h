/* store: all of notification's SQL. Errors as in db.h. */
#pragma once

#include "db/db.h"
#include "feedback.h"
#include "service/outbox.h"

extern const struct db_statement notification_statements[];
extern const size_t notification_statements_n;
/* Messages that were read, and their mails, end with their time: see retention.h. */
extern const int store_forget_read;
/* Numbers of statements, for the skeleton: see struct service. */
extern const int notification_reading, notification_under_way;

/* Periods of people whose scores have changed, as columns. */
struct store_marks {
	struct db_array person, period, due, ended;
};
void store_marks_init(struct store_marks *m);
void store_marks_done(struct store_marks *m);
bool store_marks_add(struct store_marks *m, const uint8_t person[16], const char *period,
	int64_t due, bool ended);
/* When late rows are looked at: new ones whose period has `ended`, and those that were late. */
struct store_late {
	int64_t due;
	int32_t slack_ms;
};
/* Sets when they are looked at, but leaves alone what is due at most the slack earlier than that.
 */
bool store_mark(struct db *db, struct store_marks *m, int32_t slack_ms,
	const struct store_late *late, struct err *e) MUST_CHECK;

/* Locks some rows that are due and not late, passing over those that somebody else has: person,
 * period, told, told_revision. */
bool store_due(struct db *db, int64_t now, struct db_result **out, struct err *e) MUST_CHECK;
/* Locks all late rows that wait, of some people of whom one is due; by person. Waits for who has
 * them. The same columns, and when each is due. */
bool store_digest_due(struct db *db, int64_t now, struct db_result **out, struct err *e) MUST_CHECK;
/* The score of each, in the order of the two arrays: body, service days before `today` and in all;
 * NULL where there is none. */
bool store_scores(struct db *db, struct db_array *person, struct db_array *period, int32_t today,
	struct db_result **out, struct err *e) MUST_CHECK;
/* code, name_id, name_en, unit, measure, direction; by code */
bool store_indicators(struct db *db, struct db_result **out, struct err *e) MUST_CHECK;
typedef bool store_earlier(struct db *db, struct db_array *people, int64_t since,
	struct db_result **out, struct err *e) MUST_CHECK;
/* person, indicator of what these people were told about their pace since then */
store_earlier store_paces_told;
/* person, when a digest spoke to them last, of those to whom one did since then */
store_earlier store_digests_told;

/* What became of rows that were due, and the messages that came of it, as columns. */
struct store_looked {
	struct db_array person, period, due, told, told_revision; /* told NULL: as it was */
	struct db_array to, about, kind, indicator, occasion, title,
		body; /* person, period, … of messages */
};
void store_looked_init(struct store_looked *l);
void store_looked_done(struct store_looked *l);
/* due 0: no more. */
bool store_looked_row(struct store_looked *l, const uint8_t person[16], const char *period,
	int64_t due, const char *told, int64_t told_revision);
bool store_looked_message(struct store_looked *l, const uint8_t person[16], const char *period,
	const struct message *m);
struct store_telling {
	int64_t now;
	bool digests; /* what is told is told by digests */
	bool email; /* a mail for each whose person has an address */
};
/* Writes both; what was told is late from then on. Counts messages that were new, by kind. */
bool store_look_done(struct db *db, struct store_looked *l, const struct store_telling *how,
	int64_t told[MESSAGES], struct err *e) MUST_CHECK;

/* What notification.sent has still to say, locked: id, person, period, kind, indicator, at. */
enum store_channel { STORE_INBOX, STORE_EMAIL };
extern const struct outbox store_sent[];

/* Takes one mail that is due until `lease`: inbox, message_id, attempts, at, title_id, title_en,
 * body_id, body_en, email, language; the reply that said that there is no such mailbox, where one
 * did since `retry`; person. No row: none is due. */
bool store_mail_claim(struct db *db, int64_t now, int64_t lease, int64_t retry,
	struct db_result **out, struct err *e) MUST_CHECK;
/* False with ERR_CONFLICT when somebody else has it by now. */
bool store_mail_handed(struct db *db, int64_t inbox, int32_t attempt, struct err *e) MUST_CHECK;
/* And its person can be reached. */
bool store_mail_sent(struct db *db, int64_t inbox, int64_t at, struct err *e) MUST_CHECK;
/* A mail that was not sent: the next attempt, at `due`, is number `attempts` + 1; or there is none.
 */
struct mail_failure {
	bool given_up;
	int64_t due;
	int32_t attempts;
	const char *why;
};
bool store_mail_failed(struct db *db, int64_t inbox, int32_t attempt, const struct mail_failure *f,
	struct err *e) MUST_CHECK;
/* There is no such mailbox: the mail is given up, and the person unreachable under this address. */
bool store_mail_no_mailbox(struct db *db, int64_t inbox, int32_t attempt, const char *address,
	int32_t reply, const struct mail_failure *f, struct err *e) MUST_CHECK;
/* Mails whose sender died after handing them over; how many. */
bool store_mail_doubtful(struct db *db, int64_t now, int64_t *n, struct err *e) MUST_CHECK;
/* state, count: of waiting, doubtful, given_up; and of people whose mailbox does not exist */
bool store_mail_counts(struct db *db, struct db_result **out, struct err *e) MUST_CHECK;
