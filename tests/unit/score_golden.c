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
#include "base/clock.h"

enum { MAX = 200 }; /* of anything in a case */

struct golden {
	json_t *root;
	const char *person;
	struct period period;
	int plan;
	struct score_ruleset ruleset;
	struct score_assignment assignments[MAX];
	struct score_absence absences[MAX];
	struct score_plan_item items[MAX];
	struct score_total totals[MAX];
	struct score_complete complete[MAX];
	size_t n_assignments, n_absences, n_items, n_totals, n_complete;
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

/* Indicators are numbered by their place in the plan; those outside it follow. */
static int32_t indicator(const struct golden *g, const char *code)
{
	size_t i = 0;

	while (i < g->n_items && strcmp(g->items[i].code, code) != 0)
		i++;
	return (int32_t)i + 1;
}

static void read_assignment(struct golden *g, json_t *v)
{
	struct score_assignment *a = &g->assignments[g->n_assignments++];
	json_t *from, *until = NULL;

	unpack(v, "{s:o, s?o}", "from", &from, "until", &until);
	a->from = day(from, 0);
	a->until = day(until, INT32_MAX);
}

static void read_absence(struct golden *g, json_t *v)
{
	struct score_absence *a = &g->absences[g->n_absences++];
	json_t *from, *until;

	unpack(v, "{s:o, s:o}", "from", &from, "until", &until);
	a->from = day(from, 0);
	a->until = day(until, 0);
}

static void read_item(struct golden *g, json_t *v)
{
	struct score_plan_item *item = &g->items[g->n_items];
	const char *measure, *direction, *kind;
	json_t *target, *weight;

	unpack(v, "{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "indicator", &item->code, "aspect",
		&item->aspect, "measure", &measure, "direction", &direction, "kind", &kind,
		"target", &target, "weight", &weight);
	if (!score_measure_parse(measure, &item->measure) ||
		!score_direction_parse(direction, &item->direction) ||
		!score_kind_parse(kind, &item->kind))
		die("unknown word", v);
	item->target.range = json_is_array(target);
	item->target.low = decimal(item->target.range ? json_array_get(target, 0) : target);
	item->target.high = decimal(item->target.range ? json_array_get(target, 1) : target);
	item->weight = hundredths(weight);
	item->indicator = (int32_t)++g->n_items;
}

static void read_total(struct golden *g, json_t *v)
{
	struct score_total *t = &g->totals[g->n_totals++];
	const char *in, *code, *at = "1970-01-01T00:00:00Z";
	json_t *sum = NULL, *sum_of = NULL, *latest = NULL;
	json_int_t n;

	t->latest_id = "";
	unpack(v, "{s:s, s:s, s:I, s?o, s?o, s?o, s?s, s?s}", "month", &in, "indicator", &code, "n",
		&n, "sum", &sum, "of", &sum_of, "latest", &latest, "latest_at", &at, "latest_id",
		&t->latest_id);
	if (!clock_parse(at, strlen(at), &t->latest_at))
		die("no instant", v);
	t->month = month(in);
	t->indicator = indicator(g, code);
	t->n = n;
	t->sum = decimal(sum);
	t->sum_of = decimal(sum_of);
	t->latest = decimal(latest);
}

static void read_complete(struct golden *g, json_t *v)
{
	struct score_complete *c = &g->complete[g->n_complete++];
	const char *in, *code;

	unpack(v, "{s:s, s:s}", "month", &in, "indicator", &code);
	c->month = month(in);
	c->indicator = indicator(g, code);
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
	json_t *cap, *below_under, *above_from, *most;

	unpack(v, "{s:s, s:o, s:o, s:o, s:o}", "version", &g->ruleset.version, "cap", &cap,
		"below_under", &below_under, "above_from", &above_from, "most", &most);
	g->ruleset.cap = hundredths(cap);
	g->ruleset.below_under = hundredths(below_under);
	g->ruleset.above_from = hundredths(above_from);
	g->ruleset.most = (int32_t)decimal(most);
}

static void golden_init(struct golden *g, const char *path)
{
	json_t *assignments, *absences = NULL, *ruleset, *items, *totals, *complete = NULL;
	const char *about, *period;
	json_error_t error;

	memset(g, 0, sizeof *g);
	g->root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (g->root == NULL)
		die(error.text, NULL);
	unpack(g->root, "{s:s, s:s, s:s, s:o, s?o, s:o, s:i, s:o, s:o, s?o}", "about", &about,
		"person", &g->person, "period", &period, "assignments", &assignments, "absences",
		&absences, "ruleset", &ruleset, "plan", &g->plan, "items", &items, "totals",
		&totals, "complete", &complete);
	if (!period_parse(period, &g->period))
		die(period, NULL);
	read_ruleset(g, ruleset);
	each(g, assignments, read_assignment);
	each(g, absences, read_absence);
	each(g, items, read_item);
	each(g, totals, read_total);
	each(g, complete, read_complete);
}

/* The score as text; "null" when there is no service day. */
static char *golden_score(const struct golden *g)
{
	struct score_service service = score_service(
		g->period, g->assignments, g->n_assignments, g->absences, g->n_absences);
	struct score_input in = {
		.person = g->person, .period = g->period, .service = &service, .plan = g->plan};
	struct score score = {0};
	struct err e = {0};
	json_t *json = json_null();
	char *text;

	in.items = g->items, in.n_items = g->n_items;
	in.ruleset = &g->ruleset;
	in.totals = g->totals, in.n_totals = g->n_totals;
	in.complete = g->complete, in.n_complete = g->n_complete;
	if (service.total > 0) {
		if (!score_compute(&in, &score, &e))
			die(e.text, NULL);
		json = score_to_json(&score, 1);
	}
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
	char path[PATH_MAX];
	struct golden g;
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
