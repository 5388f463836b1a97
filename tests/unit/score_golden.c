/* score_golden DIR [--bless]: computes the score of every DIR/<case>/input.json and compares it
 * with want.json beside it, byte for byte, so that the order of fields counts too. --bless writes
 * want.json anew. If a case fails, a rule of the arithmetic has changed for everybody. */
#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "appraisal/score.h"
#include "base/array.h"
#include "base/clock.h"

enum { MAX = 200, EVENTS = 20000 }; /* of anything, of events in a case */

/* Indicators, units and positions are numbered by where they stand; those of `totals` and
 * `complete` that are nowhere else follow. */
struct golden {
	json_t *root;
	const char *person;
	struct period period;
	struct score_ruleset ruleset;
	struct score_plan_item indicators[MAX];
	struct score_plan_item items[MAX]; /* of all versions, one after the other */
	struct score_position positions[MAX];
	struct score_position_version versions[MAX]; /* of all positions, likewise */
	struct score_plan plans[MAX];
	const char *units[MAX];
	struct score_assignment assignments[MAX];
	struct score_absence absences[MAX];
	struct score_total totals[MAX];
	struct score_complete complete[MAX];
	struct score_evidence evidence[EVENTS];
	struct score_answers of_units[MAX], of_person[MAX];
	size_t n_indicators, n_items, n_positions, n_versions, n_plans, n_units, n_assignments,
		n_absences, n_totals, n_complete, n_evidence, n_of_units, n_of_person;
};

static _Noreturn void die(const char *what, const json_t *where)
{
	char *text = where ? json_dumps(where, JSON_ENCODE_ANY) : NULL;

	fprintf(stderr, "score_golden: %s: %s\n", what, text ? text : "absent");
	exit(2);
}

static void unpack(json_t *from, const char *format, ...)
{
	json_error_t error;
	va_list args;

	va_start(args, format);
	if (json_vunpack_ex(from, &error, JSON_STRICT, format, args) != 0)
		die(error.text, from);
	va_end(args);
}

/* Figures are JSON numbers, or texts where a sum has more digits than a number may. */
static dec_wide decimal(const json_t *v)
{
	dec_wide out = 0;
	bool ok = json_is_integer(v)  ? dec_from_int(json_integer_value(v), &out)
		  : json_is_real(v)   ? dec_from_real(json_real_value(v), &out)
		  : json_is_string(v) ? dec_parse(json_string_value(v), &out)
				      : v == NULL;

	if (!ok)
		die("no decimal", v);
	return out;
}

static dec_wide hundredths(const json_t *v)
{
	return decimal(v) / (DEC_VALUE / DEC_SHOWN);
}

static int32_t day(const json_t *v, int32_t otherwise)
{
	int32_t out = otherwise;

	if (json_is_string(v) && !clock_date_parse(json_string_value(v), &out))
		die("no date", v);
	return out;
}

static int32_t month(const char *text)
{
	int32_t out = 0;

	if (!clock_month_parse(text, &out))
		die(text, NULL);
	return out;
}

static int32_t indicator(const struct golden *g, const char *code)
{
	size_t i = 0;

	while (i < g->n_indicators && strcmp(g->indicators[i].code, code) != 0)
		i++;
	return (int32_t)i + 1;
}

static int32_t unit(struct golden *g, const char *code)
{
	size_t i = 0;

	while (i < g->n_units && strcmp(g->units[i], code) != 0)
		i++;
	if (i == g->n_units)
		g->units[g->n_units++] = code;
	return (int32_t)i;
}

static int32_t position(const struct golden *g, const char *code)
{
	size_t i = 0;

	while (i < g->n_positions && strcmp(g->positions[i].code, code) != 0)
		i++;
	return i < g->n_positions ? (int32_t)i : -1;
}

static void read_indicator(struct golden *g, json_t *v)
{
	struct score_plan_item *x = &g->indicators[g->n_indicators];
	const char *measure, *direction;
	const char *element = "overall", *scope = "unit";
	json_t *step = NULL, *result_max = NULL;

	unpack(v, "{s:s, s:s, s:s, s:s, s?s, s?s, s?o, s?o}", "indicator", &x->code, "aspect",
		&x->aspect, "measure", &measure, "direction", &direction, "element", &element,
		"scope", &scope, "step", &step, "result_max", &result_max);
	if (!score_measure_parse(measure, &x->measure) ||
		!score_direction_parse(direction, &x->direction) ||
		!survey_element_parse(element, &x->element))
		die("unknown word", v);
	x->of_person = strcmp(scope, "person") == 0;
	x->step = hundredths(step);
	x->has_result_max = result_max != NULL;
	x->result_max = hundredths(result_max);
	x->indicator = (int32_t)++g->n_indicators;
}

