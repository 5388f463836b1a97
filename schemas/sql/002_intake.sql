-- intake: the store of evidence. Accepted evidence is appended and never changed; what replaces what stands beside it.

CREATE SCHEMA intake AUTHORIZATION terukur_intake;
SET ROLE terukur_intake;

-- Where a message came from: topic names as small numbers.
CREATE TABLE intake.topic (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text COLLATE "C" NOT NULL UNIQUE
);

-- Every id that is held: `key` is a 128-bit hash of (source, id), `content` one of what the event says. An event that
-- waits for its original holds its id as well. person, month and indicator say which total it counts in (NULL for
-- those that count in none).
CREATE TABLE intake.event_id (
	key uuid PRIMARY KEY,
	content uuid NOT NULL,
	person uuid,
	month int, -- year*12 + month-1, in Asia/Pontianak
	indicator int,
	waiting bool NOT NULL,
	year smallint NOT NULL -- ids are remembered for this year and two more
);

-- One row per accepted event, with the original bytes. Partitions are months of the event's time; intake makes them.
CREATE TABLE intake.evidence (
	key uuid NOT NULL,
	day date NOT NULL, -- of `at`, in Asia/Pontianak: the partition
	at timestamptz NOT NULL,
	person uuid, -- NULL: revoked and complete
	indicator int,
	kind smallint NOT NULL, -- 0 recorded 1 corrected 2 revoked 3 complete
	source int NOT NULL,
	topic int NOT NULL,
	"partition" int NOT NULL,
	"offset" bigint NOT NULL,
	received_at timestamptz NOT NULL,
	value numeric,
	"of" numeric,
	event_id text COLLATE "C" NOT NULL,
	ref text,
	replaces uuid, -- the key of the original
	sha256 bytea NOT NULL, -- of payload
	headers bytea, -- as JSON {"name": base64}; NULL: none
	payload bytea NOT NULL
) PARTITION BY RANGE (day);

-- Makes the partition that holds a day, unless it is there.
CREATE FUNCTION intake.make_partition(day date) RETURNS void LANGUAGE plpgsql SET client_min_messages = warning AS $$
DECLARE first date := date_trunc('month', day)::date;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('intake.make_partition'));
	EXECUTE format('CREATE TABLE IF NOT EXISTS intake.%I PARTITION OF intake.evidence FOR VALUES FROM (%L) TO (%L)',
		'evidence_' || to_char(first, 'YYYY_MM'), first, (first + interval '1 month')::date);
END $$;
REVOKE ALL ON FUNCTION intake.make_partition FROM PUBLIC;

CREATE INDEX evidence_person ON intake.evidence (person, indicator, at);
CREATE INDEX evidence_replaces ON intake.evidence (replaces) WHERE replaces IS NOT NULL;

-- What stopped counting, and because of which event: an event can be replaced or revoked once.
CREATE TABLE intake.replacement (
	original uuid PRIMARY KEY,
	by uuid NOT NULL
);

-- Corrections and revocations whose original is not accepted yet: their evidence row, and what a rejection would
-- need. Their original is `replaces`.
CREATE TABLE intake.waiting (
	LIKE intake.evidence,
	seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source_code text NOT NULL,
	message_key bytea,
	UNIQUE (key)
);
CREATE INDEX waiting_original ON intake.waiting (replaces);

CREATE TABLE intake.total (
	person uuid NOT NULL,
	month int NOT NULL,
	indicator int NOT NULL,
	n bigint NOT NULL,
	sum numeric NOT NULL,
	sum_of numeric NOT NULL,
	latest_at timestamptz,
	latest_id text COLLATE "C",
	latest_value numeric,
	PRIMARY KEY (person, month, indicator)
) WITH (fillfactor = 60);

-- One row per accepted declaration that a unit reported an indicator's month in full.
CREATE TABLE intake.completeness (
	key uuid PRIMARY KEY,
	unit text COLLATE "C" NOT NULL,
	month int NOT NULL,
	indicator int NOT NULL
);
CREATE INDEX completeness_unit ON intake.completeness (unit, month);

