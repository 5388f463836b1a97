-- intake: the evidence itself, for the months in which not every day asks the same of a person: a target that changed, a
-- transfer, an absence. Of all other months the totals say enough.

SET ROLE terukur_intake;

-- What counts: neither replaced nor revoked. The source by its code, which decides between two events of one instant.
CREATE VIEW intake.counting_view AS
	SELECT e.person, e.day, e.indicator, e.value, e."of", e.at, s.code AS source, e.event_id
	FROM intake.evidence e JOIN registry.source_view s ON s.id = e.source
	WHERE e.person IS NOT NULL AND NOT EXISTS (SELECT FROM intake.replacement r WHERE r.original = e.key);

GRANT SELECT ON intake.counting_view TO terukur_scoring, terukur_admin;

RESET ROLE;

-- What the results rating leaves out: items held on less than a tenth of the days. Other rule sets that do not say it mean the same.
SET ROLE terukur_registry;
UPDATE registry.ruleset SET body = body || '{"brief":0.10}' WHERE version = '2026.1' AND NOT body ? 'brief';
UPDATE registry.version SET version = version + 1;
RESET ROLE;
