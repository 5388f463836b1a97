/* sheet: all that a score's page shows, and the part of it for one item. */
#pragma once

#include <jansson.h>

#include "base/digest.h"
#include "html.h"
#include "store.h"

struct sheet {
	struct buf *b; /* where the page is written */
	uint8_t person[16];
	char uuid[DIGEST_UUID_TEXT];
	const char *period_name;
	struct period period;
	json_t *score; /* owned */
	struct db_result *who, *indicators, *periods; /* owned */
	struct service_days days;
};

/* A text of the score's JSON; "" when it is absent. */
const char *sheet_text(const json_t *object, const char *key);
/* A shown figure such as "95.00", in hundredths. */
dec_wide sheet_figure(const char *shown);
void sheet_put_item(const struct sheet *s, const json_t *item);
