#include "people.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/digest.h"
#include "csv_value.h"
#include "print.h"
#include "store.h"

bool people_find(
	struct admin *a, const char *const *names, int n, struct db_array *out, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	struct db_array texts;
	db_array_init(&texts, DB_K_TEXT);
	bool ok = true;
	for (int i = 0; ok && i < n; i++) {
		char nip[NIP_DIGITS + 1];
		ok = db_array_add(&texts, DB_TEXT(csv_nip(names[i], nip) ? nip : names[i])) ||
		     err_set(e, ERR_FATAL, "out of memory");
	}
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

static void people_print(const struct db_result *rows)
{
	print_row((const char *const[]){"nip", "person", "name", "unit", "position"}, 5);
	for (int i = 0; i < db_rows(rows); i++) {
		char person[DIGEST_UUID_TEXT];
		print_row((const char *const[]){db_text(rows, i, 0),
				  digest_uuid_format(db_uuid(rows, i, 1), person),
				  db_text(rows, i, 2), db_text(rows, i, 3), db_text(rows, i, 4)},
			5);
	}
}

/* Whoever is looked for by a NIP is not looked for by a name. */
bool people_list(struct admin *a, const struct arguments *args, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	char nip[NIP_DIGITS + 1];
	const char *wanted = args->n_rest ? args->rest[0] : NULL;
	bool by_nip = wanted && csv_nip(wanted, nip);
	char *name = wanted && !by_nip ? csv_tidy(wanted, CSV_NAME) : NULL;
	if (wanted && !by_nip && (!name || !*name)) {
		free(name);
		return err_set(e, ERR_INVALID, "that is neither a NIP nor a part of a name");
	}
	bool ok = db_exec(a->db, STORE_PEOPLE, &rows, e, DB_DATE(clock_date(clock_now())),
		by_nip ? DB_TEXT(nip) : DB_NULL, name ? DB_TEXT(name) : DB_NULL);
	free(name);
	if (!ok)
		return false;
	people_print(rows);
	return !wanted || db_rows(rows) > 0 ||
	       err_set(e, ERR_NOT_FOUND, "there is nobody of this NIP or name");
}
