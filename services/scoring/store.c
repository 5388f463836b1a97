#include "store.h"

#include <string.h>

#include "base/array.h"
#include "service/reading_statements.h"

enum statement {
	TOTALS,
	EVIDENCE,
	COMPLETE,
	ANSWERS,
	PEOPLE_OF_UNIT,
	ENSURE,
	LOCK,
	STANDING,
	STANDING_WHOLE,
	WRITE,
	TOUCH,
	UNPUBLISHED,
	PUBLISHED,
	UNDER_WAY,
	READING,
};

const struct db_statement scoring_statements[] = {
	[TOTALS] = {"totals",
		"SELECT person, month, indicator, n, sum, sum_of, latest_at, latest_value FROM "
		"intake.total_view WHERE person = ANY($1) AND month BETWEEN $2 AND $3 ORDER BY "
		"person",
		"uuid[], int4, int4"},
	/* Month by month, so that no other partition is looked at. */
	[EVIDENCE] = {"evidence",
		"SELECT e.* FROM unnest($1::uuid[], $2::date[], $3::date[]) AS w(person, first, "
		"last) CROSS JOIN LATERAL (SELECT v.person, v.day, v.indicator, v.value, "
		"v.\"of\", v.at, v.source, v.event_id FROM intake.counting_view v WHERE v.person "
		"= w.person AND v.day BETWEEN w.first AND w.last OFFSET 0) e ORDER BY e.person",
		"uuid[], date[], date[]"},
	[COMPLETE] = {"complete",
		"SELECT unit, month, indicator FROM intake.completeness_view WHERE month BETWEEN "
		"$2 AND $3 AND unit IN (SELECT unit FROM registry.assignment_view WHERE person = "
		"ANY($1))",
		"uuid[], int4, int4"},
	[ANSWERS] = {"answers", COMPUTE_ANSWERS("intake.answers_view"), "uuid[], date, date"},
	[PEOPLE_OF_UNIT] = {"people_of_unit",
		"SELECT DISTINCT person FROM registry.assignment_view WHERE unit = $1 AND "
		"from_date <= make_date($2, 12, 31) AND (until_date IS NULL OR until_date >= "
		"make_date($2, 1, 1))",
		"text, int4"},
	[ENSURE] = {"ensure",
		"INSERT INTO scoring.person (person) SELECT unnest($1::uuid[]) ON CONFLICT DO "
		"NOTHING",
		"uuid[]"},
	[LOCK] = {"lock",
		"SELECT FROM scoring.person WHERE person = ANY($1) ORDER BY person FOR UPDATE",
		"uuid[]"},
	[STANDING] = {"standing",
		"SELECT person, period, revision, content FROM scoring.score WHERE person = "
		"ANY($1) ORDER BY person, period",
		"uuid[]"},
	[STANDING_WHOLE] = {"standing_whole", COMPUTE_STANDING, "uuid[]"},
	[WRITE] = {"write",
		"INSERT INTO scoring.score AS s (person, period, revision, person_revision, "
		"content, body, results, rating, missing, unit, service_days, computed_at) SELECT "
		"c.person, c.period, c.revision, p.revision, c.content, c.body, round(c.results, "
		"2), c.rating, c.missing, c.unit, c.service_days::datemultirange, $11 FROM "
		"unnest($1::uuid[], $2::text[], $3::int8[], $4::uuid[], $5::text[], "
		"$6::numeric[], $7::text[], $8::int4[], $9::text[], $10::text[]) AS c(person, "
		"period, revision, content, body, results, rating, missing, unit, service_days) "
		"JOIN scoring.person p ON p.person = c.person ON CONFLICT (person, period) DO "
		"UPDATE SET revision = excluded.revision, person_revision = "
		"excluded.person_revision, content = excluded.content, body = excluded.body, "
		"results = excluded.results, rating = excluded.rating, missing = "
		"excluded.missing, unit = excluded.unit, service_days = excluded.service_days, "
		"computed_at = excluded.computed_at",
		"uuid[], text[], int8[], uuid[], text[], numeric[], text[], int4[], text[], "
		"text[], timestamptz"},
	[TOUCH] = {"touch",
		"UPDATE scoring.person SET revision = revision + 1 WHERE person = ANY($1)",
		"uuid[]"},
	[UNPUBLISHED] = {"unpublished",
		"SELECT s.person, s.period, s.body FROM scoring.person p JOIN scoring.score s ON "
		"s.person = p.person AND s.person_revision > p.published_revision WHERE p.person "
		"= ANY($1) AND p.published_revision < p.revision ORDER BY s.person, s.period",
		"uuid[]"},
	[PUBLISHED] = {"published",
		"UPDATE scoring.person SET published_revision = revision WHERE person = ANY($1) "
		"AND published_revision < revision",
		"uuid[]"},
	[UNDER_WAY] = {"under_way",
		"SELECT unpublished, coalesce(extract(epoch FROM now() - oldest), 0)::int8 FROM "
		"scoring.under_way_view",
		""},
	READING_STATEMENTS(READING, "scoring")};
