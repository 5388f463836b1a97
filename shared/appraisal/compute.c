#include "appraisal/compute.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/digest.h"

void compute_data_done(struct compute_data *d)
{
	free(d->totals);
	free(d->owners);
	free(d->complete);
	free(d->units);
	db_result_free(d->rows);
	db_result_free(d->complete_rows);
	*d = (struct compute_data){0};
}

static bool take_totals(struct compute_data *d)
{
	int n = db_rows(d->rows);
	d->totals = calloc((size_t)n + 1, sizeof *d->totals);
	d->owners = calloc((size_t)n + 1, sizeof *d->owners);
	for (int i = 0; d->totals && d->owners && i < n; i++) {
		memcpy(d->owners[i], db_uuid(d->rows, i, 0), 16);
		d->totals[i] = (struct score_total){
			.month = (int32_t)db_int(d->rows, i, 1),
			.indicator = (int32_t)db_int(d->rows, i, 2),
			.n = db_int(d->rows, i, 3),
			.sum = db_numeric(d->rows, i, 4),
			.sum_of = db_numeric(d->rows, i, 5),
			.latest_at = db_time(d->rows, i, 6),
			.latest_id = db_text(d->rows, i, 7),
			.latest = db_numeric(d->rows, i, 8),
		};
	}
	d->n_totals = n;
	return d->totals && d->owners;
}

static bool take_complete(struct compute_data *d, const struct roster *r)
{
	int n = db_rows(d->complete_rows);
	d->complete = calloc((size_t)n + 1, sizeof *d->complete);
	d->units = calloc((size_t)n + 1, sizeof *d->units);
	for (int i = 0; d->complete && d->units && i < n; i++) {
		d->units[i] = roster_unit(r, db_text(d->complete_rows, i, 0));
		d->complete[i] = (struct score_complete){
			.month = (int32_t)db_int(d->complete_rows, i, 1),
			.indicator = (int32_t)db_int(d->complete_rows, i, 2),
		};
	}
	d->n_complete = n;
	return d->complete && d->units;
}

bool compute_take(const struct roster *r, struct db_result *totals, struct db_result *complete,
	struct compute_data *out, struct err *e)
{
	struct compute_data d = {.rows = totals, .complete_rows = complete};
	if (take_totals(&d) && take_complete(&d, r)) {
		*out = d;
		return true;
	}
	compute_data_done(&d);
	return err_set(e, ERR_FATAL, "out of memory");
}

/* The rows of one owner in a table sorted by owner: [*first, returned). */
static int totals_of(const struct compute_data *d, const uint8_t id[16], int *first)
{
	int low = 0, high = d->n_totals;
	while (low < high) {
		int middle = (low + high) / 2;
		if (memcmp(d->owners[middle], id, 16) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	while (low < d->n_totals && memcmp(d->owners[low], id, 16) == 0)
		low++;
	return low;
}

/* Likewise the declarations of one unit. */
static int complete_of(const struct compute_data *d, int unit, int *first)
{
	int low = 0, high = d->n_complete;
	while (low < high) {
		int middle = (low + high) / 2;
		if (d->units[middle] < unit)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	while (low < d->n_complete && d->units[low] == unit)
		low++;
	return low;
}

/* The plan in force, and its items or the position's. None agreed: no items, version 0. */
static void plan_of(const struct roster *r, const struct roster_person *p, struct period period,
	int position, struct score_input *in)
{
	const struct roster_plan *plan =
		roster_plan(p, period_year(period), period_last_day(period));
	if (!plan || !plan->agreed)
		return;
	if (!plan->has_items && position < 0)
		return;
	const struct roster_items *items =
		plan->has_items ? &plan->items : &r->positions[position].items;
	in->plan = plan->version;
	in->items = items->items;
	in->n_items = items->n;
}

void computed_score_done(struct computed_score *c)
{
	free(c->text);
	free(c->service_days);
	*c = (struct computed_score){0};
}

/* The service days as ranges, both ends included: so no date is beyond the year 9999. */
static char *days_text(struct period period, const struct score_service *service)
{
	int32_t first = period_first_day(period), n = period_last_day(period) - first + 1;
	char from[CLOCK_TEXT], until[CLOCK_TEXT];
	struct buf b;
	buf_init(&b, SCORE_PERIOD_DAYS * CLOCK_TEXT);
	for (int32_t i = 0, end; i < n; i = end + 1) {
		end = i;
		while (end < n && service->on[end])
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

static bool finish(const struct score_input *in, const char *unit, const uint8_t *content,
	int64_t revision, struct computed_score *out, struct err *e)
{
	struct score score;
	if (!score_compute(in, &score, e))
		return false;
	*out = (struct computed_score){
		.state = score.n_items ? COMPUTED_SCORE : COMPUTED_NOTHING,
		.has_results = score.has_results,
		.results = score.results,
		.rating = score.results_rating,
		.missing = (int32_t)score.n_missing,
		.unit = unit,
		.service_days = days_text(in->period, in->service),
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
	struct score_service service = score_service(period, p->assignments,
		(size_t)p->n_assignments, p->absences, (size_t)p->n_absences);
	if (service.total == 0)
		return true;
	const struct score_assignment *last = &p->assignments[service.assignment];
	int total, complete, total_end = totals_of(d, id, &total),
			     complete_end = complete_of(d, last->unit, &complete);
	char text[DIGEST_UUID_TEXT];
	struct score_input in = {
		.person = digest_uuid_format(id, text),
		.period = period,
		.service = &service,
		.ruleset = &rules->rules,
		.totals = d->totals + total,
		.n_totals = (size_t)(total_end - total),
		.complete = d->complete + complete,
		.n_complete = (size_t)(complete_end - complete),
	};
	plan_of(r, p, period, last->position, &in);
	return finish(&in, r->units[last->unit], content, revision, out, e);
}

bool compute_stands(const struct computed_score *c, const uint8_t *content, bool ever)
{
	if (c->state == COMPUTED_NONE || (c->state == COMPUTED_NOTHING && !ever))
		return content == NULL;
	if (c->state == COMPUTED_NOTHING && !content)
		return true; /* it vanished, and nothing has been measured since */
	return content && memcmp(content, c->content, 16) == 0;
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
