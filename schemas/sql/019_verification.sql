-- When `admin verify` was run to its end, and what it found.

SET ROLE terukur_registry;

CREATE TABLE registry.verification (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	began_at timestamptz NOT NULL,
	ended_at timestamptz NOT NULL DEFAULT now(),
	originals bigint NOT NULL,
	scores bigint NOT NULL,
	findings bigint NOT NULL
);

RESET ROLE;
