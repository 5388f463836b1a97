-- gateway: whether an event counts depends on what was asked on its day, which the evidence and its page say by the same
-- arithmetic that made the score, with the same rows. Names and numbers of people are not among these.

SET ROLE terukur_registry;
GRANT SELECT ON registry.version_view, registry.position_version_view, registry.absence_view, registry.plan_view,
	registry.ruleset_view TO terukur_gateway;
RESET ROLE;
