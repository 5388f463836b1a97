#include "db/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/array.h"
#include "db/db_open.h"
#include "db/db_schema.h"
#include "db/db_wire.h"

enum { DB_MAX_VALUES = 40, DB_MAX_MESSAGE = 256 * 1024 * 1024, DB_COPY_PIECE = 64 * 1024 };

struct db {
	char *url, *application;
	const struct db_statement *table;
	size_t n;
	PGconn *conn;
	bool open; /* a transaction */
	unsigned connections;
	struct buf scratch; /* parameters on their way; rows of a COPY */
};

/* Whose program this is; NULL: nobody's in particular. */
static const char *db_instance;

void db_introduce(const char *instance)
{
	db_instance = instance;
}

struct db *db_new(
	const char *url, const char *application, const struct db_statement *table, size_t n)
{
	struct db *db = calloc(1, sizeof *db);
	if (!db)
		return NULL;
	db->url = strdup(url);
	db->application = strdup(application);
	db->table = table;
	db->n = n;
	buf_init(&db->scratch, DB_MAX_MESSAGE);
	return db;
}

void db_free(struct db *db)
{
	if (!db)
		return;
	db_disconnect(db);
	buf_done(&db->scratch);
	free(db->url);
	free(db->application);
	free(db);
}

/* The connection alone: a transaction that was open over it stays so, until its owner ends it. */
static void db_drop(struct db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
}

void db_disconnect(struct db *db)
{
	db_drop(db);
	db->open = false;
}

/* What an SQLSTATE asks of the caller. Without one the connection itself failed. */
static enum err_code db_code(const char *state)
{
	static const struct {
		const char *front;
		enum err_code code;
	} classes[] = {
		{"08", ERR_RETRY}, /* connection */
		{"40", ERR_RETRY}, /* deadlock, serialisation */
		{"53", ERR_RETRY}, /* resources */
		{"55P03", ERR_RETRY}, /* lock not available */
		{"57", ERR_RETRY}, /* shutdown, cancelled */
		{"58", ERR_RETRY}, /* system error */
		{"25006", ERR_RETRY}, /* read only: a standby */
		{"28", ERR_RETRY}, /* not yet allowed in: a role that is just being made */
		{"42P01", ERR_RETRY}, /* no such table, */
		{"3F000", ERR_RETRY}, /* no such schema, */
		{"42501", ERR_RETRY}, /* not granted: migrations are still on their way */
		{"23505", ERR_CONFLICT}, /* unique, */
		{"23503", ERR_CONFLICT}, /* foreign key, */
		{"23P01", ERR_CONFLICT}, /* exclusion: somebody else was there before */
		{"23", ERR_INVALID}, /* other constraints, */
		{"22", ERR_INVALID}, /* data, */
		{"21", ERR_INVALID}, /* the same row twice in one command, */
		{"54", ERR_INVALID}, /* too large for the server's limits: it is what was given */
	};
	if (!state)
		return ERR_RETRY;
	for (size_t i = 0; i < COUNT(classes); i++)
		if (strncmp(state, classes[i].front, strlen(classes[i].front)) == 0)
			return classes[i].code;
	return ERR_FATAL;
}

/* Sets the error from what PostgreSQL said: its primary message alone, for details can hold values.
 */
static bool db_fail(struct db *db, const PGresult *r, const char *what, struct err *e)
{
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	const char *text = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	if (!text)
		text = PQerrorMessage(db->conn);
	err_set(e, db_code(state), "PostgreSQL, %s: %.*s%s%s", what, (int)strcspn(text, "\n"), text,
		state ? ", " : "", state ? state : "");
	if (PQstatus(db->conn) != CONNECTION_OK)
		db_drop(db);
	return false;
}

static int db_types(const char *list, Oid *out, int most)
{
	int n = 0;
	for (const char *p = list; *p; n++) {
		p += strspn(p, ", ");
		size_t len = strcspn(p, ", ");
		if (n == most || !(out[n] = db_wire_type(p, len)))
			return -1;
		p += len;
	}
	return n;
}

static bool db_prepare(struct db *db, const struct db_statement *s, struct err *e)
{
	Oid types[DB_MAX_VALUES];
	int n = db_types(s->types, types, DB_MAX_VALUES);
	if (n < 0)
		return err_set(
			e, ERR_FATAL, "statement %s: unknown type among \"%s\"", s->name, s->types);
	PGresult *r = PQprepare(db->conn, s->name, s->sql, n, types);
	bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
	if (!ok)
		db_fail(db, r, s->name, e);
	PQclear(r);
	return ok;
}

static bool db_prepare_all(struct db *db, struct err *e)
{
	for (size_t i = 0; i < db->n; i++)
		if (!db_prepare(db, &db->table[i], e)) {
			db_drop(db);
			return false;
		}
	return true;
}

