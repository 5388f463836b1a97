/* db: the one door to PostgreSQL (libpq).
 *
 * Statements are rows of a table: name, SQL, and the parameters' types, prepared when a connection
 * is made and checked against what PostgreSQL says they are. Everything travels in the binary
 * format.
 *
 * Errors: ERR_RETRY when the connection is away, the server restarts, or a transaction lost a
 * deadlock or serialisation race (the transaction is over; begin again); ERR_CONFLICT for a
 * violated constraint; ERR_FATAL for what is wrong in the code or the schema. After a failed
 * statement inside a transaction call db_rollback. A struct db belongs to one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/dec.h"
#include "base/err.h"

/* Once, before all else: this is a program of the system, and its instance's name, which is
 * borrowed and seen in pg_stat_activity behind the application's. From then on every connection
 * begins with the question whether the schema is for a program as old as this one: ERR_RETRY while
 * it is older than the program wants, ERR_FATAL when it is for newer ones alone. */
void db_introduce(const char *instance);

struct db;
struct db_result; /* rows of an answer; freed with db_result_free */

enum db_kind {
	DB_K_NULL,
	DB_K_TEXT,
	DB_K_BOOL,
	DB_K_INT2,
	DB_K_INT4,
	DB_K_INT8,
	DB_K_NUMERIC, /* units of 0.0001, see dec.h */
	DB_K_BYTES,
	DB_K_UUID,
	DB_K_TIME, /* timestamptz as an instant, see clock.h */
	DB_K_DATE, /* days since 1970-01-01 */
	DB_K_JSON, /* jsonb, given and taken as text */
	DB_K_ARRAY,
};

struct db_value {
	enum db_kind kind;
	int64_t number; /* bool, ints, time, date */
	dec_wide wide; /* numeric */
	const void *data; /* text, bytes, uuid, json; an array's wire form */
	size_t len;
};

#define DB_NULL ((struct db_value){.kind = DB_K_NULL})
#define DB_BOOL(v_) ((struct db_value){.kind = DB_K_BOOL, .number = (v_)})
#define DB_INT2(v_) ((struct db_value){.kind = DB_K_INT2, .number = (v_)})
#define DB_INT4(v_) ((struct db_value){.kind = DB_K_INT4, .number = (v_)})
#define DB_INT8(v_) ((struct db_value){.kind = DB_K_INT8, .number = (v_)})
#define DB_NUMERIC(v_) ((struct db_value){.kind = DB_K_NUMERIC, .wide = (v_)})
#define DB_BYTES(data_, len_) \
	((struct db_value){.kind = DB_K_BYTES, .data = (data_), .len = (len_)})
#define DB_UUID(data_) ((struct db_value){.kind = DB_K_UUID, .data = (data_), .len = 16})
#define DB_TIME(v_) ((struct db_value){.kind = DB_K_TIME, .number = (v_)})
#define DB_DATE(v_) ((struct db_value){.kind = DB_K_DATE, .number = (v_)})
/* Whether libpq takes it for a connection string, and none of its parts spills into another: a / or
 * an @ in a password that is not percent-encoded. */
bool db_url_valid(const char *url);
extern const struct conf_form db_url_form;

struct db_value db_text_value(const char *text); /* NULL becomes SQL's NULL */
struct db_value db_text_value_n(const char *text, size_t len);
struct db_value db_json_value(const char *text); /* NULL becomes SQL's NULL */
#define DB_TEXT(text_) db_text_value(text_)
#define DB_JSON(text_) db_json_value(text_)

struct db_statement {
	const char *name;
	const char *sql;
	const char
		*types; /* "uuid, text, int8[]": names as in pg_type, [] for arrays; "" for none */
};

/* `url` as libpq takes it; `application` is seen in pg_stat_activity. The table is borrowed. No
 * connection is made yet. */
struct db *db_new(
	const char *url, const char *application, const struct db_statement *table, size_t n);
