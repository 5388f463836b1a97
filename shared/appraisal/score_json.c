/* The words and the JSON of a score, and the hash of what it says. */
#include <string.h>

#include "appraisal/score.h"
#include "base/array.h"

static const char *const measure_names[MEASURES] = {
	[MEASURE_COUNT] = "count",
	[MEASURE_SUM] = "sum",
	[MEASURE_MEAN] = "mean",
	[MEASURE_RATIO] = "ratio",
	[MEASURE_LATEST] = "latest",
	[MEASURE_SURVEY] = "survey",
};

static const char *const direction_names[DIRECTIONS] = {
	[DIRECTION_MORE] = "more",
	[DIRECTION_LESS] = "less",
};

static const char *const kind_names[RESULT_KINDS] = {
	[RESULT_MAIN] = "MAIN",
	[RESULT_ADDITIONAL] = "ADDITIONAL",
};

static const char *const status_names[PLAN_STATUSES] = {
	[PLAN_DRAFT] = "DRAFT",
	[PLAN_SUBMITTED] = "SUBMITTED",
	[PLAN_AGREED] = "AGREED",
	[PLAN_WITHDRAWN] = "WITHDRAWN",
};

static const char *const rating_names[RATINGS] = {
	[RATING_BELOW] = "BELOW",
	[RATING_MEETS] = "MEETS",
	[RATING_ABOVE] = "ABOVE",
};

/* The index of a name, or n. */
static unsigned index_of(const char *const *names, unsigned n, const char *text)
{
	unsigned i = 0;

	while (i < n && strcmp(names[i], text) != 0)
		i++;
	return i;
}

bool score_measure_parse(const char *text, enum measure *out)
{
	unsigned i = index_of(measure_names, MEASURES, text);

	if (i < MEASURES)
		*out = i;
	return i < MEASURES;
}

bool score_direction_parse(const char *text, enum direction *out)
{
	unsigned i = index_of(direction_names, DIRECTIONS, text);

	if (i < DIRECTIONS)
		*out = i;
	return i < DIRECTIONS;
}

bool score_kind_parse(const char *text, enum result_kind *out)
{
	unsigned i = index_of(kind_names, RESULT_KINDS, text);

	if (i < RESULT_KINDS)
		*out = i;
	return i < RESULT_KINDS;
}

bool score_status_parse(const char *text, enum plan_status *out)
{
	unsigned i = index_of(status_names, PLAN_STATUSES, text);

	if (i < PLAN_STATUSES)
		*out = i;
	return i < PLAN_STATUSES;
}

const char *score_kind_name(enum result_kind kind)
{
	return kind_names[kind];
}

const char *score_rating_name(enum rating rating)
{
	return rating_names[rating];
}

struct field {
	const char *name; /* NULL after the last */
	json_t *value;
};

