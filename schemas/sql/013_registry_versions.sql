-- registry: what changes has a day from which it holds. Positions' items and units' agencies are versions; an assignment
-- remembers the end that it was given, so that one which ended it can be taken back; a person is known by every number
-- that was ever theirs; a source by its code and its uris.

SET ROLE terukur_registry;

-- Of a position, the one with the latest from_date up to a day is in force on it; '-infinity' is the beginning.
CREATE TABLE registry.position_version (
	position text COLLATE "C" NOT NULL REFERENCES registry.position,
	from_date date NOT NULL,
	items jsonb NOT NULL,
	PRIMARY KEY (position, from_date)
);
INSERT INTO registry.position_version SELECT code, '-infinity', items FROM registry.position;
DROP VIEW registry.position_view;
ALTER TABLE registry.position DROP COLUMN items;
CREATE VIEW registry.position_version_view AS
	SELECT position, nullif(from_date, '-infinity') AS from_date, items FROM registry.position_version;
GRANT SELECT ON registry.position_version_view TO terukur_scoring;

-- The same of a unit's agency.
CREATE TABLE registry.unit_agency (
	unit text COLLATE "C" NOT NULL REFERENCES registry.unit,
	from_date date NOT NULL,
	agency text COLLATE "C" NOT NULL REFERENCES registry.agency,
	PRIMARY KEY (unit, from_date)
);
INSERT INTO registry.unit_agency SELECT code, '-infinity', agency FROM registry.unit;
-- With the agency of today, which is what everybody asks: who heads it, whose unit it is. The first holds before its day, too.
CREATE OR REPLACE VIEW registry.unit_view AS
	SELECT u.id, u.code, a.agency, u.name
	FROM registry.unit u JOIN registry.unit_agency a ON a.unit = u.code
	CROSS JOIN (SELECT (now() AT TIME ZONE 'Asia/Pontianak')::date AS day) today
	WHERE NOT EXISTS (SELECT FROM registry.unit_agency b WHERE b.unit = a.unit
		AND CASE WHEN a.from_date <= today.day THEN b.from_date > a.from_date AND b.from_date <= today.day
			ELSE b.from_date < a.from_date END);
CREATE OR REPLACE VIEW registry.assignment_view AS
	SELECT a.person, a.from_date, a.until_date, a.unit, u.agency, a.position, a.superior
	FROM registry.assignment a JOIN registry.unit_view u ON u.code = a.unit;
ALTER TABLE registry.unit DROP COLUMN agency;

-- until_date is the last day; stated_until what was said of it, NULL: nothing. One that ends on the eve of the next was
-- ended by that one.
ALTER TABLE registry.assignment ADD COLUMN stated_until date;
UPDATE registry.assignment a SET stated_until = a.until_date
	WHERE NOT EXISTS (SELECT FROM registry.assignment b WHERE b.person = a.person AND b.from_date = a.until_date + 1);

ALTER TABLE registry.person ADD COLUMN language text CHECK (language IN ('id', 'en')); -- NULL: nobody said
CREATE OR REPLACE VIEW registry.person_view AS SELECT id AS person, name, email, language FROM registry.person;

-- Numbers that people had before theirs was corrected.
CREATE TABLE registry.former_nip (
	nip text COLLATE "C" PRIMARY KEY,
	person uuid NOT NULL REFERENCES registry.person
);
CREATE OR REPLACE VIEW registry.nip_view AS
	SELECT nip, id AS person FROM registry.person UNION ALL SELECT nip, person FROM registry.former_nip;

-- Other names of a source. Those that it has no more stay, for the originals that bear them.
CREATE TABLE registry.source_uri (
	source text COLLATE "C" NOT NULL REFERENCES registry.source,
	uri text COLLATE "C" NOT NULL,
	current bool NOT NULL,
	PRIMARY KEY (source, uri)
);
CREATE VIEW registry.source_uri_view AS
	SELECT u.uri, s.id AS source, s.code FROM registry.source_uri u JOIN registry.source s ON s.code = u.source
	WHERE u.current;
GRANT SELECT ON registry.source_uri_view TO terukur_intake, terukur_gateway;

-- What was one text is the same in both languages; `unit` is the English one.
ALTER TABLE registry.indicator
	ADD COLUMN unit_id text NOT NULL DEFAULT '',
	ADD COLUMN unit_en text NOT NULL DEFAULT '',
	ADD COLUMN result_max numeric(19, 2), -- NULL: no figure is too high
	ADD COLUMN step numeric(19, 2) CHECK (step > 0); -- NULL: 1 for a count, else 0.01
UPDATE registry.indicator SET unit_id = unit, unit_en = unit;
CREATE OR REPLACE VIEW registry.indicator_view AS
	SELECT id, code, name_id, name_en, aspect, measure, direction, unit_en AS unit, min, max, unit_id, unit_en,
		result_max, step
	FROM registry.indicator;
ALTER TABLE registry.indicator DROP COLUMN unit;

-- Drafts change nothing any more, and each day is under what is in force on it: all scores are looked at again.
UPDATE registry.version SET version = version + 1;
INSERT INTO registry.outbox (message)
	SELECT jsonb_build_object('kind', 'person', 'person', person, 'year', year) FROM (SELECT DISTINCT person, year
		FROM registry.plan) y ORDER BY person, year;

RESET ROLE;
