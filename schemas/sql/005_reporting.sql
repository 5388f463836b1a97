-- reporting: scores beside their units, so that units and agencies can be summed up.

SET ROLE terukur_registry;
GRANT SELECT ON registry.absence_view, registry.version_view TO terukur_reporting;
RESET ROLE;

CREATE SCHEMA reporting AUTHORIZATION terukur_reporting;
SET ROLE terukur_reporting;

-- A row for each person's period that has or had a score. Aggregates are views over it, so there is nothing beside the
-- rows that could drift from them.
CREATE TABLE reporting.score (
	person uuid NOT NULL,
	period text COLLATE "C" NOT NULL,
	revision bigint NOT NULL DEFAULT 0,
	stands bool NOT NULL DEFAULT false, -- false: there is no score now
	results numeric, -- NULL: nothing was measured
	rating text,
	missing int NOT NULL DEFAULT 0, -- items
	unit text COLLATE "C", -- of the assignment on the period's last service day
	agency text COLLATE "C",
	registry bigint NOT NULL DEFAULT 0, -- the registry's version that unit and agency are of; 0: of none yet
	PRIMARY KEY (person, period)
) WITH (fillfactor = 70);
CREATE INDEX score_unit ON reporting.score (unit, period);
CREATE INDEX score_agency ON reporting.score (agency, period);
CREATE INDEX score_registry ON reporting.score (registry) WHERE stands;

-- A period's first and last day.
CREATE FUNCTION reporting.days_of(period text, OUT first date, OUT last date) LANGUAGE sql IMMUTABLE AS $$
	SELECT d.first, (d.first + CASE length(period) WHEN 4 THEN interval '1 year' WHEN 7 THEN
		CASE WHEN period LIKE '%Q%' THEN interval '3 months' ELSE interval '1 month' END END)::date - 1
	FROM (SELECT make_date(left(period, 4)::int, CASE WHEN length(period) = 4 THEN 1
		WHEN period LIKE '%Q%' THEN right(period, 1)::int * 3 - 2 ELSE right(period, 2)::int END, 1)) AS d(first)
$$;
REVOKE ALL ON FUNCTION reporting.days_of FROM PUBLIC;

CREATE VIEW reporting.person_score_view AS
	SELECT s.person, p.name, s.unit, s.agency, s.period, s.results, s.rating, s.missing, s.revision
	FROM reporting.score s LEFT JOIN registry.person_view p ON p.person = s.person WHERE s.stands;
-- `people` have a score with results; `mean` is theirs, each person counting once; `missing` counts items.
CREATE VIEW reporting.unit_view AS
	SELECT unit, agency, period, count(results) AS people, round(avg(results), 2) AS mean,
		count(*) FILTER (WHERE rating = 'ABOVE') AS above, count(*) FILTER (WHERE rating = 'MEETS') AS meets,
		count(*) FILTER (WHERE rating = 'BELOW') AS below, sum(missing) AS missing
	FROM reporting.score WHERE stands AND unit IS NOT NULL GROUP BY unit, agency, period;
CREATE VIEW reporting.agency_view AS
	SELECT agency, period, count(results) AS people, round(avg(results), 2) AS mean,
		count(*) FILTER (WHERE rating = 'ABOVE') AS above, count(*) FILTER (WHERE rating = 'MEETS') AS meets,
		count(*) FILTER (WHERE rating = 'BELOW') AS below, sum(missing) AS missing
	FROM reporting.score WHERE stands AND agency IS NOT NULL GROUP BY agency, period;
-- The same for each indicator, from the scores themselves. `realized` adds up what was realised: it says something of
-- counts and sums, not of means and ratios.
CREATE VIEW reporting.indicator_view AS
	SELECT s.unit, s.agency, s.period, i.indicator, count(*) AS people, sum(i.events) AS events,
		sum(i.realized) AS realized, round(avg(i.achievement), 2) AS mean_achievement,
		count(*) FILTER (WHERE i.rating = 'ABOVE') AS above, count(*) FILTER (WHERE i.rating = 'MEETS') AS meets,
		count(*) FILTER (WHERE i.rating = 'BELOW') AS below
	FROM reporting.score s JOIN scoring.score_view v ON v.person = s.person AND v.period = s.period
	CROSS JOIN LATERAL json_to_recordset(v.body::json -> 'items')
		AS i(indicator text, events bigint, realized numeric, achievement numeric, rating text)
	WHERE s.stands AND s.unit IS NOT NULL GROUP BY s.unit, s.agency, s.period, i.indicator;

GRANT USAGE ON SCHEMA reporting TO terukur_gateway;
GRANT SELECT ON reporting.person_score_view, reporting.unit_view, reporting.agency_view, reporting.indicator_view
	TO terukur_gateway;

RESET ROLE;
