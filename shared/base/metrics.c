#include "base/metrics.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MAX_SERIES = 128, N_BOUNDS = 13, MAX_SOURCES = 256 };

static const double bounds[N_BOUNDS] = {
	0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

/* A source's cells, one for each label value. */
struct by_source {
	char *name;
	double *cells;
};

/* What is kept for one row: a cell for each label value, or that for each source, or the
 * histogram's buckets, the last one for +Inf. */
struct series {
	const struct metric *metric;
	int labels;
	_Atomic double *cells;
	pthread_mutex_t lock; /* of the sources */
	struct by_source *sources;
	int n_sources;
	_Atomic uint64_t *buckets;
	_Atomic double sum;
};

static struct series all[MAX_SERIES];
static int n_all;

static int count_labels(const struct metric *m)
{
	int n = 0;

	if (!m->label)
		return 1;
	while (m->values[n])
		n++;
	return n;
}

static bool series_init(struct series *s, const struct metric *m)
{
	s->metric = m;
	s->labels = count_labels(m);
	if (m->kind == METRIC_HISTOGRAM)
		s->buckets = calloc(N_BOUNDS + 1, sizeof *s->buckets);
	else if (m->kind == METRIC_COUNTER_BY_SOURCE)
		s->sources = calloc(MAX_SOURCES, sizeof *s->sources);
	else
		s->cells = calloc((size_t)s->labels, sizeof *s->cells);
	pthread_mutex_init(&s->lock, NULL);
	return s->buckets || s->sources || s->cells;
}

int metrics_register(const struct metric *table, int n)
{
	int base = n_all;

	if (n > MAX_SERIES - n_all)
		return -1;
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

/* The last place is for those that are too many. NULL without memory. */
static struct by_source *source_of(struct series *s, const char *name)
{
	struct by_source *x = s->sources;

	for (; x < s->sources + s->n_sources; x++)
		if (strcmp(x->name, name) == 0)
			return x;
	if (s->n_sources == MAX_SOURCES)
		return x - 1;
	x->name = strdup(s->n_sources == MAX_SOURCES - 1 ? "other" : name);
	x->cells = calloc((size_t)s->labels, sizeof *x->cells);
	if (!x->name || !x->cells) {
		free(x->name);
		free(x->cells);
		return NULL;
	}
	s->n_sources++;
	return x;
}

void metric_add_source(int metric, const char *source, int label, double v)
{
	struct series *s = metric >= 0 && metric < n_all ? &all[metric] : NULL;

	if (!s || !s->sources || label < 0 || label >= s->labels)
		return;
	pthread_mutex_lock(&s->lock);
	struct by_source *x = source_of(s, source);
	if (x)
		x->cells[label] += v;
	pthread_mutex_unlock(&s->lock);
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
	[METRIC_COUNTER_BY_SOURCE] = "counter",
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

static void print_cells(struct buf *out, struct series *s)
{
	const struct metric *m = s->metric;

	for (int i = 0; i < s->labels; i++) {
		double v = atomic_load_explicit(&s->cells[i], memory_order_relaxed);

		if (m->label)
			buf_addf(out, "%s{%s=\"%s\"} %.15g\n", m->name, m->label, m->values[i], v);
		else
			buf_addf(out, "%s %.15g\n", m->name, v);
	}
}

static void print_sources(struct buf *out, struct series *s)
{
	const struct metric *m = s->metric;

	pthread_mutex_lock(&s->lock);
	for (const struct by_source *x = s->sources; x < s->sources + s->n_sources; x++)
		for (int i = 0; i < s->labels; i++)
			if (x->cells[i] != 0)
				buf_addf(out, "%s{source=\"%s\",%s=\"%s\"} %.15g\n", m->name,
					x->name, m->label, m->values[i], x->cells[i]);
	pthread_mutex_unlock(&s->lock);
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
		else if (all[i].sources)
			print_sources(out, &all[i]);
		else
			print_cells(out, &all[i]);
	}
	print_process(out);
}
