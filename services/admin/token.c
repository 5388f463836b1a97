#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/digest.h"
#include "csv_value.h"
#include "print.h"
#include "store.h"

enum { TOKEN_BYTES = 32, NOTE_MOST = 200 };

/* Which options a role wants, may have, and may not. */
static const struct {
	const char *role;
	enum { NO, MAY, MUST } nip, agency, source;
} roles[] = {
	{"person", MUST, NO, NO},
	{"head", MUST, MAY, NO},
	{"auditor", MAY, NO, NO},
	{"operator", MAY, NO, NO},
	{"upstream", NO, NO, MUST},
	{"counter", NO, MUST, NO},
};

static bool token_wants(
	const char *role, const char *name, int rule, const char *value, struct err *e)
{
	if (rule == MUST && !value)
		return err_set(e, ERR_INVALID, "a token for %s wants %s", role, name);
	if (rule == NO && value)
		return err_set(e, ERR_INVALID, "%s does not go with --role %s", name, role);
	return true;
}

bool token_check(const struct arguments *args, struct err *e)
{
	const char *role = args->option[TOKEN_ROLE];
	if (args->option[TOKEN_NOTE] && strlen(args->option[TOKEN_NOTE]) > NOTE_MOST)
		return err_set(e, ERR_INVALID, "a note has at most %d bytes", NOTE_MOST);
	for (size_t i = 0; role && i < COUNT(roles); i++)
		if (strcmp(roles[i].role, role) == 0)
			return token_wants(
				       role, "--nip", roles[i].nip, args->option[TOKEN_NIP], e) &&
			       token_wants(role, "--agency", roles[i].agency,
				       args->option[TOKEN_AGENCY], e) &&
			       token_wants(role, "--source", roles[i].source,
				       args->option[TOKEN_SOURCE], e);
	return err_set(e, ERR_INVALID,
		"--role is one of person, head, auditor, operator, upstream, counter");
}

struct subject {
	struct db_value person, agency; /* borrowed from the rows and the arguments */
};

/* Looks up whom the token is for. */
static bool token_subject(struct admin *a, const struct arguments *args, struct db_result **rows,
	struct subject *out, struct err *e)
{
	const char *nip = args->option[TOKEN_NIP], *agency = args->option[TOKEN_AGENCY],
		   *source = args->option[TOKEN_SOURCE];
	char plain[NIP_DIGITS + 1];
	if (nip && csv_nip(nip, plain))
		nip = plain;
	if (!db_exec(a->db, STORE_TOKEN_SUBJECT, rows, e, DB_TEXT(nip),
		    DB_DATE(clock_date(clock_now())), DB_TEXT(agency), DB_TEXT(source)))
		return false;
	if (nip && db_is_null(*rows, 0, 0))
		return err_set(e, ERR_NOT_FOUND, "the registry has no person of this NIP");
	if (agency && !db_int(*rows, 0, 2))
		return err_set(e, ERR_NOT_FOUND, "the registry has no agency %s", agency);
	if (source && !db_int(*rows, 0, 3))
		return err_set(e, ERR_NOT_FOUND, "the registry has no source %s", source);
	*out = (struct subject){DB_NULL, DB_NULL};
	if (nip)
		out->person = DB_UUID(db_uuid(*rows, 0, 0));
	if (strcmp(args->option[TOKEN_ROLE], "head") == 0 && db_is_null(*rows, 0, 1))
		return err_set(
			e, ERR_NOT_FOUND, "this person has no assignment today, so say --agency");
	out->agency = DB_TEXT(
		agency); /* without one it is that of the assignment on the day when it is used */
	return true;
}

/* The token's text: what its holder sends, and what is hashed. */
static bool token_make(struct buf *text, uint8_t hash[DIGEST_SHA256], struct err *e)
{
	uint8_t random[TOKEN_BYTES];
	digest_random(random, sizeof random);
	if (!buf_adds(text, "tkr_") || !digest_base64url(text, random, sizeof random))
		return err_set(e, ERR_FATAL, "out of memory");
	digest_sha256(text->data, text->len, hash);
	return true;
}