bool db_connect(struct db *db, struct err *e)
{
	if (db->conn)
		return true;
	char application[128];
	snprintf(application, sizeof application, "%s%s%s", db->application, db_instance ? "@" : "",
		db_instance ? db_instance : "");
	db->conn = db_open(db->url, application, e);
	if (!db->conn)
		return false;
	db->connections++;
	if (db_instance && !db_schema_fits(db->conn, e)) {
		db_drop(db);
		return false;
	}
	return db_prepare_all(db, e);
}

bool db_is_connected(const struct db *db)
{
	return db->conn;
}

unsigned db_connections(const struct db *db)
{
	return db->connections;
}

static bool db_ready(struct db *db, struct err *e)
{
	if (db->open && !db->conn)
		return err_set(
			e, ERR_RETRY, "PostgreSQL: the connection was lost in a transaction");
	return db_connect(db, e);
}

/* Runs it; *said (NULL: nobody asks) tells whether PostgreSQL's word for what it did is `word`. */
static bool db_say(struct db *db, const char *sql, const char *word, bool *said, struct err *e)
{
	if (!db_ready(db, e))
		return false;
	PGresult *r = PQexec(db->conn, sql);
	ExecStatusType status = PQresultStatus(r);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
	if (!ok)
		db_fail(db, r, "script", e);
	else if (said)
		*said = strcmp(PQcmdStatus(r), word) == 0;
	PQclear(r);
	return ok;
}

bool db_script(struct db *db, const char *sql, struct err *e)
{
	return db_say(db, sql, NULL, NULL, e);
}

bool db_begin(struct db *db, struct err *e)
{
	if (db->open)
		return err_set(e, ERR_FATAL, "PostgreSQL: a transaction is open already");
	db->open = db_script(db, "BEGIN", e);
	return db->open;
}

bool db_commit(struct db *db, struct err *e)
{
	bool committed = false, ok = db_say(db, "COMMIT", "COMMIT", &committed, e);
	if (ok && !committed)
		ok = err_set(e, ERR_RETRY, "PostgreSQL rolled the transaction back");
	if (!ok)
		db_rollback(db);
	db->open = false;
	return ok;
}

void db_rollback(struct db *db)
{
	db->open = false;
	if (!db->conn || PQtransactionStatus(db->conn) == PQTRANS_IDLE)
		return;
	PGresult *r = PQexec(db->conn, "ROLLBACK");
	bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
	PQclear(r);
	if (!ok)
		db_drop(db);
}

static Oid db_value_type(const struct db_value *v)
{
	return v->kind == DB_K_ARRAY ? (Oid)v->number : db_wire_oid(v->kind);
}

static bool db_is_wire(const struct db_value *v)
{
	return v->kind == DB_K_ARRAY || v->kind == DB_K_TEXT || v->kind == DB_K_BYTES ||
	       v->kind == DB_K_UUID;
}

/* Encodes the values one behind the other into the scratch buffer; what is in its wire form already
 * is borrowed where it lies. */
static bool db_encode(struct db *db, const struct db_statement *s, const struct db_value *values,
	int n, const char **data, int *lens, struct err *e)
{
	Oid types[DB_MAX_VALUES];
	if (db_types(s->types, types, DB_MAX_VALUES) != n)
		return err_set(e, ERR_FATAL, "statement %s takes other than %d values", s->name, n);
	size_t at[DB_MAX_VALUES];
	buf_reset(&db->scratch);
	for (int i = 0; i < n; i++) {
		const struct db_value *v = &values[i];
		if (v->kind != DB_K_NULL && db_value_type(v) != types[i])
			return err_set(e, ERR_FATAL, "statement %s: value %d has another type",
				s->name, i + 1);
		at[i] = db->scratch.len;
		lens[i] = (int)v->len;
		if (db_is_wire(v))
			continue;
		if (!db_wire_put(&db->scratch, v))
			return err_set(e, ERR_FATAL, "statement %s: out of memory", s->name);
		lens[i] = (int)(db->scratch.len - at[i]);
	}
	for (int i = 0; i < n; i++)
		data[i] = values[i].kind == DB_K_NULL ? NULL
			  : lens[i] == 0              ? ""
			  : db_is_wire(&values[i])    ? values[i].data
						      : db->scratch.data + at[i];
	return true;
}

