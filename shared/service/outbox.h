/* outbox: rows of the store that a topic has still to say. A page at a time they are locked, said,
 * and marked when Kafka has acknowledged them, in one transaction; a crash in between has them said
 * again.
 *
 * Errors as in db.h and bus.h.
 */
#pragma once

#include "bus/bus.h"
#include "db/db.h"

struct outbox {
	int page; /* statement without parameters: a page of rows, locked, that begin with an id
		     (int8) */
	int done; /* statement: their ids (int8[]) are said */
	const char *begin; /* run first in each transaction; NULL: nothing */
	const char *name; /* of what is said, for the log */
};

/* Says all there is with `say`, which queues row i; *said (NULL: nobody asks) grows by how many.
 * A row that Kafka will never take, too large or invalid, stops none behind it: it is given up,
 * which is logged, counted (terukur_refused_total) and marked like one that was said. */
bool outbox_publish(struct db *db, struct bus_producer *bus, const struct outbox *o,
	bool (*say)(void *arg, const struct db_result *rows, int i, struct err *e), void *arg,
	int64_t *said, struct err *e) MUST_CHECK;
