-- What intake may forget: ids of years that nobody reports any more, rejections older than a month, and what waits for its
-- original only by deciding about it. Its role deletes none of these itself: an id that is forgotten lets its event be added
-- a second time, and a rejection tells its source what did not count.

SET ROLE terukur_archive;

REVOKE DELETE ON intake.event_id, intake.rejection FROM terukur_intake;

-- Of years before `before`, of those on some pages of the table; whether there are further pages. This year's and those of
-- the two before it stay, whatever is asked for. By where rows lie, so that all the steps together read the table once.
CREATE FUNCTION intake.forget_ids(before smallint, page bigint, pages bigint) RETURNS boolean LANGUAGE sql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH gone AS (DELETE FROM intake.event_id
		WHERE year < least($1, extract(year FROM now() AT TIME ZONE 'Asia/Pontianak') - 2)
		AND ctid >= format('(%s,0)', $2)::tid AND ctid < format('(%s,0)', $2 + $3)::tid)
	SELECT $2 + $3 < pg_relation_size('intake.event_id') / current_setting('block_size')::int
$$;

-- The oldest that are published, from before an instant, at most so many; how many went.
CREATE FUNCTION intake.forget_rejections(before timestamptz, most int) RETURNS bigint LANGUAGE sql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH gone AS (DELETE FROM intake.rejection WHERE id IN (SELECT id FROM intake.rejection
		WHERE published AND at < least($1, now() - interval '30 days') ORDER BY at LIMIT $2) RETURNING 1)
	SELECT count(*) FROM gone
$$;

-- Waiting events become rejections, which are still to be published, and let go of their ids. Returns the source of each.
CREATE FUNCTION intake.refuse_waiting(keys uuid[], reason text, detail text, at timestamptz) RETURNS SETOF text LANGUAGE sql
	SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH gone AS (DELETE FROM intake.waiting WHERE key = ANY ($1) RETURNING *),
	freed AS (DELETE FROM intake.event_id WHERE key IN (SELECT key FROM gone))
	INSERT INTO intake.rejection (source, reason, detail, topic, "partition", "offset", at, sha256, key, headers, payload,
		published, event)
	SELECT g.source_code, $2, $3, t.name, g."partition", g."offset", $4, g.sha256, g.message_key, g.headers, g.payload,
		false, g.event_id
	FROM gone g JOIN intake.topic t ON t.id = g.topic ON CONFLICT DO NOTHING RETURNING source
$$;

REVOKE ALL ON FUNCTION intake.forget_ids, intake.forget_rejections, intake.refuse_waiting FROM PUBLIC;
GRANT EXECUTE ON FUNCTION intake.forget_ids, intake.forget_rejections, intake.refuse_waiting TO terukur_intake;

RESET ROLE;
