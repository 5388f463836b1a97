#include "facts.h"

#include <stdlib.h>
#include <string.h>

/* Figures stay so far below what a dec_wide holds that they can be multiplied by the days of a
 * year. */
enum { DIGITS = 33 };

/* "-12.30", or whole as hints of counts are: "6". */
static bool read_figure(const json_t *v, dec_wide *out)
{
	const char *text = json_string_value(v);
	if (!text)
		return false;
	const char *p = text + (*text == '-');
	size_t whole = strspn(p, "0123456789"), decimals = 0;
	if (p[whole] == '.' && strspn(p + whole + 1, "0123456789") == 2)
		decimals = 2;
	if (whole == 0 || whole > DIGITS || p[whole + decimals + (decimals > 0)] != '\0')
		return false;
	dec_wide n = 0;
	for (; *p; p++)
		n = *p == '.' ? n : n * 10 + (*p - '0');
	n *= decimals ? 1 : DEC_SHOWN;
	*out = *text == '-' ? -n : n;
	return true;
}

bool facts_rating(const json_t *name, enum rating *out)
{
	const char *text = json_string_value(name);
	for (int r = 0; text && r < RATINGS; r++)
		if (strcmp(score_rating_name((enum rating)r), text) == 0) {
			*out = (enum rating)r;
			return true;
		}
	return false;
}

static bool read_target(const json_t *v, struct score_target *out)
{
	out->range = json_is_array(v);
	return read_figure(out->range ? json_array_get(v, 0) : v, &out->low) &&
	       read_figure(out->range ? json_array_get(v, 1) : v, &out->high);
}

static bool read_item(const json_t *v, struct facts_item *out)
{
	out->indicator = json_string_value(json_object_get(v, "indicator"));
	out->events = json_integer_value(json_object_get(v, "events"));
	out->brief = json_is_true(json_object_get(v, "brief"));
	return out->indicator && read_target(json_object_get(v, "target"), &out->target) &&
	       read_figure(json_object_get(v, "realized"), &out->realized) &&
	       read_figure(json_object_get(v, "achievement"), &out->achievement) &&
	       facts_rating(json_object_get(v, "rating"), &out->rating);
}

static bool read_items(const json_t *list, struct facts *f)
{
	f->n_items = json_array_size(list);
	f->items = calloc(f->n_items + 1, sizeof *f->items);
	bool ok = f->items && json_is_array(list);
	for (size_t i = 0; ok && i < f->n_items; i++)
		ok = read_item(json_array_get(list, i), &f->items[i]);
	return ok;
}

static void read_hint(const json_t *v, struct facts *f)
{
	const char *code = json_string_value(json_object_get(v, "indicator"));
	for (size_t i = 0; code && i < f->n_items; i++) {
		struct facts_item *x = &f->items[i];
		if (strcmp(x->indicator, code) == 0)
			x->has_hint = read_figure(json_object_get(v, "need"), &x->need) &&
				      facts_rating(json_object_get(v, "to"), &x->to);
	}
}

static bool read_results(const json_t *v, struct facts *f)
{
	f->rated = !json_is_null(v);
	return !f->rated || (read_figure(json_object_get(v, "score"), &f->results) &&
				    facts_rating(json_object_get(v, "rating"), &f->rating));
}

static bool all_text(const json_t *list)
{
	size_t i;
	const json_t *v;
	json_array_foreach (list, i, v)
		if (!json_is_string(v))
			return false;
	return json_is_array(list);
}

bool facts_read(const char *text, size_t len, struct facts *out)
{
	struct facts f = {.root = json_loadb(text, len, 0, NULL)};
	f.revision = json_integer_value(json_object_get(f.root, "revision"));
	f.missing = json_object_get(f.root, "missing");
	bool ok = f.revision > 0 && all_text(f.missing) &&
		  read_items(json_object_get(f.root, "items"), &f) &&
		  read_results(json_object_get(f.root, "results"), &f);
	size_t i;
	const json_t *hint;
	json_array_foreach (json_object_get(f.root, "hints"), i, hint)
		if (ok)
			read_hint(hint, &f);
	if (ok)
		*out = f;
	else
		facts_done(&f);
	return ok;
}

void facts_done(struct facts *f)
{
	json_decref(f->root);
	free(f->items);
	*f = (struct facts){0};
}
