#include <stdio.h>
#include <string.h>

#include "admin.h"
#include "base/array.h"

static const char *const roles[] = {"terukur_admin", "terukur_registry", "terukur_intake",
	"terukur_scoring", "terukur_notification", "terukur_reporting", "terukur_gateway"};

bool role_check(const struct arguments *args, struct err *e)
{
	for (size_t i = 0; i < COUNT(roles); i++)
		if (strcmp(args->rest[0], roles[i]) == 0)
			return true;
	return err_set(e, ERR_INVALID,
		"the roles are terukur_admin and terukur_registry, _intake, _scoring, "
		"_notification, _reporting, _gateway");
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
