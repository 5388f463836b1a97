-- scoring: facts that others worked out for themselves are published once, beside the score: the unit of the last service
-- day, and which days of the period are service days. Whose agency it is, the view asks the registry whenever it is read.

SET ROLE terukur_scoring;
ALTER TABLE scoring.score
	ADD COLUMN unit text COLLATE "C", -- code; NULL, as the days: there is no score
	ADD COLUMN service_days datemultirange;
RESET ROLE;

-- Scores that stand are filled here, by the same rule, so that readers have the facts from the first moment. The hash of
-- what a score says covers them from now on, and only the service can reckon it: the registry asks once for each year with
-- a score (`admin registry publish`, or whatever says its notices next), and each is written and told again. Until then
-- `admin verify` says of each that it is not the one that the evidence makes.
UPDATE scoring.score s SET unit = f.unit, service_days = f.days
	FROM (SELECT o.person, o.period, a.unit, d.days FROM scoring.score o
		CROSS JOIN LATERAL reporting.days_of(o.period) AS p(first, last)
		CROSS JOIN LATERAL (SELECT range_agg(daterange(b.from_date, b.until_date, '[]'))
			* datemultirange(daterange(p.first, p.last, '[]'))
			- coalesce((SELECT range_agg(daterange(c.from_date, c.until_date, '[]')) FROM registry.absence c
				WHERE c.person = o.person), '{}') AS days
			FROM registry.assignment b WHERE b.person = o.person) d
		JOIN registry.assignment a ON a.person = o.person
			AND upper(d.days) - 1 BETWEEN a.from_date AND coalesce(a.until_date, 'infinity')
		WHERE o.body IS NOT NULL) f
	WHERE s.person = f.person AND s.period = f.period;
INSERT INTO registry.outbox (message)
	SELECT jsonb_build_object('kind', 'person', 'person', person, 'year', year) FROM (SELECT DISTINCT person,
		left(period, 4)::int AS year FROM scoring.score WHERE body IS NOT NULL) y ORDER BY person, year;

SET ROLE terukur_scoring;
CREATE INDEX score_unit ON scoring.score (unit, period);
CREATE OR REPLACE VIEW scoring.score_view AS
	SELECT s.person, s.period, s.revision, s.body, s.computed_at, s.results, s.rating, s.missing, s.unit, u.agency,
		s.service_days
	FROM scoring.score s LEFT JOIN registry.unit_view u ON u.code = s.unit WHERE s.body IS NOT NULL;
RESET ROLE;

-- reporting: a score's unit comes with the score, and a unit's agency is today's. Nothing follows the registry any more.

SET ROLE terukur_reporting;
DROP VIEW reporting.person_score_view, reporting.unit_view, reporting.agency_view, reporting.indicator_view;
DROP FUNCTION reporting.days_of;
ALTER TABLE reporting.score DROP COLUMN agency, DROP COLUMN registry;
UPDATE reporting.score s SET unit = v.unit FROM scoring.score_view v
	WHERE v.person = s.person AND v.period = s.period AND s.unit IS DISTINCT FROM v.unit;

CREATE VIEW reporting.person_score_view AS
	SELECT s.person, p.name, s.unit, u.agency, s.period, s.results, s.rating, s.missing, s.revision
	FROM reporting.score s LEFT JOIN registry.unit_view u ON u.code = s.unit
	LEFT JOIN registry.person_view p ON p.person = s.person WHERE s.stands;
-- `people` have a score with results; `mean` is theirs, each person counting once; `missing` counts items.
CREATE VIEW reporting.unit_view AS
	SELECT s.unit, u.agency, s.period, count(s.results) AS people, round(avg(s.results), 2) AS mean,
		count(*) FILTER (WHERE s.rating = 'ABOVE') AS above, count(*) FILTER (WHERE s.rating = 'MEETS') AS meets,
		count(*) FILTER (WHERE s.rating = 'BELOW') AS below, sum(s.missing) AS missing
	FROM reporting.score s JOIN registry.unit_view u ON u.code = s.unit WHERE s.stands
	GROUP BY s.unit, u.agency, s.period;
CREATE VIEW reporting.agency_view AS
	SELECT u.agency, s.period, count(s.results) AS people, round(avg(s.results), 2) AS mean,
		count(*) FILTER (WHERE s.rating = 'ABOVE') AS above, count(*) FILTER (WHERE s.rating = 'MEETS') AS meets,
		count(*) FILTER (WHERE s.rating = 'BELOW') AS below, sum(s.missing) AS missing
	FROM reporting.score s JOIN registry.unit_view u ON u.code = s.unit WHERE s.stands GROUP BY u.agency, s.period;
-- The same for each indicator, from the scores themselves. `realized` adds up what was realised: it says something of
-- counts and sums, not of means and ratios.
CREATE VIEW reporting.indicator_view AS
	SELECT s.unit, s.agency, s.period, i.indicator, count(*) AS people, sum(i.events) AS events,
		sum(i.realized) AS realized, round(avg(i.achievement), 2) AS mean_achievement,
		count(*) FILTER (WHERE i.rating = 'ABOVE') AS above, count(*) FILTER (WHERE i.rating = 'MEETS') AS meets,
		count(*) FILTER (WHERE i.rating = 'BELOW') AS below
	FROM scoring.score_view s CROSS JOIN LATERAL json_to_recordset(s.body::json -> 'items')
		AS i(indicator text, events bigint, realized numeric, achievement numeric, rating text)
	GROUP BY s.unit, s.agency, s.period, i.indicator;
GRANT SELECT ON reporting.person_score_view, reporting.unit_view, reporting.agency_view, reporting.indicator_view
	TO terukur_gateway;
RESET ROLE;

-- What nobody reads any more, or never did.

SET ROLE terukur_registry;
DROP VIEW registry.outbox_view;
REVOKE SELECT ON registry.version_view, registry.assignment_view, registry.absence_view, registry.agency_view,
	registry.indicator_view FROM terukur_reporting;
REVOKE SELECT ON registry.assignment_view, registry.absence_view FROM terukur_notification;
REVOKE SELECT ON registry.absence_view FROM terukur_gateway;
RESET ROLE;

SET ROLE terukur_notification;
DROP VIEW notification.email_view;
RESET ROLE;

SET ROLE terukur_intake;
REVOKE USAGE ON SCHEMA intake FROM terukur_notification, terukur_reporting;
RESET ROLE;
