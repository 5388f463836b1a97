-- Indicators that citizens' answers measure, and who hands a counter's tablet its key.

SET ROLE terukur_registry;

-- What of an answer (one of the nine elements, or overall), and whether answers about the unit or about the person. Both NULL
-- for all other measures.
ALTER TABLE registry.indicator
	ADD COLUMN element text,
	ADD COLUMN scope text,
	DROP CONSTRAINT indicator_measure_check, -- expand: a word more
	ADD CONSTRAINT indicator_measure_check CHECK (measure IN ('count', 'sum', 'mean', 'ratio', 'latest', 'survey')) NOT VALID,
	ADD CONSTRAINT indicator_survey_check CHECK ((measure = 'survey') = (element IS NOT NULL AND scope IS NOT NULL)) NOT VALID;
CREATE OR REPLACE VIEW registry.indicator_view AS
	SELECT id, code, name_id, name_en, aspect, measure, direction, unit_en AS unit, min, max, unit_id, unit_en,
		result_max, step, element, scope
	FROM registry.indicator;
GRANT SELECT (element, scope) ON registry.indicator_view TO terukur_scoring, terukur_gateway;

ALTER TABLE registry.token
	DROP CONSTRAINT token_role_check, -- expand: a word more
	ADD CONSTRAINT token_role_check CHECK (role IN ('person', 'head', 'auditor', 'operator', 'upstream', 'counter')) NOT VALID;

-- To which agency a unit belongs: intake keeps it beside an answer that names the unit; the gateway refuses one that names another.
GRANT SELECT (agency) ON registry.unit_view TO terukur_gateway;

RESET ROLE;
