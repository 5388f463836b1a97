-- scoring: what reporting sums up stands beside the text, so that nobody takes it apart again; and the texts are kept small.

SET ROLE terukur_scoring;

ALTER TABLE scoring.score
	ADD COLUMN results numeric, -- to hundredths; NULL: nothing was measured
	ADD COLUMN rating text,
	ADD COLUMN missing int NOT NULL DEFAULT 0; -- items

UPDATE scoring.score s SET results = (b.results ->> 'score')::numeric, rating = b.results ->> 'rating',
	missing = json_array_length(b.missing)
	FROM (SELECT person, period, body FROM scoring.score WHERE body IS NOT NULL) t
	CROSS JOIN LATERAL json_to_record(t.body::json) AS b(results json, missing json)
	WHERE s.person = t.person AND s.period = t.period;

-- Long texts stay in their row, compressed fast: they are written anew with every change.
ALTER TABLE scoring.score ALTER COLUMN body SET STORAGE MAIN, ALTER COLUMN body SET COMPRESSION lz4;

CREATE OR REPLACE VIEW scoring.score_view AS
	SELECT person, period, revision, body, computed_at, results, rating, missing FROM scoring.score WHERE body IS NOT NULL;

RESET ROLE;
