/* topics acl: the rights that follow from the tables, printed, compared with Kafka's, and given. */
#include <string.h>

#include <jansson.h>

#include "admin.h"
#include "bus/bus_acl.h"
#include "print.h"
#include "store.h"
#include "topics_rights.h"

static const char *const header[] = {
	"state", "principal", "operation", "resource", "pattern", "name", "host", "permission"};
enum { FIELDS = 8 };

struct acls {
	struct admin *admin;
	json_t *known; /* what Kafka has, and nobody has asked for yet: the fields of each */
	bool compare, apply;
	int missing;
	struct err *e; /* of the first that could not be given */
};

static json_t *acl_fields(const struct bus_acl *acl)
{
	return json_pack("[s, s, s, s, s, s, s]", acl->principal, acl->operation, acl->resource,
		acl->pattern, acl->name, acl->host, acl->permission);
}

static void acl_print(const char *state, const json_t *fields)
{
	const char *row[FIELDS] = {state};
	for (size_t i = 1; i < FIELDS; i++)
		row[i] = json_string_value(json_array_get(fields, i - 1));
	print_row(row, FIELDS);
}

static void acl_note(const struct bus_acl *acl, void *arg)
{
	if (rights_touch(acl))
		json_array_append_new(arg, acl_fields(acl));
}

/* Whether Kafka has it; what stays among the known is not of the tables. */
static bool acl_take(json_t *known, const json_t *fields)
{
	size_t i;
	const json_t *one;
	json_array_foreach (known, i, one)
		if (json_equal(one, fields))
			return json_array_remove(known, i) == 0;
	return false;
}

static void acl_want(const struct bus_acl *acl, void *arg)
{
	struct acls *a = arg;
	json_auto_t *fields = acl_fields(acl);
	if (!a->compare) {
		acl_print("wanted", fields);
		return;
	}
	if (acl_take(a->known, fields) || a->e->code != ERR_NONE)
		return;
	a->missing++;
	if (!a->apply)
		acl_print("missing", fields);
	else if (bus_acl_create(a->admin->bus, acl, a->e))
		acl_print("given", fields);
}

static bool acls_walk(struct acls *a, const struct db_result *sources)
{
	print_row(header, FIELDS);
	rights_of_services(acl_want, a);
	for (int i = 0; i < db_rows(sources); i++)
		rights_of_source(db_text(sources, i, 0), acl_want, a);
	size_t i;
	const json_t *fields;
	json_array_foreach (a->known, i, fields)
		acl_print("extra", fields);
	return a->e->code == ERR_NONE;
}

bool topics_acl_check(const struct arguments *args, struct err *e)
{
	return !(args->option[ACL_CHECK] && args->option[ACL_APPLY]) ||
	       err_set(e, ERR_INVALID, "either --check or --apply");
}

bool topics_acl(struct admin *a, const struct arguments *args, struct err *e)
{
	json_auto_t *known = json_array();
	DB_RESULT_AUTO *sources = NULL;
	struct acls acls = {
		.admin = a, .known = known, .apply = args->option[ACL_APPLY] != NULL, .e = e};
	acls.compare = acls.apply || args->option[ACL_CHECK];
	if (!db_run(a->db, STORE_SOURCE_CODES, NULL, 0, &sources, e))
		return false;
	if (acls.compare && (!admin_kafka(a, e) || !bus_acl_list(a->bus, acl_note, known, e)))
		return false;
	if (!acls_walk(&acls, sources))
		return false;
	size_t extra = json_array_size(known);
	return acls.apply || (acls.missing == 0 && extra == 0) ||
	       err_set(e, ERR_NOT_FOUND,
		       "%d of what the tables say are missing, and %zu are extra: see above",
		       acls.missing, extra);
}