/* An object of these fields in this order. Takes the values; NULL when one of them is. */
static json_t *object(const struct field *fields)
{
	json_t *o = json_object();
	bool ok = o != NULL;

	for (; fields->name != NULL; fields++)
		ok = json_object_set_new(o, fields->name, fields->value) == 0 && ok;
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *list(const struct score *s, size_t n, json_t *(*each)(const struct score *, size_t))
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		if (json_array_append_new(array, each(s, i)) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *decimal(dec_wide hundredths)
{
	char text[DEC_TEXT];

	return json_string(dec_format_shown(hundredths, text));
}

static json_t *target_json(const struct score_target *target)
{
	if (!target->range)
		return decimal(target->low);
	return json_pack("[o, o]", decimal(target->low), decimal(target->high));
}

static json_t *texts_json(const char *const *texts, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		if (json_array_append_new(array, json_string(texts[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* What most items have nothing to say of. */
static json_t *with_remarks(json_t *o, const struct score_item *item)
{
	bool ok = o != NULL;

	if (ok && item->brief)
		ok = json_object_set_new(o, "brief", json_true()) == 0;
	if (ok && item->n_left > 0)
		ok = json_object_set_new(o, "left", texts_json(item->left, item->n_left)) == 0;
	if (ok)
		return o;
	json_decref(o);
	return NULL;
}

static json_t *item_json(const struct score *s, size_t i)
{
	const struct score_item *item = &s->items[i];
	json_t *o = object((struct field[]){
		{"indicator", json_string(item->plan->code)},
		{"aspect", json_string(item->plan->aspect)},
		{"kind", json_string(kind_names[item->kind])},
		{"target", target_json(&item->target)},
		{"realized", decimal(item->realized)},
		{"achievement", decimal(item->achievement)},
		{"capped", decimal(item->capped)},
		{"rating", json_string(rating_names[item->rating])},
		{"weight", decimal(item->weight)},
		{"contribution", decimal(item->contribution)},
		{"events", json_integer(item->events)},
		{NULL, NULL},
	});

	return with_remarks(o, item);
}

static json_t *need_json(const struct score_hint *hint)
{
	char text[DEC_TEXT];

	if (hint->plan->measure != MEASURE_COUNT)
		return decimal(hint->need);
	return json_string(
		dec_format_value(hint->need * (DEC_VALUE / DEC_SHOWN), text)); /* it is whole */
}

static json_t *hint_json(const struct score *s, size_t i)
{
	const struct score_hint *hint = &s->hints[i];

	return object((struct field[]){
		{"indicator", json_string(hint->plan->code)},
		{"need", need_json(hint)},
		{"to", json_string(rating_names[hint->to])},
		{NULL, NULL},
	});
}

static json_t *results_json(const struct score *s)
{
	if (!s->has_results)
		return json_null();
	return object((struct field[]){
		{"score", decimal(s->results)},
		{"rating", json_string(rating_names[s->results_rating])},
		{"above", json_integer(s->rated[RATING_ABOVE])},
		{"meets", json_integer(s->rated[RATING_MEETS])},
		{"below", json_integer(s->rated[RATING_BELOW])},
		{NULL, NULL},
	});
}

json_t *score_to_json(const struct score *s, int64_t revision)
{
	char period[PERIOD_TEXT];

	return object((struct field[]){
		{"person", json_string(s->person)},
		{"period", json_string(period_format(s->period, period))},
		{"ruleset", json_string(s->ruleset)},
		{"plan", s->plan > 0 ? json_integer(s->plan) : json_null()},
		{"revision", json_integer(revision)},
		{"items", list(s, s->n_items, item_json)},
		{"missing", texts_json(s->missing, s->n_missing)},
		{"results", results_json(s)},
		{"behaviour", json_null()}, /* nobody observes yet, */
		{"proposed", json_null()}, /* so there is nothing to propose */
		{"grade", json_null()},
		{"hints", list(s, s->n_hints, hint_json)},
		{NULL, NULL},
	});
}

/* Everything of score_to_json but the revision as bytes: texts with their NUL, numbers in full
 * width. */

static void put_texts(struct buf *b, const char *const *texts, size_t n)
{
	buf_add64(b, n);
	for (size_t i = 0; i < n; i++)
		buf_add(b, texts[i], strlen(texts[i]) + 1);
}

static void put_numbers(struct buf *b, const dec_wide *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_add64(b, (uint64_t)((unsigned __int128)numbers[i] >> 64));
		buf_add64(b, (uint64_t)numbers[i]);
	}
}

static void put_item(struct buf *b, const struct score_item *i)
{
	const char *texts[] = {i->plan->code, i->plan->aspect};
	const dec_wide numbers[] = {i->kind, i->target.low, i->target.high, i->target.range,
		i->realized, i->achievement, i->capped, i->rating, i->weight, i->contribution,
		i->events, i->brief};

	put_texts(b, texts, COUNT(texts));
	put_numbers(b, numbers, COUNT(numbers));
	put_texts(b, i->left, i->n_left);
}

static void put_hint(struct buf *b, const struct score_hint *h)
{
	const dec_wide numbers[] = {h->need, h->to, h->plan->measure == MEASURE_COUNT};

	put_texts(b, &h->plan->code, 1);
	put_numbers(b, numbers, COUNT(numbers));
}

bool score_content(const struct score *s, uint8_t out[DIGEST_KEY])
{
	char period[PERIOD_TEXT];
	const char *texts[] = {s->person, period_format(s->period, period), s->ruleset};
	const dec_wide results[] = {s->results, s->results_rating, s->rated[RATING_ABOVE],
		s->rated[RATING_MEETS], s->rated[RATING_BELOW]};
	const dec_wide numbers[] = {
		s->plan, (dec_wide)s->n_items, (dec_wide)s->n_hints, s->has_results};
	BUF_AUTO b;

	buf_init(&b, SIZE_MAX / 2);
	put_texts(&b, texts, COUNT(texts));
	put_numbers(&b, numbers, COUNT(numbers));
	put_numbers(&b, results, s->has_results ? COUNT(results) : 0);
	put_texts(&b, s->missing, s->n_missing);
	for (size_t i = 0; i < s->n_items; i++)
		put_item(&b, &s->items[i]);
	for (size_t i = 0; i < s->n_hints; i++)
		put_hint(&b, &s->hints[i]);
	if (b.failed)
		return false;
	digest_key(b.data, b.len, out);
	return true;
}
