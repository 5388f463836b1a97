/* services: the table of services, services.def, for programs. */
#pragma once

/* The rows, in their order: SERVICE_intake, … */
enum service_row_number {
#define SERVICE(name_, ...) SERVICE_##name_,
#define COMMAND SERVICE
#include "service/services.def"
#undef COMMAND
#undef SERVICE
	SERVICE_ROWS
};

enum { SERVICE_READS_MOST = 8, SERVICE_WRITES_MOST = 8 };

struct service_read {
	const char *group, *topic; /* of an activity topic what their names begin with */
};

struct service_row {
	const char *name; /* "intake" */
	const char *role; /* "terukur_intake" */
	int ops_port; /* a command listens nowhere */
	struct service_read reads[SERVICE_READS_MOST + 1]; /* ends with a NULL topic */
	const char *writes[SERVICE_WRITES_MOST + 1]; /* topics as in `reads`; ends with NULL */
};

extern const struct service_row service_rows[SERVICE_ROWS];

/* NULL when there is none of that name. */
const struct service_row *service_row_find(const char *name);
