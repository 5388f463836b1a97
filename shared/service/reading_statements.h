/* reading_statements: the rows of SQL by which a service keeps, in its own schema, how far it has
 * read; for the table of its statements. So a store that is older than what was read from Kafka, as
 * after a backup was restored, is noticed, and read into again from there.
 *
 * Its table is <schema>.reading (018_reading.sql).
 */
#pragma once

enum {
	READING_READ,
	READING_CHECK,
	READING_NOTE,
	READING_LOST,
	READING_FORGET,
	READING_STATEMENTS_N,
};

/* `given` are partitions, with what the store is known to hold; `older` those of which it does not.
 */
#define READING_GIVEN(arrays_, names_) \
	"WITH given AS (SELECT * FROM unnest($2::text[], $3::int4[], $4::int8[]" arrays_ \
	") AS g(topic, \"partition\", known" names_ ")), "
#define READING_OLDER(schema_) \
	"older AS (SELECT FROM given g LEFT JOIN " schema_ ".reading r ON r.reader = $1 " \
	"AND r.topic = g.topic AND r.\"partition\" = g.\"partition\" " \
	"WHERE coalesce(r.next, 0) < g.known)"
#define READING_INSERT(schema_, columns_) \
	", said AS (INSERT INTO " schema_ ".reading AS r (" columns_ ") "
#define READING_CONFLICT \
	" ON CONFLICT (reader, topic, \"partition\") DO UPDATE SET " \
	"next = greatest(r.next, excluded.next)"

#define READING_SQL_READ(schema_) \
	"SELECT topic, \"partition\", next FROM " schema_ ".reading WHERE reader = $1"
#define READING_SQL_CHECK(schema_) \
	READING_GIVEN("", "") READING_OLDER(schema_) " SELECT count(*) FROM older"
#define READING_SQL_NOTE(schema_) \
	READING_GIVEN(", $5::int8[]", ", next") \
	READING_OLDER(schema_) \
	READING_INSERT(schema_, "reader, topic, \"partition\", next") \
	"SELECT $1, topic, \"partition\", next FROM given WHERE NOT EXISTS (SELECT FROM older) " \
	"ORDER BY topic, \"partition\"" READING_CONFLICT ") SELECT count(*) FROM older"
/* Offsets from $4 until $5, without those that were noted before. */
/* clang-format off */
#define READING_SQL_LOST(schema_) \
	"WITH new AS (SELECT greatest($5 - greatest($4, (SELECT next FROM " schema_ ".reading " \
	"WHERE reader = $1 AND topic = $2 AND \"partition\" = $3)), 0) AS n)" \
	READING_INSERT(schema_, "reader, topic, \"partition\", next, lost") \
	"SELECT $1, $2, $3, $5, n FROM new" READING_CONFLICT \
	", lost = r.lost + excluded.lost) SELECT n FROM new"
/* clang-format on */
#define READING_SQL_FORGET(schema_) \
	"UPDATE " schema_ ".reading SET next = 0 WHERE reader = $1 AND topic = $2 AND " \
	"\"partition\" = $3"

/* `first_`: the first's number in the table. */
/* clang-format off */
#define READING_STATEMENTS(first_, schema_) \
	[(first_) + READING_READ] = {"reading_read", READING_SQL_READ(schema_), "text"}, \
	[(first_) + READING_CHECK] = {"reading_check", READING_SQL_CHECK(schema_), \
		"text, text[], int4[], int8[]"}, \
	[(first_) + READING_NOTE] = {"reading_note", READING_SQL_NOTE(schema_), \
		"text, text[], int4[], int8[], int8[]"}, \
	[(first_) + READING_LOST] = {"reading_lost", READING_SQL_LOST(schema_), \
		"text, text, int4, int8, int8"}, \
	[(first_) + READING_FORGET] = {"reading_forget", READING_SQL_FORGET(schema_), \
		"text, text, int4"},
/* clang-format on */
