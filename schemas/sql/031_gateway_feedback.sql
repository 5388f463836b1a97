-- gateway: what it needs to take citizens' feedback: a key by which it knows its own tracking codes again, and what has come
-- under which Idempotency-Key, until the end of the next day: keyed hashes, of which nothing can be read.

SET ROLE terukur_archive;

CREATE TABLE gateway.secret (
	only_one bool PRIMARY KEY DEFAULT true CHECK (only_one),
	key bytea NOT NULL
);
GRANT SELECT, INSERT ON gateway.secret TO terukur_gateway;

CREATE TABLE gateway.repetition (
	key bytea PRIMARY KEY, -- of the bearer and the Idempotency-Key
	body bytea NOT NULL,
	until date NOT NULL -- kept up to this day, included
);
GRANT SELECT, INSERT, DELETE ON gateway.repetition TO terukur_gateway;

RESET ROLE;
