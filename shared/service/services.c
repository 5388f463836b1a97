#include "service/services.h"

#include <string.h>

#include "messages/topics.h"

/* clang-format off */
#define BY(group_, topic_) {"terukur-" #group_, TOPIC_##topic_}
#define TO(topic_) TOPIC_##topic_
#define READS(...) {__VA_ARGS__}
#define WRITES(...) {__VA_ARGS__}
#define ROW(name_, port_, ...) [SERVICE_##name_] = {#name_, "terukur_" #name_, port_, __VA_ARGS__},
#define SERVICE(name_, port_, reads_, writes_) ROW(name_, port_, reads_, writes_)
#define COMMAND SERVICE
/* clang-format on */

const struct service_row service_rows[SERVICE_ROWS] = {
#include "service/services.def"
};

const struct service_row *service_row_find(const char *name)
{
	for (int i = 0; i < SERVICE_ROWS; i++)
		if (strcmp(service_rows[i].name, name) == 0)
			return &service_rows[i];
	return NULL;
}
