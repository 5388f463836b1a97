-- Least power: who may do what with which table is what its statements need, and no more. And what is kept for a time only.
--
-- What services may add to and not change belongs to terukur_archive: nobody signs in as it. An owner could switch triggers
-- off, alter or drop; and the owner of a schema could drop what is in it. So the schemas are its own, too; what is made in
-- `intake` from here on is made as terukur_archive, and granted.

DO $$
BEGIN
	EXECUTE format('CREATE ROLE %I NOLOGIN', 'terukur_archive');
EXCEPTION WHEN duplicate_object OR unique_violation THEN
	NULL; -- roles belong to the whole cluster: another database has made it
END $$;

SET ROLE terukur_registry;
GRANT USAGE ON SCHEMA registry TO terukur_archive;
GRANT SELECT (id, code) ON registry.source_view TO terukur_archive; -- intake.counting_view says a source's code
RESET ROLE;

ALTER SCHEMA intake OWNER TO terukur_archive;
ALTER SCHEMA gateway OWNER TO terukur_archive;

-- Everything there but sign-ins: tables, the partitions of each month, views, functions.
DO $$
DECLARE r record;
BEGIN
	FOR r IN SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind
		FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v')
		AND (c.relnamespace = 'intake'::regnamespace OR c.oid = 'gateway.access'::regclass)
	LOOP
		EXECUTE format('ALTER %s %s OWNER TO terukur_archive', r.kind, r.name);
	END LOOP;
	FOR r IN SELECT p.oid::regprocedure AS name FROM pg_proc p
		WHERE p.pronamespace IN ('intake'::regnamespace, 'gateway'::regnamespace)
	LOOP
		EXECUTE format('ALTER FUNCTION %s OWNER TO terukur_archive', r.name);
	END LOOP;
END $$;

SET ROLE terukur_archive;

-- intake. Evidence, the ids of topics, what replaces what and who declared what complete are added to. Of what is counted
-- the figures change, not whose they are. UPDATE of a number that the table itself gives changes nothing: it is what locking
-- a row asks for.
REVOKE ALL ON SCHEMA intake FROM terukur_intake;
REVOKE ALL ON ALL TABLES IN SCHEMA intake FROM terukur_intake;
GRANT USAGE ON SCHEMA intake TO terukur_intake;
GRANT SELECT, INSERT ON intake.topic, intake.evidence, intake.replacement, intake.completeness TO terukur_intake;
GRANT SELECT, INSERT, UPDATE (waiting), DELETE ON intake.event_id TO terukur_intake;
GRANT SELECT, INSERT, UPDATE (seq), DELETE ON intake.waiting TO terukur_intake;
GRANT SELECT, INSERT, UPDATE (n, sum, sum_of, latest_at, latest_source, latest_id, latest_value)
	ON intake.total TO terukur_intake;
GRANT SELECT, INSERT, UPDATE (published), DELETE ON intake.rejection TO terukur_intake;
GRANT SELECT, INSERT, UPDATE (id), DELETE ON intake.outbox TO terukur_intake;

-- Counts of workers that are gone (replicas have names of their own) become one row; so a row says when it last changed.
ALTER TABLE intake.tally ADD COLUMN at timestamptz NOT NULL DEFAULT now();
GRANT SELECT, INSERT, UPDATE (accepted, duplicates, rejected, at), DELETE ON intake.tally TO terukur_intake;

-- A month's partition is the owner's, as the table is.
CREATE OR REPLACE FUNCTION intake.make_partition(day date) RETURNS void LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
REVOKE ALL ON FUNCTION intake.make_partition FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intake.make_partition TO terukur_intake;

-- Rejections hold NIPs: they end with their time. What is not published yet stays.
CREATE INDEX rejection_age ON intake.rejection (at) WHERE published;

-- gateway: looks at people's data are kept for a year at the least, whatever anybody says; after that they can end.
CREATE INDEX access_age ON gateway.access (at);
GRANT ALL ON gateway.access TO terukur_archive; -- the owner before gave some of it up
CREATE OR REPLACE FUNCTION gateway.refuse_change() RETURNS trigger LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RAISE EXCEPTION 'gateway.access is appended only, and kept for a year';
END $$;
DROP TRIGGER access_appended_only ON gateway.access;
CREATE TRIGGER access_appended_only BEFORE UPDATE OR TRUNCATE ON gateway.access
	FOR EACH STATEMENT EXECUTE FUNCTION gateway.refuse_change();
CREATE TRIGGER access_kept BEFORE DELETE ON gateway.access
	FOR EACH ROW WHEN (OLD.at > now() - interval '365 days') EXECUTE FUNCTION gateway.refuse_change();

