/* sheet_steps: what would change a rating, said so that it can be done. */
#include <string.h>

#include "page.h"
#include "sheet.h"

enum { STEPS = 3 };

static bool adds_up(const struct indicator_row *x)
{
	return strcmp(x->measure, "count") == 0 || strcmp(x->measure, "sum") == 0;
}

/* In an open period nothing that was done can be undone. */
static bool can_be_taken(const struct sheet *s, const json_t *hint)
{
	const struct indicator_row x =
		store_indicator_find(s->indicators, sheet_text(hint, "indicator"));
	return !s->open || !adds_up(&x) || *sheet_text(hint, "need") != '-';
}

static json_t *step_of(const struct sheet *s, const json_t *hint)
{
	const struct indicator_row x =
		store_indicator_find(s->indicators, sheet_text(hint, "indicator"));
	const char *need = sheet_text(hint, "need");
	bool down = *need == '-', amount = adds_up(&x);
	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:b, s:b, s:b, s:b}", "name",
		x.name[s->language], "unit", x.unit[s->language], "need",
		sheet_figure(s, need + down, true), "to",
		page_word(s->v, "rating", sheet_text(hint, "to")), "measure",
		page_word(s->v, "measure", x.measure), "add", amount && !down, "take",
		amount && down, "rise", !amount && !down, "fall", !amount && down);
}

static dec_wide weight_of(const struct sheet *s, const json_t *hint)
{
	return sheet_hundredths(
		sheet_text(sheet_item_of(s->score, sheet_text(hint, "indicator")), "weight"));
}

/* The heaviest that is not among those which are taken; at the same weight the first. */
static int heaviest(const struct sheet *s, const json_t *hints, const int *taken, int n)
{
	int best = -1;
	size_t i;
	const json_t *hint;
	json_array_foreach (hints, i, hint) {
		bool used = !can_be_taken(s, hint);
		for (int k = 0; k < n; k++)
			used = used || taken[k] == (int)i;
		if (!used && (best < 0 || weight_of(s, hint) > weight_of(s, json_array_get(hints,
										    (size_t)best))))
			best = (int)i;
	}
	return best;
}

json_t *sheet_steps(const struct sheet *s)
{
	const json_t *hints = json_object_get(s->score, "hints");
	json_t *steps = json_array();
	int taken[STEPS];
	if (*sheet_text(s->score, "grade"))
		return steps;
	for (int n = 0; n < STEPS; n++) {
		taken[n] = heaviest(s, hints, taken, n);
		if (taken[n] < 0)
			break;
		json_array_append_new(steps, step_of(s, json_array_get(hints, (size_t)taken[n])));
	}
	return steps;
}
