#include "base/metrics.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

enum { MAX_SERIES = 128, N_BOUNDS = 16 };

static const double bounds[N_BOUNDS] = {
	0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};

/* What is kept for one row: a cell for each label value, or the histogram's buckets, the last one
 * for +Inf. */
struct series {
	const struct metric *metric;
	atomic_int labels;
	char **came; /* label values that came, as many as METRIC_LABELS; NULL: they are fixed */
	_Atomic double *cells;
	_Atomic uint64_t *buckets;
	_Atomic double sum;
};

static struct series all[MAX_SERIES];
static int n_all;
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER; /* a label's value */
static int64_t started; /* when the first table was registered */

static int count_labels(const struct metric *m)
{
	int n = 0;

	if (!m->label)
		return 1;
	if (!m->values)
		return 0;
	while (m->values[n])
		n++;
	return n;
}

static bool series_init(struct series *s, const struct metric *m)
{
	bool come = m->label && !m->values;
	int labels = count_labels(m);
	s->metric = m;
	atomic_store(&s->labels, labels);
	if (m->kind == METRIC_HISTOGRAM)
		s->buckets = calloc(N_BOUNDS + 1, sizeof *s->buckets);
	else
		s->cells = calloc((size_t)(come ? METRIC_LABELS : labels), sizeof *s->cells);
	if (come)
		s->came = calloc(METRIC_LABELS, sizeof *s->came);
	return (s->buckets || s->cells) && (!come || s->came);
}

int metrics_register(const struct metric *table, int n)
{
	int base = n_all;

	if (n > MAX_SERIES - n_all)
		return -1;
	if (!started)
		started = clock_now();
	for (int i = 0; i < n; i++)
		if (!series_init(&all[base + i], &table[i]))
			return -1;
	n_all += n;
	return base;
}

static _Atomic double *cell_of(int metric, int label)
{
	if (metric < 0 || metric >= n_all || !all[metric].cells)
		return NULL;
	return label >= 0 && label < all[metric].labels ? &all[metric].cells[label] : NULL;
}

/* With the lock held. */
static int label_of(struct series *s, const char *value)
{
	int n = atomic_load(&s->labels);

	for (int i = 0; i < n; i++)
		if (strcmp(s->came[i], value) == 0)
			return i;
	if (n == METRIC_LABELS)
		return n - 1;
	s->came[n] = strdup(n == METRIC_LABELS - 1 ? "other" : value);
	if (!s->came[n])
		return -1;
	atomic_store(&s->labels, n + 1);
	return n;
}

int metric_label(int metric, const char *value)
{
	if (metric < 0 || metric >= n_all || !all[metric].came)
		return -1;
	pthread_mutex_lock(&adding);
	int label = label_of(&all[metric], value);
	pthread_mutex_unlock(&adding);
	return label;
}

static void atomic_add(_Atomic double *cell, double v)
{
	double seen = atomic_load_explicit(cell, memory_order_relaxed);

	while (!atomic_compare_exchange_weak_explicit(
		cell, &seen, seen + v, memory_order_relaxed, memory_order_relaxed))
		;
}

void metric_add(int metric, int label, double v)
{
	_Atomic double *cell = cell_of(metric, label);

	if (cell)
		atomic_add(cell, v);
}

void metric_set(int metric, int label, double v)
{
	_Atomic double *cell = cell_of(metric, label);

	if (cell)
		atomic_store_explicit(cell, v, memory_order_relaxed);
}

void metric_observe(int metric, double seconds)
{
	int i = 0;

	if (metric < 0 || metric >= n_all || !all[metric].buckets)
		return;
	while (i < N_BOUNDS && seconds > bounds[i])
		i++;
	atomic_fetch_add_explicit(&all[metric].buckets[i], 1, memory_order_relaxed);
	atomic_add(&all[metric].sum, seconds);
}

static const char *const kind_names[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
};

