-- What the last whole run of `admin verify` found, and when, is a figure of intake's. Until there is one, it counts from the
-- day since which this is told.

SET ROLE terukur_registry;

ALTER TABLE registry.version ADD COLUMN verified_since timestamptz NOT NULL DEFAULT now();

CREATE VIEW registry.verification_view AS
	SELECT coalesce(v.ended_at, r.verified_since) AS ended_at, coalesce(v.findings, 0) AS findings
	FROM registry.version r LEFT JOIN (
		SELECT ended_at, findings FROM registry.verification ORDER BY id DESC LIMIT 1) v ON true;

GRANT SELECT ON registry.verification_view TO terukur_intake;

RESET ROLE;
