/* store_statements: the numbers of intake's statements, shared by the files that run them. */
#pragma once

enum statement {
	TOPIC,
	PARTITION,
	HOLDERS,
	WAIT,
	COMPLETE,
	TOTALS,
	REJECT,
	TALLY,
	OUTBOX,
	OUTBOX_DONE,
	UNPUBLISHED,
	PUBLISHED,
	FORGET_IDS,
	DUE,
	OVERDUE,
	REPLACE,
	ACCEPT,
	REFUSE,
	GROUPS_OF_EVENTS,
	GROUPS_OF_PERSON,
	GROUPS_ENSURE,
	GROUPS_LOCK,
	GROUPS_REBUILD,
	MARK,
};
