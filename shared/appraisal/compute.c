#include "appraisal/compute.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/digest.h"

void compute_wants_init(struct compute_wants *w)
{
	*w = (struct compute_wants){0};
	db_array_init(&w->person, DB_K_UUID);
	db_array_init(&w->first, DB_K_DATE);
	db_array_init(&w->last, DB_K_DATE);
}

void compute_wants_done(struct compute_wants *w)
{
	db_array_done(&w->person);
	db_array_done(&w->first);
	db_array_done(&w->last);
}

bool compute_want(
	struct compute_wants *w, const struct roster *r, const uint8_t id[16], int32_t year)
{
	const struct roster_person *p = roster_person(r, id);
	struct stretches s;
	bool ok = true;
	if (!p)
		return true;
	struct score_facts facts = roster_facts(r, p);
	stretches_make(&facts, period_of(PERIOD_YEAR, 12 * year), &s);
	for (int32_t month = 12 * year; ok && month < 12 * year + 12; month++) {
		if (!stretches_need_evidence(&s, month))
			continue;
		ok = db_array_add(&w->person, DB_UUID(id)) &&
		     db_array_add(&w->first, DB_DATE(clock_month_first(month))) &&
		     db_array_add(&w->last, DB_DATE(clock_month_first(month + 1) - 1));
		w->n++;
	}
	return ok;
}

void compute_rows_done(struct compute_rows *rows)
{
	db_result_free(rows->totals);
	db_result_free(rows->evidence);
	db_result_free(rows->complete);
	db_result_free(rows->answers);
	*rows = (struct compute_rows){0};
}

void compute_data_done(struct compute_data *d)
{
	free(d->totals);
	free(d->evidence);
	free(d->complete);
	free(d->answers);
	compute_rows_done(&d->rows);
	*d = (struct compute_data){0};
}

static bool take_totals(struct compute_data *d)
{
	const struct db_result *r = d->rows.totals;
	int n = db_rows(r);
	d->totals = calloc((size_t)n + 1, sizeof *d->totals);
	for (int i = 0; d->totals && i < n; i++)
		d->totals[i] = (struct score_total){
			.month = (int32_t)db_int(r, i, 1),
			.indicator = (int32_t)db_int(r, i, 2),
			.n = db_int(r, i, 3),
			.sum = db_numeric(r, i, 4),
			.sum_of = db_numeric(r, i, 5),
			.latest_at = db_time(r, i, 6),
			.latest = db_numeric(r, i, 7),
		};
	return d->totals;
}

static bool take_evidence(struct compute_data *d)
{
	const struct db_result *r = d->rows.evidence;
	int n = db_rows(r);
	d->evidence = calloc((size_t)n + 1, sizeof *d->evidence);
	for (int i = 0; d->evidence && i < n; i++)
		d->evidence[i] = (struct score_evidence){
			.day = db_date(r, i, 1),
			.indicator = (int32_t)db_int(r, i, 2),
			.value = db_numeric(r, i, 3),
			.of = db_is_null(r, i, 4) ? 0 : db_numeric(r, i, 4),
			.moment = {db_time(r, i, 5), db_text(r, i, 6), db_text(r, i, 7)},
		};
	return d->evidence;
}

static bool take_complete(struct compute_data *d, const struct roster *r)
{
	const struct db_result *rows = d->rows.complete;
	int n = db_rows(rows);
	d->complete = calloc((size_t)n + 1, sizeof *d->complete);
	for (int i = 0; d->complete && i < n; i++)
		d->complete[i] = (struct score_complete){
			.unit = roster_unit(r, db_text(rows, i, 0)),
			.month = (int32_t)db_int(rows, i, 1),
			.indicator = (int32_t)db_int(rows, i, 2),
		};
	if (d->complete)
		qsort(d->complete, (size_t)n, sizeof *d->complete, score_complete_order);
	d->n_complete = n;
	return d->complete;
}

