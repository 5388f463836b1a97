/* roster_statements: the rows of SQL that a roster is read by, for the tables of those who read it.
 */
#pragma once

enum {
	ROSTER_UNITS,
	ROSTER_INDICATORS,
	ROSTER_POSITIONS,
	ROSTER_RULESETS,
	ROSTER_ASSIGNMENTS,
	ROSTER_ABSENCES,
	ROSTER_PLANS,
	ROSTER_STATEMENTS_N,
};

/* They need the registry's views alone, and have no parameters. */
#define ROSTER_STATEMENTS(first_) \
	[(first_) + \
		ROSTER_UNITS] = {"roster_units", \
		"SELECT code FROM registry.unit_view ORDER BY code COLLATE \"C\"", ""}, \
		[(first_) + ROSTER_INDICATORS] = {"roster_indicators", \
			"SELECT code, id, aspect, measure, direction, step, result_max, element, " \
			"scope = 'person' FROM " \
			"registry.indicator_view ORDER BY code COLLATE \"C\"", \
			""}, \
		[(first_) + ROSTER_POSITIONS] = {"roster_positions", \
			"SELECT position, from_date, items FROM registry.position_version_view " \
			"ORDER BY position COLLATE \"C\", from_date NULLS FIRST", \
			""}, \
		[(first_) + ROSTER_RULESETS] = {"roster_rulesets", \
			"SELECT version, from_date, body FROM registry.ruleset_view ORDER BY " \
			"from_date", \
			""}, \
		[(first_) + ROSTER_ASSIGNMENTS] = {"roster_assignments", \
			"SELECT person, from_date, until_date, unit, position FROM " \
			"registry.assignment_view ORDER BY person, from_date", \
			""}, \
		[(first_) + ROSTER_ABSENCES] = {"roster_absences", \
			"SELECT person, from_date, until_date FROM registry.absence_view " \
			"ORDER BY person, from_date", \
			""}, \
		[(first_) + ROSTER_PLANS] = {"roster_plans", \
			"SELECT person, year, version, from_date, status, items FROM " \
			"registry.plan_view ORDER BY person, year, from_date, version", \
			""}