const size_t scoring_statements_n = COUNT(scoring_statements);
const int scoring_reading = READING, scoring_under_way = UNDER_WAY;

bool scoring_totals(struct db *db, struct db_array *people, int32_t first_month, int32_t last_month,
	struct db_result **out, struct err *e)
{
	return db_exec(db, TOTALS, out, e, db_array_value(people), DB_INT4(first_month),
		DB_INT4(last_month));
}

bool scoring_evidence(struct db *db, struct compute_wants *w, struct db_result **out, struct err *e)
{
	return db_exec(db, EVIDENCE, out, e, db_array_value(&w->person), db_array_value(&w->first),
		db_array_value(&w->last));
}

bool scoring_complete(struct db *db, struct db_array *people, int32_t first_month,
	int32_t last_month, struct db_result **out, struct err *e)
{
	return db_exec(db, COMPLETE, out, e, db_array_value(people), DB_INT4(first_month),
		DB_INT4(last_month));
}

bool scoring_answers(struct db *db, struct db_array *people, int32_t first_day, int32_t last_day,
	struct db_result **out, struct err *e)
{
	return db_exec(
		db, ANSWERS, out, e, db_array_value(people), DB_DATE(first_day), DB_DATE(last_day));
}

bool scoring_people_of_unit(
	struct db *db, const char *unit, int32_t year, struct db_result **out, struct err *e)
{
	return db_exec(db, PEOPLE_OF_UNIT, out, e, DB_TEXT(unit), DB_INT4(year));
}

bool scoring_ensure(struct db *db, struct db_array *people, struct err *e)
{
	return db_exec(db, ENSURE, NULL, e, db_array_value(people));
}

bool scoring_lock(struct db *db, struct db_array *people, struct err *e)
{
	return db_exec(db, LOCK, NULL, e, db_array_value(people));
}

bool scoring_standing(
	struct db *db, struct db_array *people, bool whole, struct db_result **out, struct err *e)
{
	return db_exec(db, whole ? STANDING_WHOLE : STANDING, out, e, db_array_value(people));
}

void score_changes_init(struct score_changes *c)
{
	db_array_init(&c->person, DB_K_UUID);
	db_array_init(&c->period, DB_K_TEXT);
	db_array_init(&c->revision, DB_K_INT8);
	db_array_init(&c->content, DB_K_UUID);
	db_array_init(&c->body, DB_K_TEXT);
	db_array_init(&c->results, DB_K_NUMERIC);
	db_array_init(&c->rating, DB_K_TEXT);
	db_array_init(&c->missing, DB_K_INT4);
	db_array_init(&c->unit, DB_K_TEXT);
	db_array_init(&c->service_days, DB_K_TEXT);
}

void score_changes_done(struct score_changes *c)
{
	db_array_done(&c->person);
	db_array_done(&c->period);
	db_array_done(&c->revision);
	db_array_done(&c->content);
	db_array_done(&c->body);
	db_array_done(&c->results);
	db_array_done(&c->rating);
	db_array_done(&c->missing);
	db_array_done(&c->unit);
	db_array_done(&c->service_days);
}

bool score_changes_add(struct score_changes *c, const uint8_t person[16], const char *period,
	int64_t revision, const struct computed_score *s)
{
	bool stands = s->state != COMPUTED_NONE, has = stands && s->has_results;
	return db_array_add(&c->person, DB_UUID(person)) &&
	       db_array_add(&c->period, DB_TEXT(period)) &&
	       db_array_add(&c->revision, DB_INT8(revision)) &&
	       db_array_add(&c->content, stands ? DB_UUID(s->content) : DB_NULL) &&
	       db_array_add(&c->body, DB_TEXT(s->text)) &&
	       db_array_add(&c->results,
		       has ? DB_NUMERIC(s->results * (DEC_VALUE / DEC_SHOWN)) : DB_NULL) &&
	       db_array_add(&c->rating, has ? DB_TEXT(score_rating_name(s->rating)) : DB_NULL) &&
	       db_array_add(&c->missing, DB_INT4(stands ? s->missing : 0)) &&
	       db_array_add(&c->unit, DB_TEXT(s->unit)) &&
	       db_array_add(&c->service_days, DB_TEXT(s->service_days));
}

bool scoring_write(struct db *db, struct score_changes *c, int64_t now, struct err *e)
{
	return db_exec(db, TOUCH, NULL, e, db_array_value(&c->person)) &&
	       db_exec(db, WRITE, NULL, e, db_array_value(&c->person), db_array_value(&c->period),
		       db_array_value(&c->revision), db_array_value(&c->content),
		       db_array_value(&c->body), db_array_value(&c->results),
		       db_array_value(&c->rating), db_array_value(&c->missing),
		       db_array_value(&c->unit), db_array_value(&c->service_days), DB_TIME(now));
}

bool scoring_unpublished(
	struct db *db, struct db_array *people, struct db_result **out, struct err *e)
{
	return db_exec(db, UNPUBLISHED, out, e, db_array_value(people));
}

bool scoring_published(struct db *db, struct db_array *people, struct err *e)
{
	return db_exec(db, PUBLISHED, NULL, e, db_array_value(people));
}
