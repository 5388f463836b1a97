-- example: a role and a schema of its own.

DO $$
BEGIN
	EXECUTE format('CREATE ROLE %I NOLOGIN', 'terukur_example');
EXCEPTION WHEN duplicate_object OR unique_violation THEN
	NULL; -- roles belong to the whole cluster: another database has made it
END $$;

CREATE SCHEMA example AUTHORIZATION terukur_example;
