-- What the pages show: a person's post and appraiser, units in both languages, ratings of a year at once, who has read what,
-- and who has looked.

SET ROLE terukur_registry;
CREATE VIEW registry.position_view AS SELECT code, name FROM registry.position;
CREATE VIEW registry.token_owner_view AS SELECT id, role, person FROM registry.token;
GRANT SELECT ON registry.position_view, registry.token_owner_view TO terukur_gateway;
GRANT SELECT (unit_id, unit_en) ON registry.indicator_view TO terukur_gateway; -- `unit`, of before, goes once no gateway asks for it
RESET ROLE;

SET ROLE terukur_scoring;
GRANT SELECT (results, rating) ON scoring.score_view TO terukur_gateway;
RESET ROLE;

-- A message is read once its person has opened it: nobody else's look counts, and no later one.
SET ROLE terukur_notification;
CREATE OR REPLACE VIEW notification.inbox_view AS
	SELECT id, person, period, kind, indicator, at, title ->> 'id' AS title_id, title ->> 'en' AS title_en,
		body ->> 'id' AS body_id, body ->> 'en' AS body_en, read_at FROM notification.inbox;
GRANT SELECT (read_at) ON notification.inbox_view TO terukur_gateway;
CREATE INDEX inbox_unread ON notification.inbox (person) WHERE read_at IS NULL;
CREATE FUNCTION notification.read_message(person uuid, id bigint, at timestamptz) RETURNS void LANGUAGE sql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	UPDATE notification.inbox i SET read_at = $3 WHERE i.id = $2 AND i.person = $1 AND i.read_at IS NULL
$$;
REVOKE ALL ON FUNCTION notification.read_message FROM PUBLIC; -- expand: new
GRANT EXECUTE ON FUNCTION notification.read_message TO terukur_gateway;
RESET ROLE;

-- The last looks at a person's data by others' tokens. The log stays the archive's own; the gateway shows it to the person.
SET ROLE terukur_archive;
CREATE FUNCTION gateway.looks(person uuid, most int) RETURNS TABLE (at timestamptz, token bigint, what text, period text)
	LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT a.at, a.token, a.what, a.period FROM gateway.access a WHERE a.person = $1 ORDER BY a.at DESC LIMIT $2
$$;
REVOKE ALL ON FUNCTION gateway.looks FROM PUBLIC; -- expand: new
GRANT EXECUTE ON FUNCTION gateway.looks TO terukur_gateway;
RESET ROLE;
