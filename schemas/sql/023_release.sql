-- For which programs the schema is, asked by each of them over every new connection: `level` is its newest step; programs that
-- were built for a step before `oldest` cannot run with it any more. See docs/decisions/0014.

CREATE SCHEMA release;
CREATE VIEW release.level_view AS
	SELECT max(substring(name FROM '^[0-9]+')::int) AS level, max(oldest) AS oldest FROM public.schema_migration;
GRANT USAGE ON SCHEMA release TO PUBLIC;
GRANT SELECT ON release.level_view TO PUBLIC;