static bool token_store(
	struct admin *a, const struct arguments *args, const uint8_t *hash, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	struct subject s;
	struct db_value expires = DB_NULL;
	if (args->option[TOKEN_DAYS])
		expires = DB_TIME(clock_now() + args->number[TOKEN_DAYS] * CLOCK_DAY);
	const char *note = args->option[TOKEN_NOTE] ? args->option[TOKEN_NOTE] : "";
	return admin_begin_registry(a, e) && token_subject(a, args, &rows, &s, e) &&
	       db_exec(a->db, STORE_TOKEN_ADD, NULL, e, DB_BYTES(hash, DIGEST_SHA256),
		       DB_TEXT(args->option[TOKEN_ROLE]), s.person, s.agency,
		       DB_TEXT(args->option[TOKEN_SOURCE]), DB_TEXT(note), expires) &&
	       db_commit(a->db, e);
}

bool token_add(struct admin *a, const struct arguments *args, struct err *e)
{
	uint8_t hash[DIGEST_SHA256];
	BUF_AUTO text;
	buf_init(&text, 100);
	bool ok = token_make(&text, hash, e) && token_store(a, args, hash, e);
	db_rollback(a->db);
	if (ok)
		puts(text.data);
	return ok;
}

static const char *token_time(const struct db_result *rows, int i, int column, char out[CLOCK_TEXT])
{
	return db_is_null(rows, i, column) ? NULL : clock_format(db_time(rows, i, column), out);
}

bool token_list(struct admin *a, const struct arguments *args, struct err *e)
{
	static const char *const header[] = {"id", "role", "person", "agency", "source", "note",
		"created", "expires", "revoked"};
	DB_RESULT_AUTO *rows = NULL;
	(void)args;
	if (!db_run(a->db, STORE_TOKEN_LIST, NULL, 0, &rows, e))
		return false;
	print_row(header, COUNT(header));
	for (int i = 0; i < db_rows(rows); i++) {
		char id[24], person[DIGEST_UUID_TEXT], created[CLOCK_TEXT], expires[CLOCK_TEXT],
			revoked[CLOCK_TEXT];
		snprintf(id, sizeof id, "%" PRId64, db_int(rows, i, 0));
		const char *const fields[] = {id, db_text(rows, i, 1),
			db_is_null(rows, i, 2) ? NULL
					       : digest_uuid_format(db_uuid(rows, i, 2), person),
			db_text(rows, i, 3), db_text(rows, i, 4), db_text(rows, i, 5),
			token_time(rows, i, 6, created), token_time(rows, i, 7, expires),
			token_time(rows, i, 8, revoked)};
		print_row(fields, COUNT(fields));
	}
	return true;
}

/* Ends one token, named by its id or its text. */
static bool token_revoke_one(struct admin *a, const char *name, bool *known, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	char *end;
	int64_t id = strtoll(name, &end, 10);
	bool ok;
	if (*name && *end == '\0') {
		ok = db_exec(a->db, STORE_TOKEN_REVOKE_ID, &rows, e, DB_INT8(id));
	} else {
		uint8_t hash[DIGEST_SHA256];
		digest_sha256(name, strlen(name), hash);
		ok = db_exec(a->db, STORE_TOKEN_REVOKE_HASH, &rows, e, DB_BYTES(hash, sizeof hash));
	}
	*known = db_affected(rows) > 0;
	return ok;
}

struct revoking {
	int done, unknown;
};

static bool token_revoke_next(struct admin *a, const char *name, struct revoking *r, struct err *e)
{
	bool known;
	if (!token_revoke_one(a, name, &known, e))
		return false;
	*(known ? &r->done : &r->unknown) += 1;
	if (!known)
		fprintf(stderr, "number %d of those given is no token\n", r->done + r->unknown);
	return true;
}

static bool token_revoke_lines(struct admin *a, struct revoking *r, struct err *e)
{
	char line[256];
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (*line && !token_revoke_next(a, line, r, e))
			return false;
	}
	return true;
}

/* All that are known end, even if others are not. */
bool token_revoke(struct admin *a, const struct arguments *args, struct err *e)
{
	struct revoking r = {0};
	bool ok = admin_begin_registry(a, e);
	for (int i = 0; ok && i < args->n_rest; i++)
		ok = strcmp(args->rest[i], "-") == 0 ? token_revoke_lines(a, &r, e)
						     : token_revoke_next(a, args->rest[i], &r, e);
	ok = ok && db_commit(a->db, e);
	db_rollback(a->db);
	if (!ok)
		return false;
	printf("%d revoked\n", r.done);
	return r.unknown == 0 ||
	       err_set(e, ERR_NOT_FOUND, "%d of those given are no tokens", r.unknown);
}
