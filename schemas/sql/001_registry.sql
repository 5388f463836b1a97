-- registry: who and what there is. Written by `admin` alone, as terukur_registry; read by others through views.
-- Migrations run once, in order, as the owner of the database.

DO $$
DECLARE r text;
BEGIN
	FOREACH r IN ARRAY ARRAY['terukur_registry', 'terukur_intake', 'terukur_scoring',
		'terukur_notification', 'terukur_reporting', 'terukur_gateway'] LOOP
		BEGIN
			EXECUTE format('CREATE ROLE %I NOLOGIN', r);
		EXCEPTION WHEN duplicate_object OR unique_violation THEN
			NULL; -- roles belong to the whole cluster: another database has made it
		END;
	END LOOP;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA registry AUTHORIZATION terukur_registry;
SET ROLE terukur_registry;

CREATE TABLE registry.agency (
	code text COLLATE "C" PRIMARY KEY,
	name text NOT NULL
);

CREATE TABLE registry.unit (
	id int GENERATED ALWAYS AS IDENTITY UNIQUE,
	code text COLLATE "C" PRIMARY KEY,
	agency text COLLATE "C" NOT NULL REFERENCES registry.agency,
	name text NOT NULL
);

CREATE TABLE registry.indicator (
	id int GENERATED ALWAYS AS IDENTITY UNIQUE,
	code text COLLATE "C" PRIMARY KEY,
	name_id text NOT NULL,
	name_en text NOT NULL,
	aspect text NOT NULL CHECK (aspect IN ('productivity', 'service_quality', 'innovation')),
	measure text NOT NULL CHECK (measure IN ('count', 'sum', 'mean', 'ratio', 'latest')),
	direction text NOT NULL CHECK (direction IN ('more', 'less')),
	unit text NOT NULL DEFAULT '',
	min numeric(19, 4),
	max numeric(19, 4)
);

CREATE TABLE registry.source (
	id int GENERATED ALWAYS AS IDENTITY UNIQUE,
	code text COLLATE "C" PRIMARY KEY,
	name text NOT NULL
);

-- Which indicators a source may report.
CREATE TABLE registry.source_indicator (
	source text COLLATE "C" REFERENCES registry.source,
	indicator text COLLATE "C" REFERENCES registry.indicator,
	PRIMARY KEY (source, indicator)
);

CREATE TABLE registry.position (
	code text COLLATE "C" PRIMARY KEY,
	name text NOT NULL,
	items jsonb NOT NULL
);

CREATE TABLE registry.person (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	nip text COLLATE "C" NOT NULL UNIQUE,
	name text NOT NULL,
	email text
);

-- Successive assignments; an open one ends the day before the next begins (until_date says so already).
CREATE TABLE registry.assignment (
	person uuid NOT NULL REFERENCES registry.person,
	from_date date NOT NULL,
	until_date date, -- included; NULL: open
	unit text COLLATE "C" NOT NULL REFERENCES registry.unit,
	position text COLLATE "C" NOT NULL REFERENCES registry.position,
	superior uuid REFERENCES registry.person,
	PRIMARY KEY (person, from_date),
	CHECK (until_date IS NULL OR until_date >= from_date)
);
CREATE INDEX assignment_unit ON registry.assignment (unit);
CREATE INDEX assignment_superior ON registry.assignment (superior);

CREATE TABLE registry.absence (
	person uuid NOT NULL REFERENCES registry.person,
	from_date date NOT NULL,
	until_date date NOT NULL, -- included
	kind text NOT NULL,
	PRIMARY KEY (person, from_date),
	CHECK (until_date >= from_date)
);

-- Versions are appended; in force is the one with the latest from_date, then the highest version.
CREATE TABLE registry.plan (
	person uuid NOT NULL REFERENCES registry.person,
	year int NOT NULL,
	version int NOT NULL,
	from_date date NOT NULL,
	status text NOT NULL,
	items jsonb, -- NULL: the position's
	PRIMARY KEY (person, year, version)
);

CREATE TABLE registry.ruleset (
	version text COLLATE "C" PRIMARY KEY,
	from_date date NOT NULL UNIQUE,
	body jsonb NOT NULL
);
INSERT INTO registry.ruleset VALUES ('2026.1', '2026-01-01',
	'{"version":"2026.1","from":"2026-01-01","cap":120,"below_under":90,"above_from":110,"most":0.5,"minimum_group":5,"survey":{"prior":3.00,"prior_weight":10}}');

