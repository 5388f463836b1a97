/* store: all of intake's SQL. Callers hold a struct db; errors as in db.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "admit.h"
#include "db/db.h"
#include "registry.h"
#include "service/outbox.h"

extern const struct db_statement store_statements[];
extern const size_t store_statements_n;
/* Numbers of statements, for the skeleton: see struct service. */
extern const int store_reading, store_under_way;

/* Admission, in the order in which a transaction calls them. Arrays of keys are sorted, so that
 * nothing deadlocks. */
bool store_partition(
	struct db *db, int32_t day, struct err *e) MUST_CHECK; /* outside the transaction */
bool store_topic(
	struct db *db, const char *name, int32_t *id, struct err *e) MUST_CHECK; /* likewise */

/* Looks up who holds these keys: rows of key, content. */
bool store_holders(struct db *db, const struct evidence *const *rows, int n, struct db_result **out,
	struct err *e) MUST_CHECK;
/* Holds the ids of these events, which nobody held a moment ago. ERR_CONFLICT: somebody does now;
 * begin again. */
bool store_claim(struct db *db, const struct evidence *const *rows, int n, int64_t now,
	struct err *e) MUST_CHECK;

/* Where a message came from, and its bytes. */
struct origin {
	int32_t topic; /* id */
	const char *topic_name, *source; /* the topic's source */
	int32_t partition;
	int64_t offset;
	const void *key, *payload, *headers; /* NULL: none; headers as JSON */
	size_t key_len, payload_len, headers_len;
	uint8_t sha256[32]; /* of the payload */
};

bool store_evidence_begin(struct db *db, struct err *e) MUST_CHECK;
bool store_evidence_add(struct db *db, const struct evidence *x, const struct origin *from,
	int64_t now, struct err *e) MUST_CHECK;
bool store_evidence_end(struct db *db, struct err *e) MUST_CHECK;
/* `trace` is the traceparent that it came with, "" none. */
bool store_wait(struct db *db, const struct evidence *x, const struct origin *from,
	const char *trace, int64_t now, struct err *e) MUST_CHECK;
bool store_complete(struct db *db, const struct evidence *x, struct err *e) MUST_CHECK;
/* Adds to the totals: rows of one person, month and indicator are summed first. `rows` is sorted by
 * those. */
bool store_totals(
	struct db *db, const struct evidence *const *rows, int n, struct err *e) MUST_CHECK;
/* For the reason `early`. Returns what stands now, a row of reason and detail: those of the first
 * time for a message that comes again. */
bool store_reject(struct db *db, const struct origin *from, const struct evidence *x,
	const char *detail, int64_t now, struct db_result **stands, struct err *e) MUST_CHECK;
/* A part of a topic's partition, both ends included. */
struct store_span {
	const char *topic;
	int32_t partition;
	int64_t first, last;
};
/* What was rejected there: rows of topic, partition, offset, sha256, reason, detail. */
bool store_rejected(struct db *db, const struct store_span *spans, int n, struct db_result **out,
	struct err *e) MUST_CHECK;
struct tally {
	const char *source;
	int64_t accepted, duplicates, rejected;
};
bool store_tally(
	struct db *db, const char *worker, const struct tally *t, struct err *e) MUST_CHECK;

/* Corrections and revocations: one whole step of a few hundred; *more says whether there may be
 * others. What it rejected is in the tally of `worker`, and in *refused: rows of a source each. */
bool store_resolve(struct db *db, const char *worker, int64_t now, bool *more,
	struct db_result **refused, struct err *e) MUST_CHECK;
/* Rejects what has waited for its original since before `before`. */
bool store_expire(struct db *db, const char *worker, int64_t before, int64_t now, bool *more,
	struct db_result **refused, struct err *e) MUST_CHECK;

/* What is committed and not yet published. */
extern const struct outbox store_marks; /* id, person, unit, month, trace */
/* id, source, reason, detail, topic, partition, offset, at, sha256, key, headers, payload */
extern const struct outbox store_rejections;

/* What ends with its time, see retention.h: rejections that are published, and whose counts these
 * are of workers that are gone. */
extern const int store_forget_rejections, store_fold_tally;

/* Rebuilds one person's totals of the months from raw evidence, in a transaction of its own.
 * Returns rows of person, month, indicator: what was built anew, sorted. */
bool store_rebuild(struct db *db, const uint8_t person[16], int32_t first_month, int32_t last_month,
	struct db_result **groups, struct err *e) MUST_CHECK;

/* Forgets ids of years before `year`, of those on some pages of the table; *more: there are further
 * pages. */
bool store_forget_ids(struct db *db, int32_t before_year, int64_t first_page, int64_t pages,
	bool *more, struct err *e) MUST_CHECK;
