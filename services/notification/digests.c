#include "digests.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "look.h"

/* A person's rows, [first, end), and what they say. */
struct late {
	int first, end;
	struct facts *facts;
	struct digest_part *parts; /* of those that can be read */
	int *rows; /* each part's */
	size_t n;
};

static bool late_init(struct late *p, const struct look *l, int first)
{
	*p = (struct late){.first = first, .end = first + 1};
	while (p->end < db_rows(l->due) &&
		memcmp(db_uuid(l->due, first, 0), db_uuid(l->due, p->end, 0), DIGEST_KEY) == 0)
		p->end++;
	size_t most = (size_t)(p->end - first);
	p->facts = calloc(most, sizeof *p->facts);
	p->parts = calloc(most, sizeof *p->parts);
	p->rows = calloc(most, sizeof *p->rows);
	return p->facts && p->parts && p->rows;
}

static void late_done(struct late *p)
{
	for (size_t i = 0; i < p->n; i++) {
		facts_done(&p->facts[i]);
		json_decref((json_t *)(uintptr_t)p->parts[i].told);
	}
	free(p->facts);
	free(p->parts);
	free(p->rows);
}

static bool late_read(struct late *p, struct look *l, struct err *e)
{
	const struct facts none = {0};
	for (int row = p->first; row < p->end; row++) {
		struct digest_part *part = &p->parts[p->n];
		if (!look_read(l, row, &part->period, &p->facts[p->n])) {
			if (!look_keep(l, row, 0, NULL, &none, e))
				return false;
			continue;
		}
		part->facts = &p->facts[p->n];
		part->told = look_told(l, row);
		part->revision = look_revision(l, row, part->facts);
		p->rows[p->n++] = row;
	}
	return true;
}

/* When these rows may be told: all of them quiet, and no other digest on the same day. */
static int64_t late_due(const struct late *p, const struct look *l)
{
	int64_t quiet = 0, last = 0;
	for (int row = p->first; row < p->end; row++) {
		int64_t due = db_time(l->due, row, 4);
		quiet = due > quiet ? due : quiet;
	}
	for (int i = 0; i < db_rows(l->earlier); i++)
		if (memcmp(db_uuid(l->earlier, i, 0), db_uuid(l->due, p->first, 0), DIGEST_KEY) ==
			0)
			last = db_time(l->earlier, i, 1);
	return feedback_digest_due(quiet, last);
}

static bool keep_part(struct look *l, const struct digest_part *part, int row, struct err *e)
{
	char *told = part->tells ? feedback_ratings_text(part->facts) : NULL;
	bool ok = (told || !part->tells || err_set(e, ERR_FATAL, "out of memory")) &&
		  look_keep(l, row, 0, told, part->facts, e);
	free(told);
	return ok;
}

static bool tell(struct look *l, struct late *p, struct err *e)
{
	const struct feedback_context c = look_context(l);
	struct feedback out = {0};
	struct period about;
	char period[PERIOD_TEXT];
	bool ok = feedback_digest(&c, p->parts, p->n, clock_date(l->now), &out, &about) ||
		  err_set(e, ERR_FATAL, "out of memory");
	if (ok && out.n)
		ok = look_tell(l, p->first, period_format(about, period), &out, e);
	for (size_t i = 0; ok && i < p->n; i++)
		ok = keep_part(l, &p->parts[i], p->rows[i], e);
	feedback_done(&out);
	return ok;
}

/* All of the person's rows again when all of them may be told. */
static bool put_off(struct look *l, const struct late *p, int64_t due, struct err *e)
{
	const struct facts none = {0};
	for (int row = p->first; row < p->end; row++)
		if (!look_keep(l, row, due, NULL, &none, e))
			return false;
	return true;
}

static bool look_at_person(struct look *l, int first, int *end, struct err *e)
{
	struct late p;
	bool ok = late_init(&p, l, first) || err_set(e, ERR_FATAL, "out of memory");
	*end = p.end;
	int64_t due = late_due(&p, l);
	if (ok && due > l->now) {
		ok = put_off(l, &p, due, e);
	} else if (ok) {
		ok = late_read(&p, l, e) && tell(l, &p, e);
	}
	late_done(&p);
	return ok;
}

static bool look_at_everybody(struct look *l, struct err *e)
{
	for (int row = 0; row < db_rows(l->due);)
		if (!look_at_person(l, row, &row, e))
			return false;
	return true;
}

bool digest_once(struct worker *w, int *n, struct err *e)
{
	struct look l;
	look_init(&l);
	bool ok = db_begin(w->db, e) && store_digest_due(w->db, l.now, &l.due, e);
	*n = db_rows(l.due);
	if (ok && *n)
		ok = look_load(w, &l, store_digests_told, e) && look_at_everybody(&l, e);
	ok = ok && look_commit(w, &l, true, e);
	if (!ok)
		db_rollback(w->db);
	look_done(&l);
	return ok;
}