static bool take_answers(struct compute_data *d, const struct roster *r)
{
	const struct db_result *rows = d->rows.answers;
	int n = db_rows(rows);
	d->answers = calloc((size_t)n + 1, sizeof *d->answers);
	for (int i = 0; d->answers && i < n; i++) {
		struct score_answers *x = &d->answers[i];
		x->unit = roster_unit(r, db_text(rows, i, 0));
		x->day = db_date(rows, i, 1);
		x->sums.n = db_int(rows, i, 2);
		for (int k = 0; k < SURVEY_ELEMENTS; k++)
			x->sums.sums[k] = db_int(rows, i, 3 + k);
	}
	if (d->answers)
		qsort(d->answers, (size_t)n, sizeof *d->answers, score_answers_order);
	d->n_answers = n;
	return d->answers;
}

bool compute_take(
	const struct roster *r, struct compute_rows rows, struct compute_data *out, struct err *e)
{
	struct compute_data d = {.rows = rows};
	if (take_totals(&d) && take_evidence(&d) && take_complete(&d, r) && take_answers(&d, r)) {
		*out = d;
		return true;
	}
	compute_data_done(&d);
	return err_set(e, ERR_FATAL, "out of memory");
}

/* The rows of one person in a table that begins with the person and is sorted by it: [*first,
 * returned). */