static void print_head(struct buf *out, const char *name, const char *help, enum metric_kind kind)
{
	buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind_names[kind]);
}

static void print_histogram(struct buf *out, struct series *s)
{
	const char *name = s->metric->name;
	uint64_t seen = 0;

	for (int i = 0; i < N_BOUNDS; i++) {
		seen += atomic_load_explicit(&s->buckets[i], memory_order_relaxed);
		buf_addf(out, "%s_bucket{le=\"%g\"} %llu\n", name, bounds[i],
			(unsigned long long)seen);
	}
	seen += atomic_load_explicit(&s->buckets[N_BOUNDS], memory_order_relaxed);
	buf_addf(out, "%s_bucket{le=\"+Inf\"} %llu\n", name, (unsigned long long)seen);
	buf_addf(out, "%s_sum %.15g\n", name, atomic_load_explicit(&s->sum, memory_order_relaxed));
	buf_addf(out, "%s_count %llu\n", name, (unsigned long long)seen);
}

static void print_value(struct buf *out, const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (value[i] == '"' || value[i] == '\\')
			buf_add(out, "\\", 1);
		buf_add(out, &value[i], 1);
	}
}

/* {topic="…",worker="…"}: as many names as values; the last value is all that is left. */
static void print_labels(struct buf *out, const char *names, const char *values)
{
	for (const char *open = "{"; *names; open = ",") {
		size_t name = strcspn(names, ","),
		       value = names[name] ? strcspn(values, ",") : strlen(values);
		buf_addf(out, "%s%.*s=\"", open, (int)name, names);
		print_value(out, values, value);
		buf_add(out, "\"", 1);
		names += name + (names[name] == ',');
		values += value + (values[value] == ',');
	}
	buf_add(out, "}", 1);
}

static void print_cells(struct buf *out, struct series *s)
{
	const struct metric *m = s->metric;
	int n = atomic_load(&s->labels);

	for (int i = 0; i < n; i++) {
		double v = atomic_load_explicit(&s->cells[i], memory_order_relaxed);

		buf_addf(out, "%s", m->name);
		if (m->label)
			print_labels(out, m->label, s->came ? s->came[i] : m->values[i]);
		buf_addf(out, " %.15g\n", v);
	}
}

static void print_process_value(
	struct buf *out, const char *name, const char *help, enum metric_kind kind, double v)
{
	print_head(out, name, help, kind);
	buf_addf(out, "%s %.15g\n", name, v);
}

static double resident_bytes(void)
{
	unsigned long long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return 0;
	if (fscanf(f, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double open_fds(void)
{
	double n = 0;
	DIR *dir = opendir("/proc/self/fd");

	if (!dir)
		return 0;
	for (struct dirent *d = readdir(dir); d; d = readdir(dir))
		n += d->d_name[0] != '.';
	closedir(dir);
	return n - 1; /* without the one that looks */
}

static double cpu_seconds(void)
{
	struct rusage use;

	if (getrusage(RUSAGE_SELF, &use))
		return 0;
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void print_process(struct buf *out)
{
	print_process_value(out, "process_cpu_seconds_total", "Processor time used.",
		METRIC_COUNTER, cpu_seconds());
	print_process_value(out, "process_resident_memory_bytes", "Resident memory.", METRIC_GAUGE,
		resident_bytes());
	print_process_value(out, "process_start_time_seconds", "When it began, since 1970.",
		METRIC_GAUGE, (double)started / 1e6);
	print_process_value(
		out, "process_open_fds", "Open file descriptors.", METRIC_GAUGE, open_fds());
}

void metrics_print(struct buf *out)
{
	for (int i = 0; i < n_all; i++) {
		const struct metric *m = all[i].metric;

		print_head(out, m->name, m->help, m->kind);
		if (all[i].buckets)
			print_histogram(out, &all[i]);
		else
			print_cells(out, &all[i]);
	}
	print_process(out);
}