static void read_item(struct golden *g, json_t *v)
{
	struct score_plan_item *item = &g->items[g->n_items++];
	const char *code, *kind;
	json_t *target, *weight;

	unpack(v, "{s:s, s:o, s:o, s:s}", "indicator", &code, "target", &target, "weight", &weight,
		"kind", &kind);
	*item = g->indicators[indicator(g, code) - 1];
	if (!score_kind_parse(kind, &item->kind))
		die("unknown word", v);
	item->target.range = json_is_array(target);
	item->target.low = decimal(item->target.range ? json_array_get(target, 0) : target);
	item->target.high = decimal(item->target.range ? json_array_get(target, 1) : target);
	item->weight = hundredths(weight);
}

static void each(struct golden *g, json_t *list, void (*read)(struct golden *, json_t *));

static struct score_items read_items(struct golden *g, json_t *list)
{
	struct score_items items = {&g->items[g->n_items], json_array_size(list)};

	each(g, list, read_item);
	return items;
}

/* A version; the versions of a position follow each other. */
static void read_position(struct golden *g, json_t *v)
{
	struct score_position_version *x = &g->versions[g->n_versions++];
	char *code;
	json_t *from = NULL, *items;

	unpack(v, "{s:s, s?o, s:o}", "code", &code, "from", &from, "items", &items);
	x->from = day(from, INT32_MIN);
	x->items = read_items(g, items);
	if (position(g, code) < 0)
		g->positions[g->n_positions++] = (struct score_position){code, x, 0};
	g->positions[g->n_positions - 1].n++;
}

static void read_plan(struct golden *g, json_t *v)
{
	struct score_plan *x = &g->plans[g->n_plans++];
	const char *status;
	json_t *from, *items = NULL;

	unpack(v, "{s:i, s:o, s:s, s?o}", "version", &x->version, "from", &from, "status", &status,
		"items", &items);
	if (!score_status_parse(status, &x->status))
		die("unknown word", v);
	x->from = day(from, 0);
	x->year = period_year(g->period);
	x->has_items = items != NULL;
	x->items = read_items(g, items);
}

static void read_assignment(struct golden *g, json_t *v)
{
	struct score_assignment *a = &g->assignments[g->n_assignments++];
	const char *in, *as = "";
	json_t *from, *until = NULL;

	unpack(v, "{s:o, s?o, s:s, s?s}", "from", &from, "until", &until, "unit", &in, "position",
		&as);
	a->from = day(from, 0);
	a->until = day(until, INT32_MAX);
	a->unit = unit(g, in);
	a->position = position(g, as);
}

static void read_absence(struct golden *g, json_t *v)
{
	struct score_absence *a = &g->absences[g->n_absences++];
	json_t *from, *until;

	unpack(v, "{s:o, s:o}", "from", &from, "until", &until);
	a->from = day(from, 0);
	a->until = day(until, 0);
}

static void read_total(struct golden *g, json_t *v)
{
	struct score_total *t = &g->totals[g->n_totals++];
	const char *in, *code, *at = "1970-01-01T00:00:00Z";
	json_t *sum = NULL, *sum_of = NULL, *latest = NULL;
	json_int_t n;

	unpack(v, "{s:s, s:s, s:I, s?o, s?o, s?o, s?s}", "month", &in, "indicator", &code, "n", &n,
		"sum", &sum, "of", &sum_of, "latest", &latest, "latest_at", &at);
	if (!clock_parse(at, strlen(at), &t->latest_at))
		die("no instant", v);
	t->month = month(in);
	t->indicator = indicator(g, code);
	t->n = n;
	t->sum = decimal(sum);
	t->sum_of = decimal(sum_of);
	t->latest = decimal(latest);
}

static struct score_total *total_of(struct golden *g, int32_t in, int32_t of)
{
	size_t i = 0;

	while (i < g->n_totals && (g->totals[i].month != in || g->totals[i].indicator != of))
		i++;
	if (i == g->n_totals)
		g->totals[g->n_totals++] = (struct score_total){.month = in, .indicator = of};
	return &g->totals[i];
}

