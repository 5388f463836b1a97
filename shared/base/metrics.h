/* metrics: counters, gauges and histograms as rows of a table, printed in Prometheus' text format.
 * Names end in _total for counters and carry their base unit. Updates are lock-free and
 * thread-safe. */
#pragma once

#include <stdint.h>

#include "base/buf.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric {
	enum metric_kind kind;
	const char *name; /* terukur_intake_events_total */
	const char *help;
	/* A label's name, or several with commas between; then so has each value. NULL: none; not
	 * for histograms. */
	const char *label;
	/* NULL-terminated: what the label may be. NULL beside a label: as they come, see
	 * metric_label. */
	const char *const *values;
};

/* Registers a table, which is borrowed; metric number i of the table is handle base + i. Call
 * before threads start. Returns base, or -1 when there is no memory or no room for so many. */
int metrics_register(const struct metric *table, int n);
/* An unknown handle or label is ignored, so that a metric can never stop the work it counts. */
void metric_add(int metric, int label,
	double v); /* counter or gauge; label: index into values, 0 if none */
void metric_set(int metric, int label, double v); /* gauge */
/* The number of a label value that comes only now, "terukur.score.changed,0"; the text is copied.
 * All from the METRIC_LABELS-th on are "other". -1 for a metric whose values are fixed, or without
 * memory. */
enum { METRIC_LABELS = 1024 };
int metric_label(int metric, const char *value);
void metric_observe(int metric, double seconds); /* histogram; buckets 1 ms … 5 minutes */
void metrics_print(struct buf *out); /* process_* gauges included */
