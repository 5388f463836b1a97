/* store_answers: intake's SQL for citizens' answers. */
#pragma once

#include <jansson.h>

#include "db/db.h"

/* A list of {"key", "agency", "unit", "day", "answer": [nine numbers]}; *stored: how many were not
 * there. */
bool store_answers(struct db *db, const json_t *list, int64_t *stored, struct err *e) MUST_CHECK;
/* Moves what answers ask for into the outbox, each unit's month once. */
bool store_answer_marks(struct db *db, struct err *e) MUST_CHECK;
/* Makes their sums anew where they are not right. */
bool store_recount_answers(struct db *db, struct err *e) MUST_CHECK;
