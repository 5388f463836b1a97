-- intake: the evidence itself, for the months in which not every day asks the same of a person: a target that changed, a
-- transfer, an absence. Of all other months the totals say enough.

SET ROLE terukur_intake;

-- What counts: neither replaced nor revoked. The source by its code, which decides between two events of one instant.
CREATE VIEW intake.counting_view AS
	SELECT e.person, e.day, e.indicator, e.value, e."of", e.at, s.code AS source, e.event_id
	FROM intake.evidence e JOIN registry.source_view s ON s.id = e.source
	WHERE e.person IS NOT NULL AND NOT EXISTS (SELECT FROM intake.replacement r WHERE r.original = e.key);

GRANT SELECT ON intake.counting_view TO terukur_scoring, terukur_admin;

-- Between two events of one instant the source decides, then the id: ids are a source's own, and the same one of two
-- sources left it to chance which value was the latest.
ALTER TABLE intake.total ADD COLUMN latest_source text COLLATE "C";

CREATE OR REPLACE VIEW intake.total_view AS
	SELECT person, month, indicator, n, sum, sum_of, latest_at, latest_id, latest_value, latest_source
	FROM intake.total WHERE n > 0;
CREATE OR REPLACE VIEW intake.raw_total_view AS
	SELECT person, (extract(year FROM day) * 12 + extract(month FROM day) - 1)::int AS month, indicator,
		count(*) AS n, sum(value) AS sum, coalesce(sum("of"), 0) AS sum_of,
		(array_agg(at ORDER BY at DESC, source DESC, event_id DESC))[1] AS latest_at,
		(array_agg(event_id ORDER BY at DESC, source DESC, event_id DESC))[1] AS latest_id,
		(array_agg(value ORDER BY at DESC, source DESC, event_id DESC))[1] AS latest_value,
		(array_agg(source ORDER BY at DESC, source DESC, event_id DESC))[1] AS latest_source
	FROM intake.counting_view
	GROUP BY 1, 2, 3;

UPDATE intake.total t SET latest_source = raw.latest_source, latest_id = raw.latest_id, latest_value = raw.latest_value
	FROM intake.raw_total_view raw
	WHERE (raw.person, raw.month, raw.indicator) = (t.person, t.month, t.indicator);

RESET ROLE;

-- What the results rating leaves out: items held on less than a tenth of the days. Other rule sets that do not say it mean the same.
SET ROLE terukur_registry;
UPDATE registry.ruleset SET body = body || '{"brief":0.10}' WHERE version = '2026.1' AND NOT body ? 'brief';
UPDATE registry.version SET version = version + 1;
RESET ROLE;
