/* Successive assignments: each ends the one before it, and what is taken back was never there. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "registry_relate.h"

struct person *people_person(const struct people *p, const char *nip_now)
{
	const json_t *i = json_object_get(p->index, nip_now);
	return i ? &p->list[json_integer_value(i)] : NULL;
}

void people_done(struct people *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->list[i].spans);
	free(p->list);
	json_decref(p->index);
}

/* Somebody new: the list has room for as many as there are rows and stored people. */
static struct person *people_add(struct people *p, const char *nip)
{
	json_object_set_new(p->index, nip, json_integer((json_int_t)p->n));
	p->list[p->n] = (struct person){.nip = nip};
	return &p->list[p->n++];
}

static struct span *person_span(struct person *person, const char *from)
{
	for (size_t i = 0; i < person->n; i++)
		if (strcmp(person->spans[i].from, from) == 0)
			return &person->spans[i];
	struct span *spans = person->spans;
	if ((person->n & (person->n - 1)) == 0)
		spans = realloc(spans, (person->n ? 2 * person->n : 1) * sizeof *spans);
	if (!spans)
		return NULL;
	person->spans = spans;
	spans[person->n] = (struct span){.from = from};
	return &spans[person->n++];
}

static bool gather_stored(const struct check *c, struct people *p)
{
	const char *nip, *from;
	json_t *spans, *v;
	json_object_foreach (json_object_get(c->known, "people"), nip, spans) {
		struct person *person = people_add(p, number_now(c, nip));
		json_object_foreach (spans, from, v) {
			struct span *s = person_span(person, from);
			if (!s)
				return false;
			s->stored = v;
		}
	}
	return true;
}

static void take_back(struct check *c, struct person *person, size_t i, const json_t *row)
{
	char at[PLACE_TEXT];
	for (size_t k = 0; person && k < person->n; k++)
		if (strcmp(person->spans[k].from, row_text(row, "from")) == 0) {
			person->spans[k].removed = true;
			person->in_file = true;
			return;
		}
	if (check_has(c, "people", row_text(row, "nip")))
		findings_warn(c->found, place_row(c, "people", i, at),
			"no assignment from %s is in the registry, so none is taken back",
			row_text(row, "from"));
	else
		findings_warn(c->found, place_row(c, "people", i, at), NOBODY_TO_REMOVE);
}

static bool put(struct check *c, struct person *person, size_t i, const json_t *row)
{
	char at[PLACE_TEXT], other[PLACE_TEXT];
	struct span *s = person_span(person, row_text(row, "from"));
	if (!s)
		return false;
	if (s->row)
		findings_add(c->found, place_row(c, "people", i, at),
			"the same person and from as %s; take one of them out",
			place_row(c, "people", s->i, other));
	s->row = row;
	s->i = i;
	s->removed = false;
	const json_t *rows = json_object_get(c->root, "people");
	if (!person->in_file || !row_text(json_array_get(rows, person->last), "name") ||
		strcmp(row_text(json_array_get(rows, person->last), "from"), s->from) < 0)
		person->last = i;
	person->in_file = true;
	return true;
}

/* What is taken back first, whatever the order of the rows. */
static bool gather_rows(struct check *c, struct people *p)
{
	size_t i;
	const json_t *row, *rows = json_object_get(c->root, "people");
	json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
		if (row_removed(row))
			take_back(c, people_person(p, number_now(c, row_text(row, "nip"))), i, row);
	}
	json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
		const char *nip = number_now(c, row_text(row, "nip"));
		struct person *person = people_person(p, nip);
		if (!row_removed(row) && !row_corrects(row) &&
			!put(c, person ? person : people_add(p, nip), i, row))
			return false;
	}
	return true;
}

static int by_from(const void *a, const void *b)
{
	return strcmp(((const struct span *)a)->from, ((const struct span *)b)->from);
}

const char *span_text(const struct span *s, const char *field)
{
	return row_text(s->row ? s->row : s->stored, field);
}

static const char *span_stated(const struct span *s)
{
	return s->row ? row_text(s->row, "until") : row_text(s->stored, "stated");
}

static void day_before(const char *date, char out[16])
{
	char text[CLOCK_TEXT];
	int32_t day = 0;
	clock_date_parse(date, &day);
	snprintf(out, 16, "%.10s", clock_date_format(day - 1, text));
}

