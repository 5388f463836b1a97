-- What the last whole run of `admin verify` found, and when, is a figure of intake's. Until there is one, it counts from the
-- day on which this store was made.

GRANT SELECT (at) ON public.schema_migration TO terukur_registry;

SET ROLE terukur_registry;

CREATE VIEW registry.verification_view AS
	SELECT coalesce(v.ended_at, (SELECT min(at) FROM public.schema_migration)) AS ended_at, coalesce(v.findings, 0) AS findings
	FROM (VALUES (1)) AS one LEFT JOIN (
		SELECT ended_at, findings FROM registry.verification ORDER BY id DESC LIMIT 1) v ON true;

GRANT SELECT ON registry.verification_view TO terukur_intake;

RESET ROLE;
