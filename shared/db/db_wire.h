/* db_wire: values in PostgreSQL's binary format. Pure; used by db.c. */
#pragma once

#include "db/db.h"

#define DB_EPOCH INT64_C(946684800) /* 2000-01-01 in Unix seconds: where PostgreSQL counts from */
enum { DB_NULL_LEN = -1 };

uint32_t db_wire_type(
	const char *name, size_t len); /* "uuid", "int8[]" → its oid, 0 when unknown */
uint32_t db_wire_oid(enum db_kind kind);
uint32_t db_wire_array_oid(enum db_kind kind);

/* Appends the value without its length. DB_NULL has none. */
bool db_wire_put(struct buf *out, const struct db_value *v);
/* Appends the value with its 32-bit length before it, NULL as -1: for COPY and arrays. */
bool db_wire_put_sized(struct buf *out, const struct db_value *v);

int64_t db_wire_int(const void *data, int len);
dec_wide db_wire_numeric(const void *data, int len);
