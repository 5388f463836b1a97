/* metrics: counters, gauges and histograms as rows of a table, printed in Prometheus' text format.
 * Names end in _total for counters and carry their base unit. Updates are lock-free and
 * thread-safe. */
#pragma once

#include <stdint.h>

#include "base/buf.h"

/* The last one: a counter by source, met as they come, and by its label. */
enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_COUNTER_BY_SOURCE };

struct metric {
	enum metric_kind kind;
	const char *name; /* terukur_intake_events_total */
	const char *help;
	const char *label; /* a label's name, with its allowed values below; NULL: none; not for
			      histograms */
	const char *const
		*values; /* NULL-terminated: what the label may be; fixed, so it cannot grow */
};

/* Registers a table, which is borrowed; metric number i of the table is handle base + i. Call
 * before threads start. Returns base, or -1 when there is no memory or no room for so many. */
int metrics_register(const struct metric *table, int n);
/* An unknown handle or label is ignored, so that a metric can never stop the work it counts. */
void metric_add(int metric, int label,
	double v); /* counter or gauge; label: index into values, 0 if none */
/* Of the kind that is by source. Names of sources must be bounded and need no escaping; those
 * beyond 256 are counted as "other". */
void metric_add_source(int metric, const char *source, int label, double v);
void metric_set(int metric, int label, double v); /* gauge */
void metric_observe(int metric, double seconds); /* histogram; buckets 1 ms … 10 s */
void metrics_print(struct buf *out); /* process_* gauges included */
