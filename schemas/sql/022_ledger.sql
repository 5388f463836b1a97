-- intake: how much evidence of each month was added, and a digest of where it came from: `admin verify` finds by it what was
-- taken away together with its id, or said to have come from elsewhere.
--
-- A row per worker and month, so that none waits for another, and no row per event. The digest is the exclusive or of those
-- of the month's rows: it does not depend on their order, and needs none of the others to be read.

SET ROLE terukur_archive;

-- Nothing is added while this goes on; and afterwards not by an intake of before, which keeps no ledger: it may not count any
-- more, waits, and nothing is lost until the next has taken its place.
LOCK TABLE intake.waiting, intake.tally IN ACCESS EXCLUSIVE MODE;
REVOKE ALL ON intake.tally FROM terukur_intake;
CREATE FUNCTION intake.count_events(worker text, source text, accepted bigint, duplicates bigint, rejected bigint) RETURNS void
	LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	INSERT INTO intake.tally AS t VALUES ($1, $2, $3, $4, $5) ON CONFLICT (worker, source) DO UPDATE SET
		accepted = t.accepted + excluded.accepted, duplicates = t.duplicates + excluded.duplicates,
		rejected = t.rejected + excluded.rejected, at = now()
$$;
-- The counts of workers that are gone stay, under no name; how many rows went.
CREATE FUNCTION intake.fold_tally(before timestamptz, most int) RETURNS bigint LANGUAGE sql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH gone AS (DELETE FROM intake.tally WHERE (worker, source) IN (SELECT worker, source FROM intake.tally
		WHERE worker <> '' AND at < $1 ORDER BY worker, source LIMIT $2) RETURNING *),
	kept AS (INSERT INTO intake.tally AS t (worker, source, accepted, duplicates, rejected)
		SELECT '', source, sum(accepted), sum(duplicates), sum(rejected) FROM gone GROUP BY source ORDER BY source
		ON CONFLICT (worker, source) DO UPDATE SET accepted = t.accepted + excluded.accepted,
			duplicates = t.duplicates + excluded.duplicates, rejected = t.rejected + excluded.rejected, at = now())
	SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION intake.count_events, intake.fold_tally FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intake.count_events, intake.fold_tally TO terukur_intake;

CREATE TABLE intake.ledger (
	worker text NOT NULL,
	month int NOT NULL, -- of `day`, as the partition: year*12 + month-1
	n bigint NOT NULL,
	digest bigint NOT NULL,
	PRIMARY KEY (worker, month)
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE (n, digest) ON intake.ledger TO terukur_intake;

-- services/intake/ledger.c makes the same of what it adds.
CREATE FUNCTION intake.row_digest(key uuid, topic int, "partition" int, "offset" bigint, received_at timestamptz, sha256 bytea,
	headers bytea) RETURNS bigint LANGUAGE sql STABLE
	RETURN ('x' || encode(substr(sha256(uuid_send(key) || int4send(topic) || int4send("partition") || int8send("offset") ||
		int8send((extract(epoch FROM received_at) * 1000000)::bigint) || sha256 || coalesce(sha256(headers), '')),
		1, 8), 'hex'))::bit(64)::bigint;
REVOKE ALL ON FUNCTION intake.row_digest FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intake.row_digest TO terukur_admin; -- a view runs functions as its reader

CREATE VIEW intake.evidence_ledger_view AS
	SELECT (extract(year FROM day) * 12 + extract(month FROM day) - 1)::int AS month, count(*) AS n,
		bit_xor(intake.row_digest(key, topic, "partition", "offset", received_at, sha256, headers)) AS digest
	FROM intake.evidence GROUP BY 1;
INSERT INTO intake.ledger (worker, month, n, digest) SELECT '', month, n, digest FROM intake.evidence_ledger_view;

-- Months of which something else is there than was added.
CREATE VIEW intake.ledger_view AS
	SELECT month, coalesce(l.n, 0) AS added, coalesce(e.n, 0) AS there
	FROM (SELECT month, sum(n)::bigint AS n, bit_xor(digest) AS digest FROM intake.ledger GROUP BY month) l
	FULL JOIN intake.evidence_ledger_view e USING (month)
	WHERE (l.n, l.digest) IS DISTINCT FROM (e.n, e.digest);
GRANT SELECT ON intake.ledger_view TO terukur_admin;

-- What waited becomes evidence, and is in the ledger.
REVOKE DELETE ON intake.waiting FROM terukur_intake;
REVOKE UPDATE (waiting) ON intake.event_id FROM terukur_intake;
CREATE FUNCTION intake.accept_waiting(worker text, keys uuid[]) RETURNS void LANGUAGE sql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH moved AS (DELETE FROM intake.waiting WHERE key = ANY ($2) RETURNING *),
	kept AS (INSERT INTO intake.evidence (key, day, at, person, indicator, kind, source, topic, "partition", "offset",
			received_at, value, "of", event_id, ref, replaces, sha256, headers, payload)
		SELECT key, day, at, person, indicator, kind, source, topic, "partition", "offset",
			received_at, value, "of", event_id, ref, replaces, sha256, headers, payload FROM moved),
	held AS (UPDATE intake.event_id SET waiting = false WHERE key IN (SELECT key FROM moved))
	INSERT INTO intake.ledger AS l (worker, month, n, digest)
	SELECT $1, (extract(year FROM day) * 12 + extract(month FROM day) - 1)::int AS month, count(*),
		bit_xor(intake.row_digest(key, topic, "partition", "offset", received_at, sha256, headers))
	FROM moved GROUP BY month ORDER BY month
	ON CONFLICT (worker, month) DO UPDATE SET n = l.n + excluded.n, digest = l.digest # excluded.digest
$$;
REVOKE ALL ON FUNCTION intake.accept_waiting FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intake.accept_waiting TO terukur_intake;

RESET ROLE;
