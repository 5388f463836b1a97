-- scoring: the scores that stand, one row for each person and period. A row is its own outbox: it is still to be
-- published while published_revision < revision.

CREATE SCHEMA scoring AUTHORIZATION terukur_scoring;
SET ROLE terukur_scoring;

CREATE TABLE scoring.score (
	person uuid NOT NULL,
	period text COLLATE "C" NOT NULL,
	revision bigint NOT NULL DEFAULT 0,
	published_revision bigint NOT NULL DEFAULT 0,
	content uuid, -- hash of the score without its revision; NULL: there is no score
	body text, -- the score as published; NULL: there is none (any more)
	computed_at timestamptz,
	PRIMARY KEY (person, period)
) WITH (fillfactor = 60);
CREATE INDEX score_unpublished ON scoring.score (person, period) WHERE published_revision < revision;

CREATE VIEW scoring.score_view AS
	SELECT person, period, revision, body, computed_at FROM scoring.score WHERE body IS NOT NULL;

GRANT USAGE ON SCHEMA scoring TO terukur_notification, terukur_reporting, terukur_gateway;
GRANT SELECT ON scoring.score_view TO terukur_notification, terukur_reporting, terukur_gateway;

RESET ROLE;
