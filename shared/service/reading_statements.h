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

/* How many of the given partitions the store does not hold as far as it is known that it did. */
#define READING_OLDER(schema_) \
	"older AS (SELECT FROM given g LEFT JOIN " schema_ ".reading r ON r.reader = $1 AND " \
	"r.topic = g.topic AND r.\"partition\" = g.\"partition\" WHERE coalesce(r.next, 0) < " \
	"g.known)"

/* `first_`: the first's number in the table. */
#define READING_STATEMENTS(first_, schema_) \
	[(first_) + \
		READING_READ] = {"reading_read", \
		"SELECT topic, \"partition\", next FROM " schema_ ".reading WHERE reader = $1", \
		"text"}, \
		[(first_) + READING_CHECK] = {"reading_check", \
			"WITH given AS (SELECT * FROM unnest($2::text[], $3::int4[], " \
			"$4::int8[]) AS g(topic, \"partition\", known)), " READING_OLDER( \
				schema_) " SELECT count(*) FROM older", \
			"text, text[], int4[], int8[]"}, \
		[(first_) + READING_NOTE] = {"reading_note", \
			"WITH given AS (SELECT * FROM unnest($2::text[], $3::int4[], " \
			"$4::int8[], $5::int8[]) AS g(topic, \"partition\", known, next)), " READING_OLDER( \
				schema_) ", said AS (INSERT INTO " schema_ \
					 ".reading AS r (reader, topic, \"partition\", next) SELECT $1, topic, " \
					 "\"partition\", next FROM given WHERE NOT EXISTS (SELECT FROM older) " \
					 "ORDER BY topic, \"partition\" ON CONFLICT (reader, topic, " \
					 "\"partition\") DO UPDATE SET next = greatest(r.next, excluded.next)) " \
					 "SELECT count(*) FROM older", \
			"text, text[], int4[], int8[], int8[]"}, \
		[(first_) + READING_LOST] = {"reading_lost", \
			"WITH new AS (SELECT greatest($5 - greatest($4, (SELECT next FROM " schema_ \
			".reading WHERE reader = $1 AND topic = $2 AND \"partition\" = $3)), 0) " \
			"AS n), said AS (INSERT INTO " schema_ ".reading AS r (reader, topic, " \
			"\"partition\", next, lost) SELECT $1, $2, $3, $5, n FROM new ON CONFLICT " \
			"(reader, topic, \"partition\") DO UPDATE SET next = greatest(r.next, " \
			"excluded.next), lost = r.lost + excluded.lost) SELECT n FROM new", \
			"text, text, int4, int8, int8"}, \
		[(first_) + READING_FORGET] = {"reading_forget", \
			"UPDATE " schema_ ".reading SET next = 0 WHERE reader = $1 AND topic = " \
			"$2 AND \"partition\" = $3", \
			"text, text, int4"},
