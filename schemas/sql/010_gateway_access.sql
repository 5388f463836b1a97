-- gateway: the log of who looked at whose data is out of the service's own hands. The owner of a table, and of its schema,
-- can switch its triggers off or drop it; so both belong to the role that migrates, and the service may add rows. Its
-- sessions stay its own.

ALTER SCHEMA gateway OWNER TO CURRENT_USER;
ALTER TABLE gateway.access OWNER TO CURRENT_USER;
ALTER FUNCTION gateway.refuse_change() OWNER TO CURRENT_USER;

REVOKE ALL ON SCHEMA gateway FROM terukur_gateway;
GRANT USAGE ON SCHEMA gateway TO terukur_gateway;
REVOKE ALL ON gateway.access FROM terukur_gateway;
GRANT INSERT ON gateway.access TO terukur_gateway;

-- A head's agency is that of the assignment of today, unless a token names one: until now every head's token did. One that
-- names what the assignment said when it was made did so for want of --agency.
SET ROLE terukur_registry;
UPDATE registry.token t SET agency = NULL WHERE t.role = 'head' AND EXISTS (
	SELECT FROM registry.assignment a JOIN registry.unit u ON u.code = a.unit
	WHERE a.person = t.person AND u.agency = t.agency AND (t.created_at AT TIME ZONE 'Asia/Pontianak')::date
	BETWEEN a.from_date AND coalesce(a.until_date, 'infinity'));
RESET ROLE;
