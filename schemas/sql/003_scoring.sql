-- scoring: the scores that stand, one row for each person and period, and which of them are still to be published.

CREATE SCHEMA scoring AUTHORIZATION terukur_scoring;
SET ROLE terukur_scoring;

-- Everything of one person is computed and published under this row's lock. What is still to be published are the
-- person's scores whose person_revision is above published_revision.
CREATE TABLE scoring.person (
	person uuid PRIMARY KEY,
	revision bigint NOT NULL DEFAULT 0, -- grows with every change of any of the person's scores
	published_revision bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE INDEX person_unpublished ON scoring.person (person) WHERE published_revision < revision;

CREATE TABLE scoring.score (
	person uuid NOT NULL REFERENCES scoring.person,
	period text COLLATE "C" NOT NULL,
	revision bigint NOT NULL,
	person_revision bigint NOT NULL, -- the person's, at which this one was written
	content uuid, -- hash of the score without its revision; NULL: there is no score
	body text, -- the score as published; NULL: there is none any more
	computed_at timestamptz NOT NULL,
	PRIMARY KEY (person, period)
) WITH (fillfactor = 60);

CREATE VIEW scoring.score_view AS
	SELECT person, period, revision, body, computed_at FROM scoring.score WHERE body IS NOT NULL;

CREATE VIEW scoring.under_way_view AS
	SELECT count(*) AS unpublished, min(s.computed_at) AS oldest FROM scoring.person p
	JOIN scoring.score s ON s.person = p.person AND s.person_revision > p.published_revision
	WHERE p.published_revision < p.revision;

GRANT USAGE ON SCHEMA scoring TO terukur_notification, terukur_reporting, terukur_gateway;
GRANT SELECT ON scoring.score_view TO terukur_notification, terukur_reporting, terukur_gateway;

RESET ROLE;
