/* sheet: all that a score's page shows, as values for its template: figures in the reader's
 * language, names, and what is to be said. It is read once; what makes values of it asks nobody. */
#pragma once

#include <jansson.h>

#include "base/language.h"
#include "store.h"

struct visit;

struct sheet {
	struct visit *v;
	enum language language;
	const uint8_t *person;
	char period_name[PERIOD_TEXT];
	struct period period;
	json_t *score, *rules; /* owned; rules: the rule set's body */
	json_t *months; /* owned; of the period, or of its year: each's "number" and "score" */
	struct db_result *who, *indicators, *periods, *units, *sources, *looks; /* owned; looks:
						NULL: not for who asks */
	struct service_days days;
	bool open; /* the period still runs */
	int32_t today;
};

/* *found: there is a score. End it in any case. */
bool sheet_load(struct sheet *s, struct visit *v, const uint8_t person[16], struct period p,
	bool *found, struct err *e) MUST_CHECK;
void sheet_done(struct sheet *s);

/* A text of the score's JSON; "" when it is absent. */
const char *sheet_text(const json_t *object, const char *key);
/* A shown figure such as "95.00", in hundredths. */
dec_wide sheet_hundredths(const char *shown);
/* The same as people write it; `whole`: without what is behind the comma where that is nothing. */
json_t *sheet_figure(const struct sheet *s, const char *shown, bool whole);
json_t *sheet_rating(const struct sheet *s, const char *code); /* {"words", "mark"}, or null */

/* A bound of an item's target: "0.00" for none; both are the target where that is no range. */
const char *sheet_bound(const json_t *item, bool high);
/* The score's item of an indicator; NULL when it has none. */
const json_t *sheet_item_of(const json_t *score, const char *indicator);
/* What figures.html and a name say: realised, of how much, in which unit. */
json_t *sheet_figures(const struct sheet *s, const json_t *item);
/* Month by month, as columns.html shows it; empty where there is one alone. *differ: not all ask
 * the same. */
json_t *sheet_months(const struct sheet *s, const json_t *item, bool *differ);
/* An indicator's row and what it unfolds to. */
json_t *sheet_item(const struct sheet *s, const json_t *item);
/* Of an open period: how an indicator that adds up does. False: this one has no pace. */
struct sheet_pace {
	dec_wide expected; /* hundredths, as it is shown */
	bool less, behind;
};
bool sheet_pace(const struct sheet *s, const json_t *item, struct sheet_pace *out);
dec_wide sheet_weights(const struct sheet *s); /* of what was measured, hundredths */

/* The verdict, or how the paces are while the period runs; the grade; the steps. */
json_t *sheet_summary(const struct sheet *s);
/* At most three steps that change a rating, the heaviest first. */
json_t *sheet_steps(const struct sheet *s);
/* The year's months, quarters and the year itself, each with its rating, and their line. */
json_t *sheet_year(const struct sheet *s);
