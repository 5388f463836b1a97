-- What an auditor's pages show: the last whole run of `admin verify`, and who looked at whose data.

SET ROLE terukur_registry;
CREATE VIEW registry.last_verification_view AS
	SELECT ended_at, originals, scores, findings FROM registry.verification ORDER BY id DESC LIMIT 1;
GRANT SELECT ON registry.last_verification_view TO terukur_gateway;
RESET ROLE;

-- From before an instant, the latest first, about so many: all of one instant, and so all of one request, come together.
SET ROLE terukur_archive;
CREATE FUNCTION gateway.looks_before(before timestamptz, most int)
	RETURNS TABLE (at timestamptz, token bigint, what text, period text, request text, person uuid)
	LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	SELECT a.at, a.token, a.what, a.period, a.request, a.person FROM gateway.access a WHERE a.at < $1
	ORDER BY a.at DESC FETCH FIRST (least($2, 2000)) ROWS WITH TIES
$$;
REVOKE ALL ON FUNCTION gateway.looks_before FROM PUBLIC; -- expand: new
GRANT EXECUTE ON FUNCTION gateway.looks_before TO terukur_gateway;
RESET ROLE;