bool db_run(struct db *db, int statement, const struct db_value *values, int n,
	struct db_result **out, struct err *e)
{
	const struct db_statement *s = &db->table[statement];
	const char *data[DB_MAX_VALUES];
	int lens[DB_MAX_VALUES], formats[DB_MAX_VALUES];
	if (n > DB_MAX_VALUES)
		return err_set(e, ERR_FATAL, "statement %s: too many values", s->name);
	for (int i = 0; i < n; i++)
		formats[i] = 1;
	if (!db_ready(db, e) || !db_encode(db, s, values, n, data, lens, e))
		return false;
	PGresult *r = PQexecPrepared(db->conn, s->name, n, data, lens, formats, 1);
	if (db->scratch.cap > 1024 * 1024)
		buf_done(&db->scratch);
	ExecStatusType status = PQresultStatus(r);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		db_fail(db, r, s->name, e);
		PQclear(r);
		return false;
	}
	if (out)
		*out = (struct db_result *)r;
	else
		PQclear(r);
	return true;
}

bool db_set_password(struct db *db, const char *role, const char *password, struct err *e)
{
	if (!db_ready(db, e))
		return false;
	char *verifier = PQencryptPasswordConn(db->conn, password, role, "scram-sha-256");
	char *name = PQescapeIdentifier(db->conn, role, strlen(role));
	char *literal = verifier ? PQescapeLiteral(db->conn, verifier, strlen(verifier)) : NULL;
	BUF_AUTO sql;
	buf_init(&sql, 4096);
	bool ok =
		name && literal && buf_addf(&sql, "ALTER ROLE %s LOGIN PASSWORD %s", name, literal);
	PQfreemem(verifier);
	PQfreemem(name);
	PQfreemem(literal);
	return ok ? db_script(db, sql.data, e)
		  : err_set(e, ERR_FATAL, "PostgreSQL: %.*s",
			    (int)strcspn(PQerrorMessage(db->conn), "\n"), PQerrorMessage(db->conn));
}

enum { ARRAY_HEAD = 20 };

void db_array_init(struct db_array *a, enum db_kind kind)
{
	*a = (struct db_array){.kind = kind};
	buf_init(&a->wire, DB_MAX_MESSAGE);
}

void db_array_done(struct db_array *a)
{
	buf_done(&a->wire);
}

bool db_array_add(struct db_array *a, struct db_value v)
{
	static const char head[ARRAY_HEAD];
	if (a->wire.len == 0 && !buf_add(&a->wire, head, sizeof head))
		return false;
	a->count++;
	a->has_null |= v.kind == DB_K_NULL;
	return db_wire_put_sized(&a->wire, &v);
}

struct db_value db_array_value(struct db_array *a)
{
	uint32_t head[ARRAY_HEAD / 4] = {
		a->count ? 1 : 0, a->has_null, db_wire_oid(a->kind), (uint32_t)a->count, 1};
	for (size_t i = 0; i < COUNT(head); i++)
		head[i] = __builtin_bswap32(head[i]);
	if (a->wire.len == 0)
		buf_add(&a->wire, head, sizeof head);
	else
		memcpy(a->wire.data, head, sizeof head);
	return (struct db_value){
		.kind = DB_K_ARRAY,
		.number = db_wire_array_oid(a->kind),
		.data = a->wire.data,
		.len = a->count ? a->wire.len : 12, /* an empty array ends after its element type */
	};
}

bool db_copy_begin(struct db *db, const char *sql, struct err *e)
{
	static const char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
	if (!db_ready(db, e))
		return false;
	PGresult *r = PQexec(db->conn, sql);
	bool ok = PQresultStatus(r) == PGRES_COPY_IN;
	if (!ok)
		db_fail(db, r, "copy", e);
	PQclear(r);
	buf_reset(&db->scratch);
	return ok && (buf_add(&db->scratch, head, 19) || err_set(e, ERR_FATAL, "out of memory"));
}

static bool db_copy_send(struct db *db, struct err *e)
{
	if (PQputCopyData(db->conn, db->scratch.data, (int)db->scratch.len) != 1)
		return db_fail(db, NULL, "copy", e);
	buf_reset(&db->scratch);
	return true;
}

bool db_copy_row(struct db *db, const struct db_value *values, int n, struct err *e)
{
	buf_add16(&db->scratch, (uint16_t)n);
	for (int i = 0; i < n; i++)
		db_wire_put_sized(&db->scratch, &values[i]);
	if (db->scratch.failed)
		return err_set(e, ERR_FATAL, "out of memory");
	return db->scratch.len < DB_COPY_PIECE || db_copy_send(db, e);
}

bool db_copy_end(struct db *db, struct err *e)
{
	buf_add16(&db->scratch, UINT16_MAX);
	if (!db_copy_send(db, e))
		return false;
	if (PQputCopyEnd(db->conn, NULL) != 1)
		return db_fail(db, NULL, "copy", e);
	PGresult *r = PQgetResult(db->conn);
	bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
	if (!ok)
		db_fail(db, r, "copy", e);
	PQclear(r);
	while (db->conn && (r = PQgetResult(db->conn)))
		PQclear(r);
	return ok;
}
