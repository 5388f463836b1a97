/* What intake says on its topics. */
#include "batch.h"

#include <stdio.h>
#include <string.h>

#include "messages/evidence_accepted.h"

bool say_accepted(struct worker *w, const uint8_t *person, const char *unit, int32_t month,
	const char *trace, struct err *e)
{
	const struct emitter by = {.out = w->out, .service = w->service->name, .trace = trace};
	struct evidence_accepted m = {.month = month};
	if (person)
		memcpy(m.person, person, sizeof m.person);
	else
		snprintf(m.unit, sizeof m.unit, "%s", unit);
	return evidence_accepted_emit(&by, &m, e);
}

bool say_rejected(
	struct worker *w, const struct evidence_rejected *r, const char *trace, struct err *e)
{
	const struct emitter by = {.out = w->out, .service = w->service->name, .trace = trace};
	return evidence_rejected_emit(&by, r, e);
}

void say_counted(const char *source, enum reason reason)
{
	char label[192];
	int metric = service_metric_base() + INTAKE_REJECTED;
	snprintf(label, sizeof label, "%s,%s", source, reason_code(reason));
	metric_add(metric, metric_label(metric, label), 1);
}
