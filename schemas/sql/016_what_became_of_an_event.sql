-- intake: what became of an event. A rejection says which event it was of, where an id could be read, and a replacement
-- which event took the place.

SET ROLE terukur_intake;

ALTER TABLE intake.rejection ADD COLUMN event text COLLATE "C"; -- its id; NULL: none could be read
CREATE INDEX rejection_event ON intake.rejection (source, event, id) WHERE event IS NOT NULL;
CREATE INDEX rejection_reason ON intake.rejection (source, reason, id);
CREATE INDEX rejection_at ON intake.rejection (source, at);

-- Of those of before: from the header in binary mode, else from the value, as far as this database can read it.
CREATE FUNCTION intake.id_of(headers bytea, payload bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
	SELECT convert_from(decode(h ->> 1, 'base64'), 'UTF8') INTO found
		FROM jsonb_array_elements(convert_from(headers, 'UTF8')::jsonb) h
		WHERE h ->> 0 = encode('ce_id', 'base64') AND h ->> 1 IS NOT NULL;
	IF found IS NULL AND octet_length(payload) <= 65536 THEN
		SELECT value ->> 'id' INTO found FROM (SELECT convert_from(payload, 'UTF8')::jsonb AS value) parsed
			WHERE jsonb_typeof(value -> 'id') = 'string';
	END IF;
	RETURN CASE WHEN char_length(found) BETWEEN 1 AND 128 THEN found END;
EXCEPTION WHEN OTHERS THEN
	RETURN NULL;
END $$;
UPDATE intake.rejection SET event = intake.id_of(headers, payload) WHERE reason <> 'malformed';
DROP FUNCTION intake.id_of;

-- Looking it up among the evidence would look into the partition of every month.
ALTER TABLE intake.replacement ADD COLUMN by_event text COLLATE "C"; -- the id of `by`
UPDATE intake.replacement r SET by_event = e.event_id FROM intake.evidence e
	WHERE e.replaces = r.original AND e.key = r.by;
ALTER TABLE intake.replacement ALTER COLUMN by_event SET NOT NULL;

CREATE OR REPLACE VIEW intake.evidence_view AS
	SELECT e.key, e.day, e.at, e.person, e.indicator, e.kind, e.source, t.name AS topic, e."partition", e."offset",
		e.received_at, e.value, e."of", e.event_id, e.ref, e.sha256, e.headers, e.payload, r.by_event AS replaced_by
	FROM intake.evidence e JOIN intake.topic t ON t.id = e.topic
	LEFT JOIN intake.replacement r ON r.original = e.key;

CREATE OR REPLACE VIEW intake.rejection_view AS
	SELECT id, source, reason, detail, topic, "partition", "offset", at, sha256, redriven_at, event, payload
	FROM intake.rejection;

-- One row, or none where nobody has heard of it: accepted, waiting (for its original), replaced (or revoked, and by
-- which event), or rejected, the last time. An id that is held is not rejected, whatever else came under it.
-- `key` is the hash under which (source, event) is held.
CREATE FUNCTION intake.event_state(key uuid, source text, event text)
	RETURNS TABLE (state text, reason text, detail text, replaced_by text)
	LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT state, reason, detail, replaced_by FROM (
		SELECT 1 AS first, CASE WHEN h.waiting THEN 'waiting' WHEN r.original IS NOT NULL THEN 'replaced'
			ELSE 'accepted' END AS state, NULL AS reason, NULL AS detail, r.by_event AS replaced_by
		FROM intake.event_id h LEFT JOIN intake.replacement r ON r.original = h.key
		WHERE h.key = $1
		UNION ALL
		(SELECT 2, 'rejected', x.reason, x.detail, NULL FROM intake.rejection x
			WHERE x.source = $2 AND x.event = $3 ORDER BY x.id DESC LIMIT 1)) found
	ORDER BY first LIMIT 1
$$;
REVOKE ALL ON FUNCTION intake.event_state FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intake.event_state TO terukur_gateway;

RESET ROLE;
