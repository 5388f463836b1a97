-- intake: the originals of old months can lie elsewhere. Of an archived month its events stay, without the bytes that came:
-- totals, scores, corrections and recomputing need none. The month's whole partition leaves, as intake.archived_YYYY_MM, for
-- the operator to put away; brought back, each original must be what its event's sha256 says.

SET ROLE terukur_archive;

ALTER TABLE intake.evidence ALTER COLUMN payload DROP NOT NULL;
COMMENT ON COLUMN intake.evidence.payload IS 'NULL: it lies in the archive of its month';

CREATE TABLE intake.archived (
	month date PRIMARY KEY, -- its first day
	events bigint NOT NULL, -- whose originals left
	headers bigint NOT NULL, -- what theirs are in the ledger's digest (022)
	at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT (month, events) ON intake.archived TO terukur_admin;

-- Both are for the database's owner: no service may run them. How many originals left, and came back.
CREATE FUNCTION intake.archive_month(month date) RETURNS bigint LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
	first date := date_trunc('month', month)::date;
	next date := (first + interval '1 month')::date;
	name text := to_char(first, 'YYYY_MM');
	kept text := (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = 'intake.evidence'::regclass AND attnum > 0 AND NOT attisdropped
		AND attname NOT IN ('payload', 'headers'));
	n bigint;
	parts bigint;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('intake.make_partition'));
	IF next > (now() AT TIME ZONE 'Asia/Pontianak')::date THEN
		RAISE EXCEPTION '% has not ended', to_char(first, 'YYYY-MM');
	ELSIF to_regclass('intake.evidence_' || name) IS NULL THEN
		RAISE EXCEPTION 'there is no evidence of %', to_char(first, 'YYYY-MM');
	ELSIF EXISTS (SELECT FROM intake.archived a WHERE a.month = first) THEN
		RAISE EXCEPTION '% is archived: restore it before it is archived anew', to_char(first, 'YYYY-MM');
	END IF;
	EXECUTE format('LOCK TABLE intake.evidence_%s IN SHARE MODE', name);
	-- The check spares the partition a second look while everybody waits.
	EXECUTE format('CREATE TABLE intake.kept_%s (LIKE intake.evidence INCLUDING DEFAULTS INCLUDING CONSTRAINTS, '
		'CONSTRAINT month CHECK (day >= %L AND day < %L))', name, first, next);
	EXECUTE format('INSERT INTO intake.kept_%1$s (%2$s) SELECT %2$s FROM intake.evidence_%1$s', name, kept);
	GET DIAGNOSTICS n = ROW_COUNT;
	EXECUTE format('SELECT coalesce(bit_xor(intake.row_digest(key, topic, "partition", "offset", received_at, sha256, headers) '
		'# intake.row_digest(key, topic, "partition", "offset", received_at, sha256, NULL)), 0) FROM intake.evidence_%s',
		name) INTO parts;
	EXECUTE format('CREATE INDEX ON intake.kept_%s (person, indicator, at)', name);
	EXECUTE format('CREATE INDEX ON intake.kept_%s (replaces) WHERE replaces IS NOT NULL', name);
	EXECUTE format('ALTER TABLE intake.evidence DETACH PARTITION intake.evidence_%s', name);
	EXECUTE format('ALTER TABLE intake.evidence_%1$s RENAME TO archived_%1$s', name);
	EXECUTE format('ALTER TABLE intake.kept_%1$s RENAME TO evidence_%1$s', name);
	EXECUTE format('ALTER TABLE intake.evidence ATTACH PARTITION intake.evidence_%s FOR VALUES FROM (%L) TO (%L)',
		name, first, next);
	EXECUTE format('ALTER TABLE intake.evidence_%s DROP CONSTRAINT month', name);
	INSERT INTO intake.archived (month, events, headers) VALUES (first, n, parts);
	RETURN n;
END $$;

CREATE FUNCTION intake.restore_month(month date) RETURNS bigint LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
	first date := date_trunc('month', month)::date;
	name text := to_char(first, 'YYYY_MM');
	n bigint;
	wanted bigint;
BEGIN
	DELETE FROM intake.archived a WHERE a.month = first RETURNING events INTO wanted;
	IF wanted IS NULL THEN
		RAISE EXCEPTION '% is not archived', to_char(first, 'YYYY-MM');
	ELSIF to_regclass('intake.archived_' || name) IS NULL THEN
		RAISE EXCEPTION 'intake.archived_% is not here: load it with pg_restore first', name;
	END IF;
	EXECUTE format('UPDATE intake.evidence_%1$s e SET payload = a.payload, headers = a.headers '
		'FROM intake.archived_%1$s a WHERE a.key = e.key AND e.payload IS NULL AND sha256(a.payload) = e.sha256', name);
	GET DIAGNOSTICS n = ROW_COUNT;
	IF n <> wanted THEN
		RAISE EXCEPTION 'intake.archived_% holds % of the % originals that were archived; nothing is done', name, n, wanted;
	END IF;
	EXECUTE format('DROP TABLE intake.archived_%s', name);
	RETURN n;
END $$;

CREATE OR REPLACE VIEW intake.ledger_view AS
	SELECT month, coalesce(l.n, 0) AS added, coalesce(e.n, 0) AS there
	FROM (SELECT month, sum(n)::bigint AS n, bit_xor(digest) AS digest FROM intake.ledger GROUP BY month) l
	FULL JOIN (SELECT month, n, digest # coalesce(a.headers, 0) AS digest FROM intake.evidence_ledger_view
		LEFT JOIN (SELECT (extract(year FROM month) * 12 + extract(month FROM month) - 1)::int AS month, headers
			FROM intake.archived) a USING (month)) e USING (month)
	WHERE (l.n, l.digest) IS DISTINCT FROM (e.n, e.digest);

REVOKE ALL ON FUNCTION intake.archive_month, intake.restore_month FROM PUBLIC;

RESET ROLE;
