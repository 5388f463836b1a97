-- notification: what people were told, what is still to be told, and the mails that carry it.

CREATE SCHEMA notification AUTHORIZATION terukur_notification;
SET ROLE terukur_notification;

-- A row for each person's period that has or had a score: when to look at it next, and what was told of its ratings.
CREATE TABLE notification.watch (
	person uuid NOT NULL,
	period text COLLATE "C" NOT NULL,
	due_at timestamptz, -- NULL: there is nothing to look at until the score changes
	told jsonb, -- the ratings that the last closing message spoke of; NULL: there was none
	told_revision bigint, -- the score's, then
	PRIMARY KEY (person, period)
) WITH (fillfactor = 70);
CREATE INDEX watch_due ON notification.watch (due_at) WHERE due_at IS NOT NULL;

-- Every message. A row is its own outbox: notification.sent has still to speak of it while it is not `published`.
CREATE TABLE notification.inbox (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	person uuid NOT NULL,
	period text COLLATE "C" NOT NULL,
	kind text NOT NULL CHECK (kind IN ('pace', 'closed')),
	indicator text COLLATE "C", -- NULL: the whole period
	occasion text COLLATE "C" NOT NULL, -- pace: the ISO week; closed: the score's revision
	at timestamptz NOT NULL,
	title jsonb NOT NULL, -- {"id": …, "en": …}
	body jsonb NOT NULL,
	read_at timestamptz,
	published bool NOT NULL DEFAULT false,
	-- Nothing is told twice, whoever tries.
	UNIQUE NULLS NOT DISTINCT (person, period, kind, indicator, occasion)
);
CREATE INDEX inbox_person ON notification.inbox (person, id);
CREATE INDEX inbox_unpublished ON notification.inbox (id) WHERE NOT published;

-- The mail about a message, for who has an address: the address is looked up when it is sent, and kept nowhere.
-- waiting → sending → handed → sent. Before `handed` the server cannot have accepted it; a crash between `handed` and
-- `sent` leaves it `doubtful`, which is not sent again. After the last attempt it is `given_up`.
CREATE TABLE notification.email (
	inbox bigint PRIMARY KEY REFERENCES notification.inbox,
	message_id uuid NOT NULL DEFAULT gen_random_uuid(),
	state text NOT NULL DEFAULT 'waiting'
		CHECK (state IN ('waiting', 'sending', 'handed', 'sent', 'doubtful', 'given_up')),
	attempts int NOT NULL DEFAULT 0,
	due_at timestamptz NOT NULL, -- the next attempt; while sending or handed, when the sender is taken for dead
	last_error text,
	sent_at timestamptz,
	published bool NOT NULL DEFAULT false
) WITH (fillfactor = 70);
CREATE INDEX email_due ON notification.email (due_at, inbox) WHERE state IN ('waiting', 'sending', 'handed');
CREATE INDEX email_failed ON notification.email (state) WHERE state IN ('doubtful', 'given_up');
CREATE INDEX email_unpublished ON notification.email (inbox) WHERE state = 'sent' AND NOT published;

CREATE VIEW notification.inbox_view AS
	SELECT id, person, period, kind, indicator, at, title ->> 'id' AS title_id, title ->> 'en' AS title_en,
		body ->> 'id' AS body_id, body ->> 'en' AS body_en FROM notification.inbox;
CREATE VIEW notification.email_view AS
	SELECT inbox, state, attempts, due_at, last_error, sent_at FROM notification.email;
-- What is under way besides Kafka's lag.
CREATE VIEW notification.under_way_view AS
	SELECT (SELECT count(*) FROM notification.watch WHERE due_at <= now()) AS due,
		(SELECT count(*) FROM notification.inbox WHERE NOT published) AS unpublished,
		(SELECT count(*) FROM notification.email WHERE state IN ('waiting', 'sending', 'handed')) AS mails;

GRANT USAGE ON SCHEMA notification TO terukur_gateway;
GRANT SELECT ON notification.inbox_view TO terukur_gateway;

RESET ROLE;