-- One row. Grows with every load that changes anything: who caches the registry looks here first.
CREATE TABLE registry.version (
	only_one bool PRIMARY KEY DEFAULT true CHECK (only_one),
	version bigint NOT NULL DEFAULT 1
);
INSERT INTO registry.version DEFAULT VALUES;

-- What registry.changed still has to say: written with the change, deleted once Kafka has acknowledged.
CREATE TABLE registry.outbox (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	message jsonb NOT NULL,
	at timestamptz NOT NULL DEFAULT now()
);

-- Bearer tokens, hashed (sha256 of the token's text).
CREATE TABLE registry.token (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	hash bytea NOT NULL UNIQUE,
	role text NOT NULL CHECK (role IN ('person', 'head', 'auditor', 'operator', 'upstream')),
	person uuid REFERENCES registry.person,
	agency text COLLATE "C" REFERENCES registry.agency,
	source text COLLATE "C" REFERENCES registry.source,
	note text NOT NULL DEFAULT '',
	created_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz,
	revoked_at timestamptz
);

CREATE VIEW registry.version_view AS SELECT version FROM registry.version;
CREATE VIEW registry.agency_view AS SELECT code, name FROM registry.agency;
CREATE VIEW registry.unit_view AS SELECT id, code, agency, name FROM registry.unit;
CREATE VIEW registry.indicator_view AS
	SELECT id, code, name_id, name_en, aspect, measure, direction, unit, min, max FROM registry.indicator;
CREATE VIEW registry.source_view AS SELECT id, code, name FROM registry.source;
CREATE VIEW registry.source_indicator_view AS
	SELECT s.id AS source, i.id AS indicator
	FROM registry.source_indicator si JOIN registry.source s ON s.code = si.source
	JOIN registry.indicator i ON i.code = si.indicator;
CREATE VIEW registry.position_view AS SELECT code, name, items FROM registry.position;
-- For intake alone: the only service that meets NIPs.
CREATE VIEW registry.nip_view AS SELECT nip, id AS person FROM registry.person;
-- Without the NIP, which stays inside.
CREATE VIEW registry.person_view AS SELECT id AS person, name, email FROM registry.person;
CREATE VIEW registry.assignment_view AS
	SELECT a.person, a.from_date, a.until_date, a.unit, u.agency, a.position, a.superior
	FROM registry.assignment a JOIN registry.unit u ON u.code = a.unit;
CREATE VIEW registry.absence_view AS SELECT person, from_date, until_date, kind FROM registry.absence;
CREATE VIEW registry.plan_view AS SELECT person, year, version, from_date, status, items FROM registry.plan;
CREATE VIEW registry.ruleset_view AS SELECT version, from_date, body FROM registry.ruleset;
CREATE VIEW registry.outbox_view AS SELECT id, at FROM registry.outbox;
CREATE VIEW registry.token_view AS
	SELECT id, hash, role, person, agency, source, expires_at FROM registry.token WHERE revoked_at IS NULL;

GRANT USAGE ON SCHEMA registry TO
	terukur_intake, terukur_scoring, terukur_notification, terukur_reporting, terukur_gateway;
GRANT SELECT ON registry.version_view, registry.unit_view, registry.indicator_view, registry.source_view,
	registry.source_indicator_view, registry.nip_view, registry.assignment_view TO terukur_intake;
GRANT SELECT ON registry.version_view, registry.unit_view, registry.indicator_view, registry.position_view,
	registry.assignment_view, registry.absence_view, registry.plan_view, registry.ruleset_view TO terukur_scoring;
GRANT SELECT ON registry.indicator_view, registry.person_view, registry.assignment_view,
	registry.absence_view TO terukur_notification;
GRANT SELECT ON registry.agency_view, registry.unit_view, registry.person_view, registry.assignment_view,
	registry.indicator_view TO terukur_reporting;
GRANT SELECT ON registry.agency_view, registry.unit_view, registry.indicator_view, registry.person_view,
	registry.assignment_view, registry.absence_view, registry.token_view, registry.source_view TO terukur_gateway;

RESET ROLE;