/* Events, and what intake would keep of them: whatever a month needs must be what counts. */
static void read_evidence(struct golden *g, json_t *v)
{
	struct score_evidence x = {.moment = {.source = "simpus", .id = ""}};
	const char *code, *at;
	json_t *value = NULL, *of = NULL;
	int n = 1;
	struct score_total *t;

	unpack(v, "{s:s, s:s, s?i, s?o, s?o, s?s, s?s}", "indicator", &code, "at", &at, "n", &n,
		"value", &value, "of", &of, "source", &x.moment.source, "id", &x.moment.id);
	if (!clock_parse(at, strlen(at), &x.moment.at) || g->n_evidence + (size_t)n > EVENTS)
		die("no events", v);
	x.day = clock_date(x.moment.at);
	x.indicator = indicator(g, code);
	x.value = decimal(value);
	x.of = decimal(of);
	t = total_of(g, clock_month(x.day), x.indicator);
	if (t->n == 0 || x.moment.at > t->latest_at) {
		t->latest_at = x.moment.at;
		t->latest = x.value;
	}
	t->n += n;
	t->sum += n * x.value;
	t->sum_of += n * x.of;
	while (n-- > 0)
		g->evidence[g->n_evidence++] = x;
}

static void read_complete(struct golden *g, json_t *v)
{
	struct score_complete *c = &g->complete[g->n_complete++];
	const char *of, *in, *code;

	unpack(v, "{s:s, s:s, s:s}", "unit", &of, "month", &in, "indicator", &code);
	c->unit = unit(g, of);
	c->month = month(in);
	c->indicator = indicator(g, code);
}

static struct score_answers *answers_of(
	struct score_answers *list, size_t *n, int32_t of, int32_t on)
{
	size_t i = 0;

	while (i < *n && (list[i].unit != of || list[i].day != on))
		i++;
	if (i == *n)
		list[(*n)++] = (struct score_answers){.unit = of, .day = on};
	return &list[i];
}

/* As many answers as `n` says, all alike; without a unit they are about the person. */
static void read_answers(struct golden *g, json_t *v)
{
	const char *of = NULL;
	json_t *on, *answer;
	int n = 1;
	struct score_answers *to;
	int64_t all = 0;

	unpack(v, "{s:o, s?s, s?i, s:o}", "day", &on, "unit", &of, "n", &n, "answer", &answer);
	to = of ? answers_of(g->of_units, &g->n_of_units, unit(g, of), day(on, 0))
		: answers_of(g->of_person, &g->n_of_person, SCORE_OF_PERSON, day(on, 0));
	for (size_t i = 0; i < SURVEY_ELEMENTS; i++) {
		int64_t one = json_integer_value(json_array_get(answer, i));

		to->sums.sums[i] += n * one;
		all += one;
	}
	to->sums.n += n;
	to->sums.squares += n * all * all;
}

static void each(struct golden *g, json_t *list, void (*read)(struct golden *, json_t *))
{
	if (json_array_size(list) > MAX)
		die("too many", list);
	for (size_t i = 0; i < json_array_size(list); i++)
		read(g, json_array_get(list, i));
}

static void read_ruleset(struct golden *g, json_t *v)
{
	json_t *cap, *below_under, *above_from, *most, *brief, *prior = NULL;
	int group = 5, weight = 10;

	unpack(v, "{s:s, s:o, s:o, s:o, s:o, s:o, s?i, s?o, s?i}", "version", &g->ruleset.version,
		"cap", &cap, "below_under", &below_under, "above_from", &above_from, "most", &most,
		"brief", &brief, "minimum_group", &group, "prior", &prior, "prior_weight", &weight);
	g->ruleset.minimum_group = group;
	g->ruleset.prior = (struct survey_prior){prior ? hundredths(prior) : 300, weight};
	g->ruleset.cap = hundredths(cap);
	g->ruleset.below_under = hundredths(below_under);
	g->ruleset.above_from = hundredths(above_from);
	g->ruleset.most = (int32_t)decimal(most);
	g->ruleset.brief = (int32_t)decimal(brief);
}