-- The oldest looks from before an instant, at most so many; how many went.
CREATE FUNCTION gateway.forget_access(before timestamptz, most int) RETURNS bigint LANGUAGE sql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH gone AS (DELETE FROM gateway.access WHERE id IN (SELECT id FROM gateway.access
		WHERE at < least($1, now() - interval '365 days') ORDER BY at LIMIT $2) RETURNING 1)
	SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION gateway.forget_access FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gateway.forget_access TO terukur_gateway;

RESET ROLE;

SET ROLE terukur_notification;
CREATE INDEX inbox_read ON notification.inbox (read_at) WHERE published;
RESET ROLE;

-- Readers of views read the columns that their statements name: nobody's address but whoever sends mail, the kind of an
-- absence nobody at all.

SET ROLE terukur_registry;
REVOKE SELECT ON registry.assignment_view, registry.indicator_view, registry.source_view, registry.unit_view
	FROM terukur_intake;
GRANT SELECT (person, from_date, until_date) ON registry.assignment_view TO terukur_intake;
GRANT SELECT (id, code, measure, min, max) ON registry.indicator_view TO terukur_intake;
GRANT SELECT (id, code) ON registry.source_view TO terukur_intake;
GRANT SELECT (code) ON registry.unit_view TO terukur_intake;

REVOKE SELECT ON registry.absence_view, registry.assignment_view, registry.indicator_view, registry.unit_view
	FROM terukur_scoring;
GRANT SELECT (person, from_date, until_date) ON registry.absence_view TO terukur_scoring;
GRANT SELECT (person, from_date, until_date, unit, position) ON registry.assignment_view TO terukur_scoring;
GRANT SELECT (id, code, aspect, measure, direction, result_max, step) ON registry.indicator_view TO terukur_scoring;
GRANT SELECT (code, agency) ON registry.unit_view TO terukur_scoring;

REVOKE SELECT ON registry.indicator_view, registry.person_view FROM terukur_notification;
GRANT SELECT (code, name_id, name_en, measure, direction, unit) ON registry.indicator_view TO terukur_notification;
GRANT SELECT (person, email, language) ON registry.person_view TO terukur_notification;

REVOKE SELECT ON registry.person_view, registry.unit_view FROM terukur_reporting;
GRANT SELECT (person, name) ON registry.person_view TO terukur_reporting;
GRANT SELECT (code, agency) ON registry.unit_view TO terukur_reporting;

REVOKE SELECT ON registry.absence_view, registry.indicator_view, registry.person_view, registry.source_uri_view,
	registry.source_view, registry.unit_view FROM terukur_gateway;
GRANT SELECT (person, from_date, until_date) ON registry.absence_view TO terukur_gateway;
GRANT SELECT (id, code, name_id, name_en, aspect, measure, direction, unit, result_max, step)
	ON registry.indicator_view TO terukur_gateway;
GRANT SELECT (person, name) ON registry.person_view TO terukur_gateway;
GRANT SELECT (uri, code) ON registry.source_uri_view TO terukur_gateway;
GRANT SELECT (id, code) ON registry.source_view TO terukur_gateway;
GRANT SELECT (code, name) ON registry.unit_view TO terukur_gateway;
RESET ROLE;

SET ROLE terukur_archive;
REVOKE SELECT ON intake.total_view FROM terukur_scoring;
GRANT SELECT (person, month, indicator, n, sum, sum_of, latest_at, latest_value) ON intake.total_view TO terukur_scoring;
RESET ROLE;

SET ROLE terukur_scoring;
REVOKE SELECT ON scoring.score_view FROM terukur_notification, terukur_reporting, terukur_gateway;
GRANT SELECT (person, period, body, service_days) ON scoring.score_view TO terukur_notification;
GRANT SELECT (person, period, revision, body, results, rating, missing, unit, agency) ON scoring.score_view
	TO terukur_reporting;
GRANT SELECT (person, period, body, agency, service_days) ON scoring.score_view TO terukur_gateway;
RESET ROLE;

SET ROLE terukur_notification;
REVOKE SELECT ON notification.inbox_view FROM terukur_gateway;
GRANT SELECT (id, person, period, kind, at, title_id, title_en, body_id, body_en) ON notification.inbox_view
	TO terukur_gateway;
RESET ROLE;

SET ROLE terukur_reporting;
REVOKE SELECT ON reporting.unit_view, reporting.agency_view, reporting.indicator_view FROM terukur_gateway;
RESET ROLE;
