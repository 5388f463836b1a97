-- What the pages of a person show besides: what was rejected of this person's, which systems report an indicator, and units of
-- measure in the reader's language in messages, too.

-- Whose a rejected event is, as far as intake could read: never a number, and nothing of the original. Rejections of before,
-- and those whose person nobody can tell, have none.
SET ROLE terukur_archive;
ALTER TABLE intake.rejection
	ADD COLUMN person uuid,
	ADD COLUMN day date, -- on which the work lies; where that could not be read, that of its receipt
	ADD COLUMN indicator int;
CREATE INDEX rejection_person ON intake.rejection (person, day) WHERE person IS NOT NULL; -- none has one yet
CREATE VIEW intake.rejected_view AS
	SELECT id, person, day, indicator, source, reason, at, event FROM intake.rejection
	WHERE person IS NOT NULL AND redriven_at IS NULL;
GRANT SELECT ON intake.rejected_view TO terukur_gateway;

CREATE OR REPLACE FUNCTION intake.refuse_waiting(keys uuid[], reason text, detail text, at timestamptz) RETURNS SETOF text
	LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH gone AS (DELETE FROM intake.waiting WHERE key = ANY ($1) RETURNING *),
	freed AS (DELETE FROM intake.event_id WHERE key IN (SELECT key FROM gone))
	INSERT INTO intake.rejection (source, reason, detail, topic, "partition", "offset", at, sha256, key, headers, payload,
		published, event, person, day, indicator)
	SELECT g.source_code, $2, $3, t.name, g."partition", g."offset", $4, g.sha256, g.message_key, g.headers, g.payload,
		false, g.event_id, g.person, g.day, g.indicator
	FROM gone g JOIN intake.topic t ON t.id = g.topic ON CONFLICT DO NOTHING RETURNING source
$$;
RESET ROLE;

SET ROLE terukur_registry;
GRANT SELECT (name) ON registry.source_view TO terukur_gateway;
GRANT SELECT ON registry.source_indicator_view TO terukur_gateway;
GRANT SELECT (unit_id, unit_en) ON registry.indicator_view TO terukur_notification; -- `unit`, of before, goes once no program asks for it
RESET ROLE;
