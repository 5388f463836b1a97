/* service_days: how many of a period's service days there are and how many have passed, from the
 * registry's rows. Pure but for reading the rows. */
#pragma once

#include "db/db.h"
#include "feedback.h"

/* Both tables are person, from_date, until_date by person and date. */
bool service_days_of(const struct db_result *assignments, const struct db_result *absences,
	const uint8_t person[16], struct period period, int32_t today, struct service_days *out,
	struct err *e) MUST_CHECK;
