-- terukur_admin: for the operators' command, where it should not be a superuser. It owns nothing: it may do what the
-- registry's owner may, read evidence and scores to verify them, and mark rejected events as published again.
-- Migrations and `admin role password` still want the owner of the database.

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'terukur_admin') THEN
		CREATE ROLE terukur_admin NOLOGIN;
	END IF;
END $$;

GRANT terukur_registry TO terukur_admin;
GRANT USAGE ON SCHEMA intake, scoring TO terukur_admin;
GRANT SELECT ON intake.topic, intake.event_id, intake.evidence, intake.replacement, intake.waiting, intake.total,
	intake.completeness, intake.rejection, intake.total_view, intake.raw_total_view, intake.completeness_view,
	intake.under_way_view, intake.tally_view TO terukur_admin;
GRANT SELECT ON scoring.score, scoring.person, scoring.score_view, scoring.under_way_view TO terukur_admin;
GRANT UPDATE (redriven_at) ON intake.rejection TO terukur_admin;
