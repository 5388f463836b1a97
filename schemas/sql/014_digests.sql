-- notification: what is said of a period after its own time comes in digests; mailboxes that do not exist are known.

SET ROLE terukur_notification;

-- `late`: a score of the period was first heard of after it had ended, or its end was told already. Its row is not looked
-- at by itself: a digest looks at all of a person's late rows that are due.
ALTER TABLE notification.watch
	ADD COLUMN late bool NOT NULL DEFAULT false,
	ADD COLUMN digest_at timestamptz; -- when a digest spoke of it last
UPDATE notification.watch SET late = true WHERE told IS NOT NULL;

ALTER TABLE notification.inbox DROP CONSTRAINT inbox_kind_check,
	ADD CONSTRAINT inbox_kind_check CHECK (kind IN ('pace', 'closed', 'digest'));
COMMENT ON COLUMN notification.inbox.period IS 'digest: the latest of those that it sums up';
COMMENT ON COLUMN notification.inbox.occasion IS 'pace: the ISO week; closed: the score''s revision; digest: the date';

-- Whose mail server answered that there is no such mailbox. Only a hash of the address is kept, to see whether it is
-- another one by now.
CREATE TABLE notification.unreachable (
	person uuid PRIMARY KEY,
	address bytea NOT NULL, -- sha256
	since timestamptz NOT NULL, -- the last time that it was tried
	reply int NOT NULL -- 550
);

-- Of those, who still has the address that was tried.
CREATE VIEW notification.unreachable_view AS
	SELECT u.person, u.since, u.reply FROM notification.unreachable u
	JOIN registry.person_view p ON p.person = u.person AND u.address = sha256(convert_to(p.email, 'UTF8'));

GRANT USAGE ON SCHEMA notification TO terukur_admin;
GRANT SELECT ON notification.unreachable_view TO terukur_admin;

RESET ROLE;
