#include "ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "store_statements.h"

enum { KEY = 16, SHORT = 4, LONG = 8, ROW = KEY + 2 * SHORT + 2 * LONG + 2 * DIGEST_SHA256 };

/* As PostgreSQL writes its binary numbers. */
static uint8_t *put(uint8_t *p, uint64_t number, int size)
{
	for (int i = size - 1; i >= 0; i--)
		*p++ = (uint8_t)(number >> 8 * i);
	return p;
}

static uint64_t row_digest(const struct evidence *x, const struct origin *from, int64_t now)
{
	uint8_t row[ROW], hash[DIGEST_SHA256], *p = row;
	memcpy(p, x->key, KEY);
	p = put(p + KEY, (uint32_t)from->topic, SHORT);
	p = put(p, (uint32_t)from->partition, SHORT);
	p = put(p, (uint64_t)from->offset, LONG);
	p = put(p, (uint64_t)now, LONG);
	memcpy(p, from->sha256, DIGEST_SHA256);
	p += DIGEST_SHA256;
	if (from->headers) {
		digest_sha256(from->headers, from->headers_len, p);
		p += DIGEST_SHA256;
	}
	digest_sha256(row, (size_t)(p - row), hash);
	uint64_t first = 0;
	for (int i = 0; i < LONG; i++)
		first = first << 8 | hash[i];
	return first;
}

/* Events of a person come one after the other: most are of the month of the one before. NULL
 * without memory. */
static struct ledger_month *month_of(struct ledger *l, int32_t month)
{
	for (int i = l->n - 1; i >= 0; i--)
		if (l->months[i].month == month)
			return &l->months[i];
	struct ledger_month *months = realloc(l->months, (size_t)(l->n + 1) * sizeof *months);
	if (!months)
		return NULL;
	l->months = months;
	months[l->n] = (struct ledger_month){.month = month};
	return &months[l->n++];
}

bool ledger_add(struct ledger *l, const struct evidence *x, const struct origin *from, int64_t now,
	struct err *e)
{
	struct ledger_month *m = month_of(l, clock_month(x->day));
	if (!m)
		return err_set(e, ERR_FATAL, "out of memory");
	m->n++;
	m->digest ^= row_digest(x, from, now);
	return true;
}

bool ledger_write(const struct ledger *l, struct db *db, const char *worker, struct err *e)
{
	struct db_array month, n, digest;
	db_array_init(&month, DB_K_INT4);
	db_array_init(&n, DB_K_INT8);
	db_array_init(&digest, DB_K_INT8);
	bool ok = true;
	for (int i = 0; i < l->n; i++)
		ok = db_array_add(&month, DB_INT4(l->months[i].month)) &&
		     db_array_add(&n, DB_INT8(l->months[i].n)) &&
		     db_array_add(&digest, DB_INT8((int64_t)l->months[i].digest)) && ok;
	ok = ok ? db_exec(db, LEDGER, NULL, e, DB_TEXT(worker), db_array_value(&month),
			  db_array_value(&n), db_array_value(&digest))
		: err_set(e, ERR_FATAL, "out of memory");
	db_array_done(&digest);
	db_array_done(&n);
	db_array_done(&month);
	return ok;
}

void ledger_done(struct ledger *l)
{
	free(l->months);
}
