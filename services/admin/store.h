/* store: all SQL of the commands. Statements are rows of one table; those up to STORE_REGISTRY need
 * no more than the registry, so that they prepare for its owner alone.
 *
 * STORE_AGENCIES to STORE_RULESETS each take one part of a checked registry file
 * (registry_relate.h) and return a row for each thing that is another than before: 0 changed, 1
 * added, 2 taken back.
 */
#pragma once

#include "appraisal/roster_statements.h"
#include "db/db.h"

enum {
	STORE_LOCK, /* the registry, until the transaction ends */
	STORE_KNOWN, /* what registry_check wants to know of what is stored, as JSON */
	STORE_AGENCIES,
	STORE_UNITS,
	STORE_INDICATORS,
	STORE_SOURCES,
	STORE_POSITIONS,
	STORE_UNFORMER, /* former NIPs that are today's again */
	STORE_RENAMES,
	STORE_PERSONS,
	STORE_FORMER,
	STORE_REMOVALS,
	STORE_ASSIGNMENTS,
	STORE_ABSENCE_REMOVALS,
	STORE_ABSENCES,
	STORE_PLANS,
	STORE_RULESETS,
	STORE_TOUCH, /* persons and years, which are to be looked at again */
	STORE_BUMP, /* the registry's version */
	STORE_OUTBOX_PAGE,
	STORE_OUTBOX_DELETE,
	STORE_OUTBOX_COUNT,
	STORE_EXPORT, /* parts of registry_parts, from 1, and their rows as JSON */
	STORE_ROSTER, /* what roster_read reads */
	STORE_ROSTER_LAST = STORE_ROSTER + ROSTER_STATEMENTS_N - 1,
	STORE_SOURCE_CODES,
	STORE_PEOPLE, /* today, a NIP or NULL, a part of a name or NULL: who that is, and their
			 assignment of that day, else the last before, else the first after */
	STORE_PEOPLE_FIND, /* texts that are NIPs or uuids → which of them there are */
	STORE_TOKEN_SUBJECT, /* NIP, day, agency, source: is there such a person, their agency that
				day, the others */
	STORE_TOKEN_ADD,
	STORE_TOKEN_LIST,
	STORE_TOKEN_REVOKE_ID,
	STORE_TOKEN_REVOKE_HASH,
	STORE_REGISTRY,

	STORE_RECOMPUTE = STORE_REGISTRY, /* people, their years with evidence */
	STORE_RECOMPUTE_PERIOD,
	STORE_REJECTED_LAST, /* the newest id there is to redrive, and how many */
	STORE_REJECTED_PAGE,
	STORE_REJECTED_DONE,
	STORE_STATUS, /* one row of JSON */
	STORE_VERIFIED, /* keeps what verify found */
	STORE_VERIFY_SIZE, /* how many originals and people there are to verify */
	STORE_STATUS_BUSY, /* what is under way besides lag, see status.c */
	STORE_ORIGINALS, /* opens the cursor over all originals */
	STORE_ARCHIVED,
	STORE_ORIGINALS_NEXT,
	STORE_LINKS, /* evidence, ids and replacements that do not fit each other */
	STORE_TOTALS, /* totals that differ from raw evidence */
	STORE_LEDGER, /* months whose evidence differs from what was added */
	STORE_REST, /* rejected and waiting messages that differ from their sha256 */
	STORE_RAW_TOTALS, /* people, months: the totals of the evidence itself */
	STORE_COUNTING, /* people, first and last days: the evidence that counts in those */
	STORE_ANSWERS, /* people, days: answers about their units, from the answers themselves */
	STORE_ANSWER_SUMS, /* what is not their sum: unit, agency, day */
	STORE_COMPLETE, /* people, months: what their units declared */
	STORE_PEOPLE_PAGE, /* people after this one */
	STORE_YEARS, /* with evidence or scores, in order */
	STORE_STANDING, /* people's scores, those that vanished included */
	STORE_UNPUBLISHED, /* scores that should have been published a minute ago */
	STORE_UNREACHABLE, /* people whose mailbox does not exist, as one array of JSON */
	STORE_ALL,
};

extern const struct db_statement store_statements[STORE_ALL];
