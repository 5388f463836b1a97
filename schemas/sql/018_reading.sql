-- How far each service has read what it reads: noted when everything before is done, before Kafka is told. A store that is
-- older than that was restored from a backup: what came since is read again from here.

DO $$
DECLARE name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['intake', 'scoring', 'notification', 'reporting'] LOOP
		-- What is made in intake's schema is the archive's (017).
		EXECUTE format('SET ROLE %I', CASE name WHEN 'intake' THEN 'terukur_archive' ELSE 'terukur_' || name END);
		EXECUTE format($sql$
			CREATE TABLE %1$I.reading (
				reader text COLLATE "C" NOT NULL, -- the consumer group
				topic text COLLATE "C" NOT NULL,
				"partition" int NOT NULL,
				next bigint NOT NULL, -- the offset behind which everything is done
				lost bigint NOT NULL DEFAULT 0, -- offsets that retention took before anybody read them
				PRIMARY KEY (reader, topic, "partition")
			) WITH (fillfactor = 50);
			CREATE VIEW %1$I.reading_view AS
				SELECT reader, topic, sum(lost)::bigint AS lost FROM %1$I.reading GROUP BY reader, topic;
			GRANT USAGE ON SCHEMA %1$I TO terukur_admin;
			GRANT SELECT ON %1$I.reading_view TO terukur_admin;
		$sql$, name);
		RESET ROLE;
	END LOOP;
	SET ROLE terukur_archive;
	GRANT SELECT, INSERT, UPDATE (next, lost) ON intake.reading TO terukur_intake;
	GRANT SELECT (unpublished, waiting) ON intake.under_way_view TO terukur_intake; -- what waits is a figure of its own
	RESET ROLE;
END $$;