static int rows_of(const struct db_result *r, const uint8_t id[16], int *first)
{
	int low = 0, high = db_rows(r);
	while (low < high) {
		int middle = (low + high) / 2;
		if (memcmp(db_uuid(r, middle, 0), id, 16) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	while (low < db_rows(r) && memcmp(db_uuid(r, low, 0), id, 16) == 0)
		low++;
	return low;
}

void computed_score_done(struct computed_score *c)
{
	free(c->text);
	free(c->service_days);
	*c = (struct computed_score){0};
}

/* The service days as ranges, both ends included: so no date is beyond the year 9999. */
static char *days_text(const struct stretches *s)
{
	int32_t first = period_first_day(s->period), n = period_last_day(s->period) - first + 1;
	char from[CLOCK_TEXT], until[CLOCK_TEXT];
	struct buf b;
	buf_init(&b, STRETCH_DAYS * CLOCK_TEXT);
	for (int32_t i = 0, end; i < n; i = end + 1) {
		end = i;
		while (end < n && s->on[end] >= 0)
			end++;
		if (end > i)
			buf_addf(&b, "%s[%s,%s]", b.len ? "," : "{",
				clock_date_format(first + i, from),
				clock_date_format(first + end - 1, until));
	}
	buf_adds(&b, "}");
	return buf_take(&b);
}

/* The hash covers the facts, too: when they alone change, the score is written and told. */
static bool facts_content(struct computed_score *out)
{
	const char *texts[] = {out->unit, out->service_days};
	BUF_AUTO b;
	buf_init(&b, SIZE_MAX / 2);
	buf_add(&b, out->content, sizeof out->content);
	for (size_t i = 0; i < COUNT(texts); i++)
		buf_add(&b, texts[i], strlen(texts[i]) + 1);
	if (!b.failed)
		digest_key(b.data, b.len, out->content);
	return !b.failed;
}

static bool finish(const struct score_input *in, const uint8_t *content, int64_t revision,
	struct computed_score *out, struct err *e)
{
	const struct stretches *s = in->stretches;
	struct score score;
	if (!score_compute(in, &score, e))
		return false;
	if (score.n_items == 0) {
		score_done(&score);
		return true;
	}
	*out = (struct computed_score){
		.state = COMPUTED_SCORE,
		.has_results = score.has_results,
		.results = score.results,
		.rating = score.results_rating,
		.missing = (int32_t)score.n_missing,
		.unit = in->units[s->list[s->n - 1].unit],
		.service_days = days_text(s),
	};
	bool ok = out->service_days && score_content(&score, out->content) && facts_content(out);
	if (ok && !(content && memcmp(content, out->content, sizeof out->content) == 0)) {
		json_auto_t *json = score_to_json(&score, revision);
		out->text = json ? json_dumps(json, JSON_COMPACT) : NULL;
		ok = out->text != NULL;
	}
	score_done(&score);
	if (!ok)
		computed_score_done(out);
	return ok || err_set(e, ERR_FATAL, "out of memory");
}

bool compute_score(const struct roster *r, const struct compute_data *d, const uint8_t id[16],
	struct period period, const uint8_t *content, int64_t revision, struct computed_score *out,
	struct err *e)
{
	const struct roster_person *p = roster_person(r, id);
	const struct roster_ruleset *rules = roster_ruleset(r, period_last_day(period));
	*out = (struct computed_score){.state = COMPUTED_NONE};
	if (!p || !rules)
		return true;
	struct stretches stretches;
	struct score_facts facts = roster_facts(r, p);
	stretches_make(&facts, period, &stretches);
	if (stretches.n == 0)
		return true;
	int total, event, total_end = rows_of(d->rows.totals, id, &total),
			  event_end = rows_of(d->rows.evidence, id, &event);
	char text[DIGEST_UUID_TEXT];
	struct score_input in = {
		.person = digest_uuid_format(id, text),
		.stretches = &stretches,
		.units = (const char *const *)r->units,
		.ruleset = &rules->rules,
		.totals = d->totals + total,
		.n_totals = (size_t)(total_end - total),
		.evidence = d->evidence + event,
		.n_evidence = (size_t)(event_end - event),
		.complete = d->complete,
		.n_complete = (size_t)d->n_complete,
		.of_units = d->answers,
		.n_of_units = (size_t)d->n_answers,
	};
	return finish(&in, content, revision, out, e);
}

bool compute_stands(const struct computed_score *c, const uint8_t *content)
{
	return c->state == COMPUTED_NONE ? content == NULL
					 : content && memcmp(content, c->content, 16) == 0;
}

enum standing { CONTENT = 3, BODY, RESULTS, RATING, MISSING, UNIT, SERVICE_DAYS };

/* What scoring publishes beside the text of a score that stands. */
static bool facts_hold(const struct db_result *r, int row, const struct computed_score *c)
{
	dec_wide results = c->has_results ? c->results * (DEC_VALUE / DEC_SHOWN) : 0;
	const char *rating = c->has_results ? score_rating_name(c->rating) : "";
	return db_is_null(r, row, RESULTS) == !c->has_results &&
	       db_numeric(r, row, RESULTS) == results &&
	       strcmp(db_text(r, row, RATING), rating) == 0 &&
	       db_int(r, row, MISSING) == c->missing &&
	       strcmp(db_text(r, row, UNIT), c->unit) == 0 &&
	       strcmp(db_text(r, row, SERVICE_DAYS), c->service_days) == 0;
}

const char *compute_fault(const struct db_result *standing, int row, const struct computed_score *c)
{
	bool stands = row >= 0 && !db_is_null(standing, row, BODY);
	const uint8_t *content = stands ? db_uuid(standing, row, CONTENT) : NULL;
	if (!compute_stands(c, content))
		return !content ? "a score is missing"
		       : c->state == COMPUTED_NONE
			       ? "a score stands where there should be none"
			       : "the score is not the one that the evidence makes";
	if (content && strcmp(c->text, db_text(standing, row, BODY)) != 0)
		return "the score's text is not the one that the evidence makes";
	if (content && !facts_hold(standing, row, c))
		return "what stands beside the score is not what evidence and registry make";
	return NULL;
}

int compute_standing_row(const struct db_result *rows, const uint8_t person[16], const char *period)
{
	int low = 0, high = db_rows(rows);
	while (low < high) {
		int middle = (low + high) / 2;
		int order = memcmp(db_uuid(rows, middle, 0), person, 16);
		if (order == 0)
			order = strcmp(db_text(rows, middle, 1), period);
		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}