/* Sorts them, leaves out what was taken back, and ends each. */
static void arrange(struct person *p)
{
	size_t n = 0;
	if (p->n)
		qsort(p->spans, p->n, sizeof *p->spans, by_from);
	for (size_t i = 0; i < p->n; i++)
		if (!p->spans[i].removed)
			p->spans[n++] = p->spans[i];
	p->n = n;
	for (size_t i = 0; i < n; i++) {
		struct span *s = &p->spans[i];
		const char *until = span_stated(s);
		snprintf(s->end, sizeof s->end, "%.10s", until ? until : "");
		if (i + 1 < n && (!until || strcmp(until, s[1].from) >= 0))
			day_before(s[1].from, s->end);
	}
}

bool people_gather(struct check *c, struct people *p)
{
	size_t most = json_object_size(json_object_get(c->known, "people")) +
		      json_array_size(json_object_get(c->root, "people"));
	p->list = calloc(most + 1, sizeof *p->list);
	p->index = json_object();
	if (!p->list || !p->index || !gather_stored(c, p) || !gather_rows(c, p))
		return false;
	for (size_t i = 0; i < p->n; i++)
		arrange(&p->list[i]);
	return true;
}

/* Whoever joined earlier than the registry knows has the first assignment in the file, too: one
 * alone is a slip of the year. */
static void employment_check(struct check *c, const struct person *p)
{
	char row[PLACE_TEXT], at[PLACE_TEXT];
	const struct span *first = NULL;
	for (size_t i = 0; i < p->n && !first; i++)
		if (p->spans[i].stored)
			first = &p->spans[i];
	if (!first || first->row || first == p->spans)
		return;
	for (const struct span *s = p->spans; s < first; s++)
		findings_add(c->found,
			place_field(c, place_row(c, "people", s->i, row), "from", at),
			"is before the person's employment, which begins on %s in the registry; "
			"put the assignment from that day into the file, too, if it began earlier",
			first->from);
}

static void add_assignments(const struct check *c, const struct person *p, json_t *list)
{
	for (const struct span *s = p->spans; s < p->spans + p->n; s++) {
		const char *until = s->stored ? row_text(s->stored, "until") : NULL;
		const char *superior = span_text(s, "superior");
		if (!s->row && strcmp(until ? until : "", s->end) == 0)
			continue;
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s?, s:s?, s:s, s:s, s:s?}", "nip", p->nip, "from",
				s->from, "until", *s->end ? s->end : NULL, "stated", span_stated(s),
				"unit", span_text(s, "unit"), "position", span_text(s, "position"),
				"superior", superior ? number_now(c, superior) : NULL));
	}
}

/* Name, address and language are those of the latest assignment in the file; of the last two what
 * it leaves out stays. */
static void add_person(const struct check *c, const struct person *p, json_t *list)
{
	const json_t *row = json_array_get(json_object_get(c->root, "people"), p->last);
	json_t *email = json_object_get(row, "email"), *language = json_object_get(row, "language");
	if (p->n && row_text(row, "name") && !row_removed(row))
		json_array_append_new(
			list, json_pack("{s:s, s:O, s:O?, s:b, s:O?, s:b}", "nip", p->nip, "name",
				      json_object_get(row, "name"), "email", email, "keep_email",
				      email == NULL, "language", language, "keep_language",
				      language == NULL));
}

static void add_removals(const struct check *c, const struct people *p, json_t *list)
{
	size_t i;
	const json_t *row;
	json_array_foreach (json_object_get(c->root, "people"), i, row) {
		const struct person *person = people_person(p, number_now(c, row_text(row, "nip")));
		bool stays = !row_removed(row);
		for (size_t k = 0; !stays && person && k < person->n; k++)
			stays = strcmp(person->spans[k].from, row_text(row, "from")) == 0;
		if (person && !stays)
			json_array_append_new(list, json_pack("{s:s, s:s}", "nip", person->nip,
							    "from", row_text(row, "from")));
	}
}

void people_relate(struct check *c, const struct people *p, json_t *result)
{
	json_t *persons = json_array(), *assignments = json_array(), *removals = json_array();
	for (size_t i = 0; i < p->n; i++) {
		if (!p->list[i].in_file)
			continue;
		employment_check(c, &p->list[i]);
		add_person(c, &p->list[i], persons);
		add_assignments(c, &p->list[i], assignments);
	}
	add_removals(c, p, removals);
	json_object_set_new(result, "persons", persons);
	json_object_set_new(result, "assignments", assignments);
	json_object_set_new(result, "removals", removals);
}
