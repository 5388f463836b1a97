-- gateway: who is signed in to the pages, and who has looked at whose data.

CREATE SCHEMA gateway AUTHORIZATION terukur_gateway;
SET ROLE terukur_gateway;

-- Sign-ins to the pages: a random id in a cookie, kept here as its sha256. A session is worth what its token is worth:
-- revoking the token ends it.
CREATE TABLE gateway.session (
	hash bytea PRIMARY KEY,
	token bigint NOT NULL,
	created_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL
);
CREATE INDEX session_expires ON gateway.session (expires_at);

-- Every look at a person's data, written before it is answered. Appended only.
CREATE TABLE gateway.access (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	token bigint NOT NULL, -- registry.token's id
	what text NOT NULL CHECK (what IN ('score', 'evidence', 'inbox', 'name')),
	person uuid NOT NULL, -- whose
	period text,
	request text NOT NULL -- the request's id, as in X-Request-Id
);
CREATE INDEX access_person ON gateway.access (person, at);

-- The service's own role may add to the log, and nothing else.
CREATE FUNCTION gateway.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'gateway.access is appended only';
END $$;
CREATE TRIGGER access_appended_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gateway.access
	FOR EACH STATEMENT EXECUTE FUNCTION gateway.refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON gateway.access FROM terukur_gateway;

RESET ROLE;
