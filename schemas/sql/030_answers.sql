-- intake: citizens' answers to the satisfaction survey, numbers without words. An answer is stored once under the key that its
-- tracking code hashes to, with its day and no finer time; nothing here says who gave it.

SET ROLE terukur_archive;

CREATE TABLE intake.answer (
	key uuid PRIMARY KEY,
	agency text COLLATE "C" NOT NULL,
	unit text COLLATE "C", -- NULL: of the agency as a whole
	day date NOT NULL, -- on which it was received, in Asia/Pontianak
	requirements smallint NOT NULL, procedure smallint NOT NULL, completion_time smallint NOT NULL,
	cost smallint NOT NULL, product smallint NOT NULL, competence smallint NOT NULL,
	behaviour smallint NOT NULL, facilities smallint NOT NULL, complaint_handling smallint NOT NULL
);
CREATE INDEX answer_unit ON intake.answer (unit, day);
GRANT SELECT, INSERT ON intake.answer TO terukur_intake;

-- The same added up, for scores and public figures; what counts answers changes it, and nobody else. `squares` are of each answer's sum of its nine.
CREATE TABLE intake.answers (
	agency text COLLATE "C" NOT NULL,
	unit text COLLATE "C" NOT NULL, -- '': of no unit
	day date NOT NULL,
	n bigint NOT NULL,
	requirements bigint NOT NULL, procedure bigint NOT NULL, completion_time bigint NOT NULL,
	cost bigint NOT NULL, product bigint NOT NULL, competence bigint NOT NULL,
	behaviour bigint NOT NULL, facilities bigint NOT NULL, complaint_handling bigint NOT NULL,
	squares bigint NOT NULL,
	PRIMARY KEY (unit, agency, day)
) WITH (fillfactor = 60);


-- Whose scores are to be looked at again: of which unit, and which month.
CREATE TABLE intake.answer_mark (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	unit text COLLATE "C" NOT NULL,
	month int NOT NULL,
	at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, UPDATE (id), DELETE ON intake.answer_mark TO terukur_intake; -- UPDATE is for locking

-- What is added up changes with what is stored, in the order of its key.
CREATE FUNCTION intake.count_answers() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO intake.answers AS t (agency, unit, day, n, requirements, procedure, completion_time, cost, product, competence, behaviour, facilities, complaint_handling, squares)
		SELECT agency, coalesce(unit, ''), day, count(*), sum(requirements), sum(procedure), sum(completion_time),
			sum(cost), sum(product), sum(competence),
			sum(behaviour), sum(facilities), sum(complaint_handling),
			sum(whole * whole)
		FROM (SELECT *, requirements + procedure + completion_time + cost + product + competence + behaviour
			+ facilities + complaint_handling AS whole FROM added) a GROUP BY 1, 2, 3 ORDER BY 2, 1, 3
		ON CONFLICT (unit, agency, day) DO UPDATE SET n = t.n + excluded.n,
			requirements = t.requirements + excluded.requirements, procedure = t.procedure + excluded.procedure, completion_time = t.completion_time + excluded.completion_time,
			cost = t.cost + excluded.cost, product = t.product + excluded.product, competence = t.competence + excluded.competence,
			behaviour = t.behaviour + excluded.behaviour, facilities = t.facilities + excluded.facilities, complaint_handling = t.complaint_handling + excluded.complaint_handling,
			squares = t.squares + excluded.squares;
	INSERT INTO intake.answer_mark (unit, month)
		SELECT DISTINCT unit, (extract(year FROM day) * 12 + extract(month FROM day) - 1)::int FROM added
		WHERE unit IS NOT NULL;
	RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION intake.count_answers FROM PUBLIC;
CREATE TRIGGER answer_counted AFTER INSERT ON intake.answer REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION intake.count_answers();

-- What the sums must be.
CREATE VIEW intake.raw_answers_view AS
	SELECT agency, coalesce(unit, '') AS unit, day, count(*) AS n,
		sum(requirements) AS requirements, sum(procedure) AS procedure, sum(completion_time) AS completion_time,
		sum(cost) AS cost, sum(product) AS product, sum(competence) AS competence,
		sum(behaviour) AS behaviour, sum(facilities) AS facilities, sum(complaint_handling) AS complaint_handling,
		sum(whole * whole)::bigint AS squares
	FROM (SELECT *, requirements + procedure + completion_time + cost + product + competence + behaviour
		+ facilities + complaint_handling AS whole FROM intake.answer) a GROUP BY 1, 2, 3;
CREATE VIEW intake.answers_view AS SELECT agency, unit, day, n, requirements, procedure, completion_time, cost, product, competence,
		behaviour, facilities, complaint_handling, squares
	FROM intake.answers;
CREATE VIEW intake.answer_view AS SELECT key, day FROM intake.answer;
GRANT SELECT ON intake.answers_view, intake.raw_answers_view TO terukur_admin;
GRANT SELECT (unit, day, n, requirements, procedure, completion_time, cost, product, competence, behaviour, facilities, complaint_handling) ON intake.answers_view TO terukur_scoring;
GRANT SELECT ON intake.answers_view, intake.answer_view TO terukur_gateway;

-- Sums that are not those of the answers are made anew, all of them; how many there are then, 0: all was well.
CREATE FUNCTION intake.recount_answers() RETURNS bigint LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE made bigint;
BEGIN
	IF NOT EXISTS (SELECT FROM (SELECT * FROM intake.raw_answers_view EXCEPT SELECT * FROM intake.answers_view) a)
		AND NOT EXISTS (SELECT FROM (SELECT * FROM intake.answers_view EXCEPT SELECT * FROM intake.raw_answers_view) b)
	THEN
		RETURN 0;
	END IF;
	LOCK TABLE intake.answer, intake.answers IN SHARE ROW EXCLUSIVE MODE;
	INSERT INTO intake.answer_mark (unit, month)
		SELECT DISTINCT unit, (extract(year FROM day) * 12 + extract(month FROM day) - 1)::int
		FROM (SELECT unit, day FROM intake.answers UNION SELECT unit, day FROM intake.raw_answers_view) u WHERE unit <> '';
	DELETE FROM intake.answers;
	INSERT INTO intake.answers SELECT * FROM intake.raw_answers_view;
	GET DIAGNOSTICS made = ROW_COUNT;
	RETURN made;
END $$;
REVOKE ALL ON FUNCTION intake.recount_answers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intake.recount_answers TO terukur_intake;

-- Marks of answers are under way, too.
CREATE OR REPLACE VIEW intake.under_way_view AS
	SELECT (SELECT count(*) FROM intake.waiting) AS waiting,
		(SELECT count(*) FROM intake.waiting w JOIN intake.event_id e ON e.key = w.replaces AND NOT e.waiting) AS due,
		(SELECT count(*) FROM intake.outbox) + (SELECT count(*) FROM intake.rejection WHERE NOT published)
			+ (SELECT count(*) FROM intake.answer_mark) AS unpublished;

RESET ROLE;
