/* sheet_months: an indicator month by month: of the period, or of the year where that is a month.
 */
#include <string.h>

#include "picture.h"
#include "sheet.h"

struct month {
	int number; /* 0: January */
	const json_t *item;
};

static int months_of(const struct sheet *s, const char *indicator, struct month out[12])
{
	int n = 0;
	size_t i;
	const json_t *month;
	json_array_foreach (s->months, i, month) {
		const json_t *item = sheet_item_of(json_object_get(month, "score"), indicator);
		if (item && n < 12)
			out[n++] = (struct month){
				(int)json_integer_value(json_object_get(month, "number")), item};
	}
	return n;
}

static dec_wide most_of(const struct month *months, int n)
{
	dec_wide most = 0;
	for (int i = 0; i < n; i++) {
		dec_wide done = sheet_hundredths(sheet_text(months[i].item, "realized")),
			 asked = sheet_hundredths(sheet_bound(months[i].item, true));
		most = done > most ? done : most;
		most = asked > most ? asked : most;
	}
	return most;
}

static json_t *asked_of(const struct sheet *s, const json_t *item)
{
	json_t *high = sheet_figure(s, sheet_bound(item, true), true);
	if (!json_is_array(json_object_get(item, "target")))
		return high;
	json_auto_t *low = sheet_figure(s, sheet_bound(item, false), true), *last = high;
	return json_sprintf("%s–%s", json_string_value(low), json_string_value(last));
}

static json_t *month_of(const struct sheet *s, const struct month *m, int n, dec_wide most)
{
	json_t *out = picture_column(n, sheet_hundredths(sheet_text(m->item, "realized")),
		sheet_hundredths(sheet_bound(m->item, true)), most);
	json_auto_t *said =
		json_pack("{s:s, s:o, s:o}", "label", language_month(s->language, m->number),
			"done", sheet_figure(s, sheet_text(m->item, "realized"), true), "asked",
			asked_of(s, m->item));
	json_object_update(out, said);
	return out;
}

json_t *sheet_months(const struct sheet *s, const json_t *item, bool *differ)
{
	struct month months[12];
	int n = months_of(s, sheet_text(item, "indicator"), months);
	dec_wide most = most_of(months, n);
	json_t *out = json_array();
	*differ = false;
	for (int i = 0; n > 1 && i < n; i++) {
		json_array_append_new(out, month_of(s, &months[i], i, most));
		*differ = *differ || !json_equal(json_object_get(months[i].item, "target"),
					     json_object_get(months[0].item, "target"));
	}
	return out;
}
