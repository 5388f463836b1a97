/* page_score: a score, what explains it, and how far each indicator is, for a person with a
 * telephone. */
#include <stdio.h>
#include <string.h>

#include "page.h"
#include "sheet.h"

static json_t *items_of(const struct sheet *s)
{
	json_t *items = json_array();
	size_t i;
	const json_t *item;
	json_array_foreach (json_object_get(s->score, "items"), i, item)
		json_array_append_new(items, sheet_item(s, item));
	return items;
}

static json_t *missing_of(const struct sheet *s)
{
	json_t *names = json_array();
	size_t i;
	const json_t *code;
	json_array_foreach (json_object_get(s->score, "missing"), i, code) {
		const struct indicator_row x =
			store_indicator_find(s->indicators, json_string_value(code));
		json_array_append_new(names, json_pack("{s:s}", "name", x.name[s->language]));
	}
	return names;
}

/* The whole sum, with its numbers put in. */
static json_t *total_of(const struct sheet *s)
{
	const json_t *results = json_object_get(s->score, "results"), *item;
	char weights[DEC_TEXT], parts[DEC_TEXT];
	dec_wide sum = 0;
	size_t i;
	json_t *terms = json_array();
	json_array_foreach (json_object_get(s->score, "items"), i, item) {
		sum += sheet_hundredths(sheet_text(item, "contribution"));
		json_array_append_new(
			terms, json_pack("{s:b, s:o, s:o}", "plus", i > 0, "weight",
				       sheet_figure(s, sheet_text(item, "weight"), false), "capped",
				       sheet_figure(s, sheet_text(item, "capped"), false)));
	}
	if (!json_is_object(results)) {
		json_decref(terms);
		return json_null();
	}
	return json_pack("{s:o, s:s, s:o, s:s}", "terms", terms, "weights",
		language_figure(s->language, sheet_weights(s), false, weights), "score",
		sheet_figure(s, sheet_text(results, "score"), false), "parts",
		language_figure(s->language, sum, false, parts));
}

/* A number of the rule set, as people write it. */
static json_t *rule(const struct sheet *s, const char *key, int scale)
{
	char text[DEC_TEXT];
	dec_wide value = 0;
	const json_t *number = json_object_get(s->rules, key);
	bool known = json_is_integer(number) ? dec_from_int(json_integer_value(number), &value)
					     : dec_from_real(json_real_value(number), &value);
	return known ? json_string(language_value(s->language, value * scale, text)) : json_null();
}

static json_t *rules_of(const struct sheet *s)
{
	const json_t *plan = json_object_get(s->score, "plan"); /* null where none was agreed */
	if (!json_is_object(s->rules))
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "version",
		sheet_text(s->score, "ruleset"), "cap", rule(s, "cap", 1), "below_under",
		rule(s, "below_under", 1), "above_from", rule(s, "above_from", 1), "most",
		rule(s, "most", 100), "brief_part", rule(s, "brief", 100), "plan",
		json_is_integer(plan) ? json_incref((json_t *)(uintptr_t)plan) : json_null(),
		"revision", json_integer_value(json_object_get(s->score, "revision")));
}

static json_t *looks_of(const struct sheet *s)
{
	json_t *looks = json_array();
	for (int i = 0; i < db_rows(s->looks); i++) {
		char at[LANGUAGE_TEXT];
		const struct looks_row x = store_looks_row(s->looks, i);
		json_array_append_new(
			looks, json_pack("{s:s, s:s, s:s, s:s}", "at",
				       language_time(s->language, x.at, at), "role",
				       page_word(s->v, "role", x.role), "name", x.name, "what",
				       page_word(s->v, "look", x.what)));
	}
	return looks;
}

static json_t *person_of(const struct sheet *s)
{
	if (db_rows(s->who) == 0)
		return json_null();
	const struct person_row x = store_person_row(s->who);
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", x.name, "unit_name", x.unit,
		"agency_name", x.agency, "position", x.position, "appraiser", x.superior);
}

static json_t *values(const struct sheet *s)
{
	char evidence[PAGE_PATH];
	BUF_AUTO href;
	buf_init(&href, 2048);
	buf_adds(&href, page_of_person(s->person, "evidence", evidence));
	page_add_query(&href, "period", s->period_name);
	json_t *out = sheet_summary(s), *missing = missing_of(s);
	json_auto_t *more = json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:b, s:o, s:s}",
		"person", person_of(s), "year", sheet_year(s), "items", items_of(s), "has_missing",
		json_array_size(missing) > 0, "missing", missing, "total", total_of(s), "rules",
		rules_of(s), "may_see_looks", s->looks != NULL, "looks", looks_of(s),
		"all_evidence_href", href.data);
	json_object_update(out, more);
	return out;
}

bool page_score(struct visit *v, struct err *e)
{
	struct sheet s;
	bool found;
	bool ok = sheet_load(&s, v, v->person, v->period, &found, e) &&
		  (found || page_problem(v, 404, "score")) && visit_log_access(v, "score", e) &&
		  page_send(v, 200, "score.html", values(&s));
	sheet_done(&s);
	return ok;
}
