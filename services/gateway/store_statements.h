/* store_statements: the numbers of the gateway's statements, shared by the files that run them. */
#pragma once

enum statement {
	TOKEN,
	SESSION,
	SESSION_ADD,
	SESSION_END,
	SESSIONS_EXPIRE,
	FORGET_ACCESS,
	ACCESS,
	IS_SUPERIOR,
	PERSON,
	UNITS_OF,
	SCORE,
	SCORES,
	PERIODS,
	SERVICE_DAYS,
	EVIDENCE_FROM,
	EVIDENCE,
	INBOX,
	INBOX_UNREAD,
	INBOX_READ,
	LOOKS,
	TEAM_MONTH,
	TEAM,
	RULESET,
	REJECTIONS,
	REJECTIONS_BY_REASON,
	REJECTIONS_OF_EVENT,
	EVENT_STATE,
	AGENCY_SCORES,
	AGENCIES,
	AGENCY_REPORT,
	AGENCY_KNOWN,
	INDICATORS,
	INDICATOR_ID,
	PEOPLE,
	SECRET_ADD,
	SECRET,
	REPETITION,
	REPETITIONS_EXPIRE,
	PLACE,
	ANSWER,
	ANSWERS,
	AGENCY_UNITS,
};

static inline const char *store_text_or_null(const struct db_result *r, int row, int column)
{
	return db_is_null(r, row, column) ? NULL : db_text(r, row, column);
}
