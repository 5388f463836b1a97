/* The last part of verify: scores made from raw evidence by scoring's own pure middle, beside what
 * stands. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "appraisal/compute.h"
#include "base/clock.h"
#include "base/digest.h"
#include "store.h"
#include "verify.h"

enum { TRIES = 3 };

struct page {
	const struct roster *roster;
	struct compute_data data;
	struct db_result *standing;
	int64_t scores;
};

static bool score_verify(struct page *p, const uint8_t person[16], struct period period,
	struct verify *v, bool *differs, struct err *e)
{
	char text[PERIOD_TEXT], id[DIGEST_UUID_TEXT], place[80];
	struct computed_score c;
	int row = compute_standing_row(p->standing, person, period_format(period, text));
	int64_t revision = row >= 0 ? db_int(p->standing, row, 2) : 1;
	if (!compute_score(p->roster, &p->data, person, period, NULL, revision, &c, e))
		return false;
	const char *fault = compute_fault(p->standing, row, &c);
	p->scores += row >= 0 && !db_is_null(p->standing, row, 4);
	computed_score_done(&c);
	*differs |= fault != NULL;
	if (fault && v) {
		snprintf(place, sizeof place, "%s/%s", digest_uuid_format(person, id), text);
		verify_found(v, place, "%s", fault);
	}
	return true;
}

static bool page_years(struct page *p, const struct db_result *people,
	const struct db_result *years, struct verify *v, bool *differs, struct err *e)
{
	struct period periods[PERIODS_OF_YEAR];
	for (int y = 0; y < db_rows(years); y++) {
		period_all((int32_t)db_int(years, y, 0), periods);
		for (int i = 0; i < db_rows(people); i++)
			for (int n = 0; n < PERIODS_OF_YEAR; n++)
				if (!score_verify(
					    p, db_uuid(people, i, 0), periods[n], v, differs, e))
					return false;
	}
	return true;
}

static bool page_ids(const struct db_result *people, struct db_array *ids, struct err *e)
{
	db_array_init(ids, DB_K_UUID);
	for (int i = 0; i < db_rows(people); i++)
		if (!db_array_add(ids, DB_UUID(db_uuid(people, i, 0))))
			return err_set(e, ERR_FATAL, "out of memory");
	return true;
}

static bool page_evidence(const struct page *p, struct db *db, const struct db_result *people,
	const struct db_result *years, struct db_result **out, struct err *e)
{
	struct compute_wants wants;
	bool ok = true;
	compute_wants_init(&wants);
	for (int i = 0; i < db_rows(people); i++)
		for (int y = 0; ok && y < db_rows(years); y++)
			ok = compute_want(&wants, p->roster, db_uuid(people, i, 0),
				(int32_t)db_int(years, y, 0));
	ok = ok || err_set(e, ERR_FATAL, "out of memory");
	ok = ok &&
	     (wants.n == 0 || db_exec(db, STORE_COUNTING, out, e, db_array_value(&wants.person),
				      db_array_value(&wants.first), db_array_value(&wants.last)));
	compute_wants_done(&wants);
	return ok;
}

/* What stands behind these people's scores in the years. */
static bool page_load(struct page *p, struct db *db, const struct db_result *people,
	struct db_array *ids, const struct db_result *years, struct err *e)
{
	struct compute_rows rows = {0};
	int last = db_rows(years) - 1;
	struct db_value from = DB_INT4(last < 0 ? 0 : (int32_t)db_int(years, 0, 0) * 12),
			to = DB_INT4(last < 0 ? -1 : (int32_t)db_int(years, last, 0) * 12 + 11);
	if (!db_exec(db, STORE_RAW_TOTALS, &rows.totals, e, db_array_value(ids), from, to) ||
		!db_exec(db, STORE_COMPLETE, &rows.complete, e, db_array_value(ids), from, to) ||
		!db_exec(db, STORE_ANSWERS, &rows.answers, e, db_array_value(ids),
			DB_DATE(clock_month_first((int32_t)from.number)),
			DB_DATE(clock_month_first((int32_t)to.number + 1) - 1)) ||
		!page_evidence(p, db, people, years, &rows.evidence, e)) {
		compute_rows_done(&rows);
		return false;
	}
	return compute_take(p->roster, rows, &p->data, e) &&
	       db_exec(db, STORE_STANDING, &p->standing, e, db_array_value(ids));
}

/* Some people's scores, once; v NULL: only whether any differs. */
static bool page_verify(struct db *db, const struct roster *roster, const struct db_result *people,
	struct verify *v, bool *differs, int64_t *scores, struct err *e)
{
	struct page p = {.roster = roster};
	struct db_array ids;
	DB_RESULT_AUTO *years = NULL;
	*differs = false;
	bool ok = page_ids(people, &ids, e) && db_run(db, STORE_YEARS, NULL, 0, &years, e) &&
		  page_load(&p, db, people, &ids, years, e) &&
		  page_years(&p, people, years, v, differs, e);
	*scores += p.scores;
	db_array_done(&ids);
	db_result_free(p.standing);
	compute_data_done(&p.data);
	return ok;
}

/* What differs while the system works may only be under way: it counts when it still differs a
 * while later. */
static bool page_settle(struct snapshot *registry, struct snapshot_hold *held, struct verify *v,
	const struct db_result *people, int64_t *scores, struct err *e)
{
	bool differs = true, ok = true;
	for (int i = 1; ok && differs && i <= TRIES; i++) {
		int64_t n = 0;
		if (i > 1)
			nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
		ok = snapshot_refresh(registry, held, NULL, e) &&
		     page_verify(v->admin->db, held->value, people, i == TRIES ? v : NULL, &differs,
			     &n, e);
		if (ok && (!differs || i == TRIES))
			*scores += n;
	}
	return ok;
}

bool verify_scores(struct verify *v, int64_t *scores, struct err *e)
{
	uint8_t after[16] = {0};
	struct snapshot_hold held = {0};
	struct snapshot *registry = snapshot_new(v->admin->database, &roster_snapshot);
	bool ok = registry || err_set(e, ERR_FATAL, "out of memory");
	int64_t done = 0;
	for (int n = 1; ok && n > 0; done += n) {
		DB_RESULT_AUTO *people = NULL;
		progress_tell(&v->admin->progress, "scores of people: %" PRId64 " of %" PRId64,
			done, v->all_people);
		ok = db_exec(v->admin->db, STORE_PEOPLE_PAGE, &people, e, DB_UUID(after));
		n = db_rows(people);
		if (n)
			memcpy(after, db_uuid(people, n - 1, 0), sizeof after);
		ok = ok && (n == 0 || page_settle(registry, &held, v, people, scores, e));
	}
	if (registry)
		snapshot_release(registry, &held);
	snapshot_free(registry);
	return ok;
}
