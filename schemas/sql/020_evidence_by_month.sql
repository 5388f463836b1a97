-- intake: in which months there is evidence of a person, so that nobody who reads it looks into every month that there is.
-- Replaced evidence has a total as well, of nothing.

CREATE VIEW intake.month_view AS SELECT person, month, indicator FROM intake.total;
DO $$
BEGIN -- the owner that the tables have
	EXECUTE format('ALTER VIEW intake.month_view OWNER TO %I',
		(SELECT tableowner FROM pg_tables WHERE schemaname = 'intake' AND tablename = 'total'));
END $$;
GRANT SELECT ON intake.month_view TO terukur_gateway;
