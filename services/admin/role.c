#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "base/buf.h"
#include "service/services.h"

static const char registry[] = "terukur_registry"; /* owns what no service does */

bool role_check(const struct arguments *args, struct err *e)
{
	BUF_AUTO all;
	buf_init(&all, 4096);
	buf_adds(&all, registry);
	bool known = strcmp(args->rest[0], registry) == 0;
	for (int i = 0; i < SERVICE_ROWS; i++) {
		known = known || strcmp(args->rest[0], service_rows[i].role) == 0;
		buf_addf(&all, ", %s", service_rows[i].role);
	}
	return known || err_set(e, ERR_INVALID, "the roles are %s", all.data);
}

bool role_password(struct admin *a, const struct arguments *args, struct err *e)
{
	char password[1024];
	if (!fgets(password, sizeof password, stdin))
		return err_set(e, ERR_INVALID, "no password on standard input");
	password[strcspn(password, "\r\n")] = '\0';
	if (!*password)
		return err_set(e, ERR_INVALID, "the password on standard input is empty");
	if (!db_set_password(a->db, args->rest[0], password, e))
		return false;
	printf("%s can log in\n", args->rest[0]);
	return true;
}