CREATE TABLE intake.rejection (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source text COLLATE "C" NOT NULL, -- the topic's
	reason text NOT NULL,
	detail text NOT NULL,
	topic text COLLATE "C" NOT NULL,
	"partition" int NOT NULL,
	"offset" bigint NOT NULL,
	at timestamptz NOT NULL,
	sha256 bytea NOT NULL,
	key bytea,
	headers bytea,
	payload bytea, -- NULL: the message had no value
	redriven_at timestamptz,
	published bool NOT NULL, -- false: evidence.rejected has still to say it, and no input would repeat it
	UNIQUE (topic, "partition", "offset", sha256)
);
CREATE INDEX rejection_source ON intake.rejection (source, id);
CREATE INDEX rejection_unpublished ON intake.rejection (id) WHERE NOT published;
CREATE INDEX rejection_open ON intake.rejection (reason, source) WHERE redriven_at IS NULL;

-- What evidence.accepted still has to say of changes that no input would repeat: a correction that found its original.
CREATE TABLE intake.outbox (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	person uuid,
	unit text COLLATE "C", -- instead of a person
	month int NOT NULL,
	at timestamptz NOT NULL DEFAULT now()
);

-- Counts for operators, a row per worker so that none waits for another.
CREATE TABLE intake.tally (
	worker text NOT NULL,
	source text NOT NULL,
	accepted bigint NOT NULL,
	duplicates bigint NOT NULL,
	rejected bigint NOT NULL,
	PRIMARY KEY (worker, source)
) WITH (fillfactor = 50);

CREATE VIEW intake.total_view AS
	SELECT person, month, indicator, n, sum, sum_of, latest_at, latest_id, latest_value FROM intake.total WHERE n > 0;
-- The same from raw evidence: what the totals must be. For operators; not granted to any service.
CREATE VIEW intake.raw_total_view AS
	SELECT person, (extract(year FROM day) * 12 + extract(month FROM day) - 1)::int AS month, indicator,
		count(*) AS n, sum(value) AS sum, coalesce(sum("of"), 0) AS sum_of,
		(array_agg(at ORDER BY at DESC, event_id DESC))[1] AS latest_at,
		(array_agg(event_id ORDER BY at DESC, event_id DESC))[1] AS latest_id,
		(array_agg(value ORDER BY at DESC, event_id DESC))[1] AS latest_value
	FROM intake.evidence e
	WHERE person IS NOT NULL AND NOT EXISTS (SELECT FROM intake.replacement r WHERE r.original = e.key)
	GROUP BY 1, 2, 3;
CREATE VIEW intake.completeness_view AS
	SELECT DISTINCT unit, month, indicator FROM intake.completeness c
	WHERE NOT EXISTS (SELECT FROM intake.replacement r WHERE r.original = c.key);
CREATE VIEW intake.evidence_view AS
	SELECT e.key, e.day, e.at, e.person, e.indicator, e.kind, e.source, t.name AS topic, e."partition", e."offset",
		e.received_at, e.value, e."of", e.event_id, e.ref, e.sha256, e.headers, e.payload,
		(SELECT b.event_id FROM intake.evidence b WHERE b.replaces = e.key AND b.key = r.by) AS replaced_by
	FROM intake.evidence e JOIN intake.topic t ON t.id = e.topic
	LEFT JOIN intake.replacement r ON r.original = e.key;
CREATE VIEW intake.rejection_view AS
	SELECT id, source, reason, detail, topic, "partition", "offset", at, sha256, redriven_at FROM intake.rejection;
-- What is under way besides Kafka's lag: corrections that can be resolved, and what is not published yet.
CREATE VIEW intake.under_way_view AS
	SELECT (SELECT count(*) FROM intake.waiting) AS waiting,
		(SELECT count(*) FROM intake.waiting w JOIN intake.event_id e ON e.key = w.replaces AND NOT e.waiting) AS due,
		(SELECT count(*) FROM intake.outbox) + (SELECT count(*) FROM intake.rejection WHERE NOT published) AS unpublished;
CREATE VIEW intake.tally_view AS
	SELECT source, sum(accepted)::bigint AS accepted, sum(duplicates)::bigint AS duplicates,
		sum(rejected)::bigint AS rejected FROM intake.tally GROUP BY source;

GRANT USAGE ON SCHEMA intake TO terukur_scoring, terukur_notification, terukur_reporting, terukur_gateway;
GRANT SELECT ON intake.total_view, intake.completeness_view TO terukur_scoring;
GRANT SELECT ON intake.evidence_view, intake.rejection_view TO terukur_gateway;

RESET ROLE;
