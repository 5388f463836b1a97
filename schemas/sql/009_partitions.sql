-- intake: a new month's partition stops nobody. Created within its parent it would wait for all who read evidence, and
-- everybody else for it; attached it does not.

SET ROLE terukur_intake;

CREATE OR REPLACE FUNCTION intake.make_partition(day date) RETURNS void LANGUAGE plpgsql
	SET client_min_messages = warning SET lock_timeout = '5s' AS $$
DECLARE
	first date := date_trunc('month', day)::date;
	partition text := 'evidence_' || to_char(first, 'YYYY_MM');
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('intake.make_partition'));
	IF to_regclass(format('intake.%I', partition)) IS NOT NULL THEN
		RETURN;
	END IF;
	EXECUTE format('CREATE TABLE intake.%I (LIKE intake.evidence INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
	EXECUTE format('ALTER TABLE intake.evidence ATTACH PARTITION intake.%I FOR VALUES FROM (%L) TO (%L)',
		partition, first, (first + interval '1 month')::date);
END $$;

RESET ROLE;