void db_free(struct db *db);

/* Connects and prepares every statement unless that stands already. Every other call does it by
 * itself when no transaction is open. */
bool db_connect(struct db *db, struct err *e) MUST_CHECK;
bool db_is_connected(const struct db *db); /* as far as is known */
/* How many connections were made so far: another number, another connection. */
unsigned db_connections(const struct db *db);
void db_disconnect(struct db *db); /* an open transaction is over, as after db_rollback */

/* A transaction. Once the connection is lost in it, everything up to db_rollback is refused
 * (ERR_RETRY): nothing of it can happen by itself over a new connection. */
bool db_begin(struct db *db, struct err *e) MUST_CHECK; /* ERR_FATAL when one is open */
/* True when PostgreSQL has committed. ERR_RETRY when it rolled back, as it does after a statement
 * that failed, or when nobody knows. The transaction is over in any case. */
bool db_commit(struct db *db, struct err *e) MUST_CHECK;
void db_rollback(struct db *db); /* also when none is open */

/* Runs statement number `statement` of the table. `out` may be NULL when no rows are wanted; else
 * *out is set only on success. The number of values must be that of the types. */
bool db_run(struct db *db, int statement, const struct db_value *values, int n,
	struct db_result **out, struct err *e) MUST_CHECK;
#define db_exec(db_, statement_, out_, e_, ...) \
	db_run(db_, statement_, (const struct db_value[]){__VA_ARGS__}, \
		(int)(sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)), \
		out_, e_)

/* Runs SQL that is no statement of the table and takes no parameters, several commands allowed:
 * migrations. */
bool db_script(struct db *db, const char *sql, struct err *e) MUST_CHECK;

/* Lets a role log in with this password; only its SCRAM verifier leaves the process. */
bool db_set_password(
	struct db *db, const char *role, const char *password, struct err *e) MUST_CHECK;

void db_result_free(struct db_result *r);
#define DB_RESULT_AUTO __attribute__((cleanup(db_result_cleanup))) struct db_result
static inline void db_result_cleanup(struct db_result **r)
{
	db_result_free(*r);
}

int db_rows(const struct db_result *r); /* rows returned; 0 for NULL */
int64_t db_affected(const struct db_result *r); /* rows a command changed */
bool db_is_null(const struct db_result *r, int row, int column);
/* Each reads a column of its type; of SQL's NULL: 0, "" or NULL data. Borrowed from the result. */
int64_t db_int(const struct db_result *r, int row, int column); /* bool, int2, int4, int8, date */
int64_t db_time(const struct db_result *r, int row, int column);
int32_t db_date(const struct db_result *r, int row, int column);
dec_wide db_numeric(const struct db_result *r, int row,
	int column); /* units of 0.0001; rounds further decimals */
const char *db_text(
	const struct db_result *r, int row, int column); /* text, varchar, name, jsonb, json */
const void *db_bytes(const struct db_result *r, int row, int column, size_t *len);
const uint8_t *db_uuid(const struct db_result *r, int row, int column); /* 16 bytes */

/* Arrays as parameters, for `unnest($1::uuid[], …)`. */
struct db_array {
	enum db_kind kind;
	int32_t count;
	bool has_null;
	struct buf wire;
};
void db_array_init(struct db_array *a, enum db_kind kind);
void db_array_done(struct db_array *a);
bool db_array_add(struct db_array *a, struct db_value v); /* false: no memory */
struct db_value db_array_value(struct db_array *a); /* borrowed until the next add */

/* COPY … FROM STDIN (FORMAT binary) in a transaction: begin, rows of values, end. The rows are
 * streamed, not gathered. */
bool db_copy_begin(struct db *db, const char *sql, struct err *e) MUST_CHECK;
bool db_copy_row(struct db *db, const struct db_value *values, int n, struct err *e) MUST_CHECK;
bool db_copy_end(struct db *db, struct err *e) MUST_CHECK;
