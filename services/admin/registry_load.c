#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin.h"
#include "base/array.h"
#include "publish.h"
#include "registry_file.h"
#include "store.h"
#include "topics.h"

enum { LAST_YEAR = 9999 };

/* Whose scores a part's changes can move. */
enum touches {
	TOUCHES_NOBODY,
	TOUCHES_PERSON,
	TOUCHES_POSITION,
	TOUCHES_INDICATOR,
	TOUCHES_EVERYBODY
};

/* In the order of references. What follows a row with the same label is counted with it. */
static const struct step {
	const char *part, *label;
	int statement;
	enum touches touches;
} steps[] = {
	{"agencies", "agencies", STORE_AGENCIES, TOUCHES_NOBODY},
	{"units", "units", STORE_UNITS, TOUCHES_NOBODY},
	{"indicators", "indicators", STORE_INDICATORS, TOUCHES_INDICATOR},
	{"sources", "sources", STORE_SOURCES, TOUCHES_NOBODY},
	{"positions", "positions", STORE_POSITIONS, TOUCHES_POSITION},
	{"persons", "people", STORE_PERSONS, TOUCHES_NOBODY},
	{"closings", "assignments", STORE_CLOSINGS, TOUCHES_PERSON},
	{"assignments", "assignments", STORE_ASSIGNMENTS, TOUCHES_PERSON},
	{"absences", "absences", STORE_ABSENCES, TOUCHES_PERSON},
	{"plans", "plans", STORE_PLANS, TOUCHES_PERSON},
	{"rulesets", "rule sets", STORE_RULESETS, TOUCHES_EVERYBODY},
};

struct load {
	struct {
		int added, changed;
	} counts[COUNT(steps)];
	int all;
	struct db_array persons, firsts, lasts, positions, indicators;
	int64_t everybody_from; /* LAST_YEAR + 1: nobody */
	int64_t touched; /* people's years to be looked at again */
};

static void load_init(struct load *l)
{
	*l = (struct load){.everybody_from = LAST_YEAR + 1};
	db_array_init(&l->persons, DB_K_UUID);
	db_array_init(&l->firsts, DB_K_INT4);
	db_array_init(&l->lasts, DB_K_INT4);
	db_array_init(&l->positions, DB_K_TEXT);
	db_array_init(&l->indicators, DB_K_TEXT);
}

static void load_done(struct load *l)
{
	db_array_done(&l->persons);
	db_array_done(&l->firsts);
	db_array_done(&l->lasts);
	db_array_done(&l->positions);
	db_array_done(&l->indicators);
}

/* Notes whom one changed row (store.h says its columns) touches. */
static bool load_touch(struct load *l, enum touches touches, const struct db_result *rows, int i)
{
	int64_t first = db_int(rows, i, 3);
	switch (touches) {
	case TOUCHES_NOBODY:
		return true;
	case TOUCHES_PERSON:
		return db_array_add(&l->persons, DB_UUID(db_uuid(rows, i, 2))) &&
		       db_array_add(&l->firsts, DB_INT4(first)) &&
		       db_array_add(&l->lasts, DB_INT4(db_int(rows, i, 4)));
	case TOUCHES_POSITION:
		return db_is_null(rows, i, 1) ||
		       db_array_add(&l->positions, DB_TEXT(db_text(rows, i, 1)));
	case TOUCHES_INDICATOR:
		return db_is_null(rows, i, 1) ||
		       db_array_add(&l->indicators, DB_TEXT(db_text(rows, i, 1)));
	case TOUCHES_EVERYBODY:
		if (first < l->everybody_from)
			l->everybody_from = first;
	}
	return true;
}

static bool load_step(struct db *db, struct load *l, size_t i, const json_t *part, struct err *e)
{
	if (json_array_size(part) == 0)
		return true;
	char *text = json_dumps(
		part, JSON_COMPACT | JSON_REAL_PRECISION(15)); /* 15 digits are exact both ways */
	DB_RESULT_AUTO *rows = NULL;
	bool ok = text ? db_exec(db, steps[i].statement, &rows, e, DB_JSON(text))
		       : err_set(e, ERR_FATAL, "out of memory");
	free(text);
	for (int row = 0; ok && row < db_rows(rows); row++) {
		*(db_int(rows, row, 0) ? &l->counts[i].added : &l->counts[i].changed) += 1;
		l->all++;
		ok = load_touch(l, steps[i].touches, rows, row) ||
		     err_set(e, ERR_FATAL, "out of memory");
	}
	return ok;
}

static bool load_say(struct db *db, struct load *l, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	if (l->all == 0)
		return true;
	bool ok = db_exec(db, STORE_TOUCH, &rows, e, db_array_value(&l->persons),
			  db_array_value(&l->firsts), db_array_value(&l->lasts),
			  db_array_value(&l->positions), db_array_value(&l->indicators),
			  DB_INT4(l->everybody_from)) &&
		  db_run(db, STORE_BUMP, NULL, 0, NULL, e);
	l->touched = db_affected(rows);
	return ok;
}

