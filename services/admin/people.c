#include "people.h"

#include <stdio.h>

#include "base/digest.h"
#include "print.h"
#include "store.h"

bool people_find(
	struct admin *a, const char *const *names, int n, struct db_array *out, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	struct db_array texts;
	db_array_init(&texts, DB_K_TEXT);
	bool ok = true;
	for (int i = 0; ok && i < n; i++)
		ok = db_array_add(&texts, DB_TEXT(names[i])) ||
		     err_set(e, ERR_FATAL, "out of memory");
	ok = ok && db_exec(a->db, STORE_PEOPLE_FIND, &rows, e, db_array_value(&texts));
	for (int i = 0; ok && i < db_rows(rows); i++) {
		if (db_is_null(rows, i, 0))
			ok = err_set(e, ERR_NOT_FOUND,
				"the registry has no such person as number %d of those given",
				i + 1);
		else
			ok = db_array_add(out, DB_UUID(db_uuid(rows, i, 0))) ||
			     err_set(e, ERR_FATAL, "out of memory");
	}
	db_array_done(&texts);
	return ok;
}

bool people_list(struct admin *a, const struct arguments *args, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	(void)args;
	if (!db_run(a->db, STORE_PEOPLE, NULL, 0, &rows, e))
		return false;
	print_row((const char *const[]){"nip", "person"}, 2);
	for (int i = 0; i < db_rows(rows); i++) {
		char person[DIGEST_UUID_TEXT];
		print_row((const char *const[]){db_text(rows, i, 0),
				  digest_uuid_format(db_uuid(rows, i, 1), person)},
			2);
	}
	return true;
}
