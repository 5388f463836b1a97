#include "store_answers.h"

#include <stdlib.h>

#include "store_statements.h"

bool store_answers(struct db *db, const json_t *list, int64_t *stored, struct err *e)
{
	DB_RESULT_AUTO *r = NULL;
	char *text = json_dumps(list, JSON_COMPACT);
	bool ok = text ? db_exec(db, ANSWERS, &r, e, DB_JSON(text))
		       : err_set(e, ERR_FATAL, "out of memory");
	free(text);
	*stored = ok ? db_affected(r) : 0;
	return ok;
}

bool store_answer_marks(struct db *db, struct err *e)
{
	return db_run(db, ANSWER_MARKS, NULL, 0, NULL, e);
}

bool store_recount_answers(struct db *db, struct err *e)
{
	return db_run(db, RECOUNT_ANSWERS, NULL, 0, NULL, e);
}
