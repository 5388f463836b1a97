/* page_inbox: a person's messages, where a page lists some of them. */
#pragma once

#include <jansson.h>

#include "visit.h"

/* At most so many of store_inbox's rows. */
json_t *inbox_rows(
	const struct visit *v, const uint8_t person[16], const struct db_result *r, int most);