static bool load_store(struct db *db, struct load *l, const json_t *checked, struct err *e)
{
	for (size_t i = 0; i < COUNT(steps); i++)
		if (!load_step(db, l, i, json_object_get(checked, steps[i].part), e))
			return err_wrap(e, "storing the %s", steps[i].label);
	return load_say(db, l, e);
}

/* What is stored, for the check; NULL with the error. */
static json_t *load_known(struct db *db, struct err *e)
{
	DB_RESULT_AUTO *rows = NULL;
	if (!db_run(db, STORE_LOCK, NULL, 0, NULL, e) ||
		!db_run(db, STORE_KNOWN, NULL, 0, &rows, e))
		return NULL;
	json_t *known = json_loads(db_text(rows, 0, 0), 0, NULL);
	if (!known)
		err_set(e, ERR_FATAL, "out of memory");
	return known;
}

/* The whole load in one transaction. Nothing stays of it when it fails, or is only tried. */
static bool load_transaction(struct admin *a, const struct registry_file *file, bool try_only,
	struct load *l, struct findings *found, struct err *e)
{
	json_auto_t *known = NULL;
	json_auto_t *checked = NULL;
	bool ok = admin_begin_registry(a, e) && (known = load_known(a->db, e)) != NULL;
	if (ok)
		checked = registry_check(file, known, found);
	ok = ok && checked && load_store(a->db, l, checked, e) && (try_only || db_commit(a->db, e));
	db_rollback(a->db);
	return ok;
}

static void load_print(const struct load *l, bool try_only)
{
	for (size_t i = 0; i < COUNT(steps); i++) {
		int added = l->counts[i].added, changed = l->counts[i].changed;
		for (; i + 1 < COUNT(steps) && strcmp(steps[i].label, steps[i + 1].label) == 0;
			i++) {
			added += l->counts[i + 1].added;
			changed += l->counts[i + 1].changed;
		}
		if (added || changed)
			printf("%s: %d added, %d changed\n", steps[i].label, added, changed);
	}
	if (l->all == 0)
		puts("nothing changed");
	else
		printf("years of people to be looked at again: %" PRId64 "\n", l->touched);
	if (try_only && l->all)
		puts("nothing is stored: this was a dry run");
}

/* Also when nothing changed: an earlier command may have been killed between the two. */
static bool load_after(struct admin *a, struct err *e)
{
	int created = 0;
	int64_t said = 0;
	struct err topics = {0};
	if (!topics_create(a, false, -1, &created, &topics))
		err_wrap(&topics, "the registry is loaded, but not all topics are there");
	return publish_outbox(a, &said, e) &&
	       (topics.code == ERR_NONE || err_set(e, topics.code, "%s", topics.text));
}

/* `part` is that of which the file is CSV; NULL: JSON. */
static bool load_file(const char *path, const char *part, struct registry_file *file,
	struct findings *found, struct err *e)
{
	BUF_AUTO text;
	buf_init(&text, FILE_MOST);
	if (!file_read(path, &text, e))
		return false;
	return part ? registry_file_csv(&text, part, file, found)
		    : registry_file_json(&text, file, found);
}

static bool load(struct admin *a, const struct arguments *args, const char *part, struct err *e)
{
	bool try_only = args->option[LOAD_DRY_RUN];
	struct registry_file file = {0};
	struct findings found;
	struct load l;
	findings_init(&found);
	load_init(&l);
	bool ok = (try_only || admin_kafka(a, e)) &&
		  load_file(args->rest[0], part, &file, &found, e) &&
		  load_transaction(a, &file, try_only, &l, &found, e);
	if (ok)
		load_print(&l, try_only);
	findings_print(&found, stderr);
	if (found.count) {
		err_set(e, ERR_INVALID, "%d %s in %s; nothing is changed", found.count,
			found.count == 1 ? "error" : "errors", args->rest[0]);
	}
	registry_file_done(&file);
	findings_done(&found);
	load_done(&l);
	return ok && (try_only || load_after(a, e));
}

static bool is_csv(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot && strcasecmp(dot, ".csv") == 0;
}

bool registry_load(struct admin *a, const struct arguments *args, struct err *e)
{
	return load(a, args, is_csv(args->rest[0]) ? "people" : NULL, e);
}

bool people_import(struct admin *a, const struct arguments *args, struct err *e)
{
	return load(a, args, "people", e);
}

bool absences_import(struct admin *a, const struct arguments *args, struct err *e)
{
	return load(a, args, "absences", e);
}

bool plans_import(struct admin *a, const struct arguments *args, struct err *e)
{
	return load(a, args, "plans", e);
}
