#include "service_days.h"

#include <stdlib.h>
#include <string.h>

/* The rows of one person in a table by person: [*first, returned). */
static int rows_of(const struct db_result *r, const uint8_t person[16], int *first)
{
	int low = 0, high = db_rows(r);
	while (low < high) {
		int middle = (low + high) / 2;
		if (memcmp(db_uuid(r, middle, 0), person, 16) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	while (low < db_rows(r) && memcmp(db_uuid(r, low, 0), person, 16) == 0)
		low++;
	return low;
}

static int32_t until(const struct db_result *r, int row)
{
	return db_is_null(r, row, 2) ? INT32_MAX : db_date(r, row, 2);
}

bool service_days_of(const struct db_result *assignments, const struct db_result *absences,
	const uint8_t person[16], struct period period, int32_t today, struct service_days *out,
	struct err *e)
{
	int a, b;
	size_t n_assignments = (size_t)(rows_of(assignments, person, &a) - a);
	size_t n_absences = (size_t)(rows_of(absences, person, &b) - b);
	struct score_assignment *posts = calloc(n_assignments + 1, sizeof *posts);
	struct score_absence *gaps = calloc(n_absences + 1, sizeof *gaps);
	bool ok = posts && gaps;
	for (size_t i = 0; ok && i < n_assignments; i++)
		posts[i] = (struct score_assignment){.from = db_date(assignments, a + (int)i, 1),
			.until = until(assignments, a + (int)i)};
	for (size_t i = 0; ok && i < n_absences; i++)
		gaps[i] = (struct score_absence){
			db_date(absences, b + (int)i, 1), until(absences, b + (int)i)};
	if (ok) {
		gaps[n_absences] =
			(struct score_absence){today, INT32_MAX}; /* what has not passed yet */
		out->today = today;
		out->total = score_service(period, posts, n_assignments, gaps, n_absences).total;
		out->elapsed =
			score_service(period, posts, n_assignments, gaps, n_absences + 1).total;
	}
	free(posts);
	free(gaps);
	return ok || err_set(e, ERR_FATAL, "out of memory");
}