static void golden_init(struct golden *g, const char *path)
{
	static const struct {
		const char *name;
		void (*read)(struct golden *, json_t *);
	} parts[] = {{"indicators", read_indicator}, {"positions", read_position},
		{"plans", read_plan}, {"assignments", read_assignment}, {"absences", read_absence},
		{"totals", read_total}, {"evidence", read_evidence}, {"complete", read_complete},
		{"answers", read_answers}};
	json_t *ruleset, *lists[COUNT(parts)] = {NULL};
	const char *about, *period;
	json_error_t error;

	memset(g, 0, sizeof *g);
	g->root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (g->root == NULL)
		die(error.text, NULL);
	unpack(g->root, "{s:s, s:s, s:s, s:o, s:o, s?o, s:o, s:o, s?o, s?o, s?o, s?o, s?o}",
		"about", &about, "person", &g->person, "period", &period, "ruleset", &ruleset,
		parts[0].name, &lists[0], parts[1].name, &lists[1], parts[2].name, &lists[2],
		parts[3].name, &lists[3], parts[4].name, &lists[4], parts[5].name, &lists[5],
		parts[6].name, &lists[6], parts[7].name, &lists[7], parts[8].name, &lists[8]);
	if (!period_parse(period, &g->period))
		die(period, NULL);
	read_ruleset(g, ruleset);
	for (size_t i = 0; i < COUNT(parts); i++)
		each(g, lists[i], parts[i].read);
	qsort(g->complete, g->n_complete, sizeof *g->complete, score_complete_order);
	qsort(g->of_units, g->n_of_units, sizeof *g->of_units, score_answers_order);
	qsort(g->of_person, g->n_of_person, sizeof *g->of_person, score_answers_order);
}

/* The score as text; "null" when there is none. */
static char *golden_score(const struct golden *g)
{
	const struct score_facts facts = {g->assignments, g->n_assignments, g->absences,
		g->n_absences, g->plans, g->n_plans, g->positions};
	struct stretches stretches;
	const struct score_input in = {.person = g->person,
		.stretches = &stretches,
		.units = g->units,
		.ruleset = &g->ruleset,
		.totals = g->totals,
		.n_totals = g->n_totals,
		.evidence = g->evidence,
		.n_evidence = g->n_evidence,
		.complete = g->complete,
		.n_complete = g->n_complete,
		.of_units = g->of_units,
		.n_of_units = g->n_of_units,
		.of_person = g->of_person,
		.n_of_person = g->n_of_person};
	struct score score = {0};
	struct err e = {0};
	json_t *json;
	char *text;

	stretches_make(&facts, g->period, &stretches);
	if (!score_compute(&in, &score, &e))
		die(e.text, NULL);
	json = score.n_items > 0 ? score_to_json(&score, 1) : json_null();
	text = json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY);
	json_decref(json);
	score_done(&score);
	return text;
}

static bool same_as_file(const char *path, const char *text)
{
	static char want[1 << 16];
	FILE *f = fopen(path, "r");
	size_t len = 0;

	if (f == NULL)
		return false;
	len = fread(want, 1, sizeof want - 1, f);
	fclose(f);
	want[len] = '\0';
	return len > 0 && want[len - 1] == '\n' && strlen(text) == len - 1 &&
	       memcmp(text, want, len - 1) == 0;
}

static bool write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	bool ok = f != NULL && fprintf(f, "%s\n", text) > 0;

	return f != NULL && fclose(f) == 0 && ok;
}

static bool run_case(const char *dir, const char *name, bool bless)
{
	static struct golden g;
	char path[PATH_MAX];
	char *text;
	bool ok;

	snprintf(path, sizeof path, "%s/%s/input.json", dir, name);
	golden_init(&g, path);
	text = golden_score(&g);
	snprintf(path, sizeof path, "%s/%s/want.json", dir, name);
	ok = bless ? write_file(path, text) : same_as_file(path, text);
	if (!ok)
		fprintf(stderr, "score_golden: %s differs; it is now:\n%s\n", path, text);
	free(text);
	json_decref(g.root);
	return ok;
}

static int is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	bool bless = argc == 3 && strcmp(argv[2], "--bless") == 0;
	struct dirent **cases;
	int failed = 0;
	int n;

	if (argc != 2 && !bless) {
		fprintf(stderr, "usage: score_golden DIR [--bless]\n");
		return 2;
	}
	n = scandir(argv[1], &cases, is_case, alphasort);
	if (n <= 0)
		die(argv[1], NULL);
	for (int i = 0; i < n; i++) {
		failed += !run_case(argv[1], cases[i]->d_name, bless);
		free(cases[i]);
	}
	free(cases);
	printf("score_golden: %d passed, %d failed\n", n - failed, failed);
	return failed > 0;
}
