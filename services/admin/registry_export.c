/* What is stored, as a registry file that loads to the same. */
#include <stdio.h>

#include "admin.h"
#include "registry_fields.h"
#include "store.h"

/* Somebody's lists begin anew with each part, a row a line. */
static void print_part(const struct db_result *rows, int part)
{
	const char *between = "";
	printf("%s\"%s\": [", part ? ",\n" : "", registry_parts[part].name);
	for (int i = 0; i < db_rows(rows); i++)
		if (db_int(rows, i, 0) == part + 1) {
			printf("%s\n  %s", between, db_text(rows, i, 1));
			between = ",";
		}
	fputs("]", stdout);
}

bool registry_export(struct admin *a, const struct arguments *args, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	(void)args;
	if (!db_run(a->db, STORE_EXPORT, NULL, 0, &rows, e))
		return false;
	putchar('{');
	for (int part = 0; part < PARTS; part++)
		print_part(rows, part);
	puts("}");
	return true;
}
