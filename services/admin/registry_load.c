#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin.h"
#include "base/array.h"
#include "base/clock.h"
#include "effect.h"
#include "publish.h"
#include "registry_file.h"
#include "store.h"
#include "topics.h"

/* In the order of references. What follows a row with the same label is counted with it. */
static const struct step {
	const char *part, *label;
	int statement;
} steps[] = {
	{"agencies", "agencies", STORE_AGENCIES},
	{"units", "units", STORE_UNITS},
	{"indicators", "indicators", STORE_INDICATORS},
	{"sources", "sources", STORE_SOURCES},
	{"positions", "positions", STORE_POSITIONS},
	{"unformer", "former numbers", STORE_UNFORMER},
	{"renames", "people's numbers", STORE_RENAMES},
	{"persons", "people", STORE_PERSONS},
	{"former", "former numbers", STORE_FORMER},
	{"removals", "assignments", STORE_REMOVALS},
	{"assignments", "assignments", STORE_ASSIGNMENTS},
	{"absence_removals", "absences", STORE_ABSENCE_REMOVALS},
	{"absences", "absences", STORE_ABSENCES},
	{"plans", "plans", STORE_PLANS},
	{"rulesets", "rule sets", STORE_RULESETS},
};

enum change { CHANGED, ADDED, TAKEN_BACK, CHANGES };

struct load {
	int counts[COUNT(steps)][CHANGES];
	int all;
	int32_t today;
	struct roster before, after;
	struct effect effect;
};

static void load_init(struct load *l)
{
	*l = (struct load){.today = clock_date(clock_now())};
	effect_init(&l->effect);
}

static void load_done(struct load *l)
{
	roster_done(&l->before);
	roster_done(&l->after);
	effect_done(&l->effect);
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
	for (int row = 0; ok && row < db_rows(rows); row++)
		l->counts[i][db_int(rows, row, 0)]++;
	l->all += ok ? db_rows(rows) : 0;
	return ok;
}

/* Notes whose scores can move by what is stored by now. */
static bool load_say(struct db *db, struct load *l, struct err *e)
{
	if (l->all == 0)
		return true;
	return roster_read(db, STORE_ROSTER, &l->after, e) &&
	       (effect_find(&l->effect, &l->before, &l->after, l->today) ||
		       err_set(e, ERR_FATAL, "out of memory")) &&
	       db_exec(db, STORE_TOUCH, NULL, e, db_array_value(&l->effect.persons),
		       db_array_value(&l->effect.years)) &&
	       db_run(db, STORE_BUMP, NULL, 0, NULL, e);
}

static bool load_store(struct admin *a, struct load *l, const json_t *checked, struct err *e)
{
	struct db *db = a->db;
	progress_tell(&a->progress, "reading who is appraised by what");
	if (!roster_read(db, STORE_ROSTER, &l->before, e))
		return false;
	for (size_t i = 0; i < COUNT(steps); i++) {
		progress_tell(&a->progress, "storing the %s, %zu of %zu steps", steps[i].label,
			i + 1, COUNT(steps));
		if (!load_step(db, l, i, json_object_get(checked, steps[i].part), e))
			return err_wrap(e, "storing the %s", steps[i].label);
	}
	progress_tell(&a->progress, "finding whose scores change");
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
	progress_tell(&a->progress, "checking the file");
	bool ok = admin_begin_registry(a, e) && (known = load_known(a->db, e)) != NULL;
	if (ok)
		checked = registry_check(file, known, l->today, found);
	ok = ok && checked && load_store(a, l, checked, e) && (try_only || db_commit(a->db, e));
	db_rollback(a->db);
	return ok;
}

/* The steps of one label together; returns the next one's. */
static size_t print_counts(const struct load *l, size_t i)
{
	size_t next = i;
	int sum[CHANGES] = {0};
	for (; next < COUNT(steps) && strcmp(steps[next].label, steps[i].label) == 0; next++)
		for (int k = 0; k < CHANGES; k++)
			sum[k] += l->counts[next][k];
	if (sum[ADDED] || sum[CHANGED] || sum[TAKEN_BACK])
		printf("%s: %d added, %d changed", steps[i].label, sum[ADDED], sum[CHANGED]);
	if (sum[TAKEN_BACK])
		printf(", %d taken back", sum[TAKEN_BACK]);
	if (sum[ADDED] || sum[CHANGED] || sum[TAKEN_BACK])
		putchar('\n');
	return next;
}

static void print_open(const char *what, const char *verb, int64_t people, int32_t from)
{
	char month[CLOCK_TEXT];
	if (people)
		printf("%s of %" PRId64 " %s %s from %s\n", what, people,
			people == 1 ? "person" : "people", verb, clock_month_format(from, month));
}

static void print_effect(const struct effect *f)
{
	print_open("targets", "change", f->targets, f->targets_from);
	print_open("scores", "are reckoned otherwise", f->otherwise, f->otherwise_from);
	if (f->ended)
		printf("%" PRId64 " ended %s for %" PRId64 " %s\n", f->ended,
			f->ended == 1 ? "month changes" : "months change", f->ended_people,
			f->ended_people == 1 ? "person" : "people");
	printf("years of people to be looked at again: %" PRId64 "\n", f->n);
}

static void load_print(const struct load *l, bool try_only)
{
	for (size_t i = 0; i < COUNT(steps);)
		i = print_counts(l, i);
	if (l->all == 0)
		puts("nothing changed");
	else
		print_effect(&l->effect);
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
	progress_clear(&a->progress);
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
