/* store_statements: the numbers of intake's statements, shared by the files that run them. */
#pragma once

#include "service/reading_statements.h"

enum statement {
	TOPIC,
	PARTITION,
	HOLDERS,
	WAIT,
	COMPLETE,
	TOTALS,
	REJECT,
	REJECTED,
	TALLY,
	LEDGER,
	OUTBOX,
	OUTBOX_DONE,
	UNPUBLISHED,
	PUBLISHED,
	FORGET_IDS,
	FORGET_REJECTIONS,
	FOLD_TALLY,
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
	UNDER_WAY,
	READING,
	READING_LAST = READING + READING_STATEMENTS_N - 1,
};
