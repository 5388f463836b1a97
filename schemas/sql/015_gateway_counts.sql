-- gateway: whether an event counts depends on what was asked on its day, which the evidence and its page say by the same
-- arithmetic that made the score. So the gateway reads of the registry what scoring reads, the roster, and no more than that:
-- people's numbers are not in it.

SET ROLE terukur_registry;
DO $$
DECLARE
	roster text;
BEGIN
	FOR roster IN SELECT table_name FROM information_schema.role_table_grants
		WHERE table_schema = 'registry' AND grantee = 'terukur_scoring' AND privilege_type = 'SELECT'
	LOOP
		EXECUTE format('GRANT SELECT ON registry.%I TO terukur_gateway', roster);
	END LOOP;
END $$;
RESET ROLE;
