/* If these fail, operators see wrong figures, or Prometheus refuses all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/metrics.h"

static const char *const sources[] = {"simpus", "dapodik", NULL};
static const char *const reasons[] = {"schema", "malformed", NULL};
static const struct metric table[] = {
	{METRIC_COUNTER, "test_events_total", "Events.", "source", sources},
	{METRIC_GAUGE, "test_lag_seconds", "Lag.", NULL, NULL},
	{METRIC_HISTOGRAM, "test_store_seconds", "Time to store.", NULL, NULL},
	{METRIC_COUNTER, "test_threads_total", "Counted from threads.", NULL, NULL},
	{METRIC_COUNTER_BY_SOURCE, "test_rejected_total", "Rejected.", "reason", reasons},
};
enum { EVENTS, LAG, STORE, THREADS, REJECTED, ROWS };
static int base;

static int set_up(void **state)
{
	(void)state;
	base = metrics_register(table, ROWS);
	return base < 0;
}

static void expect_lines(const char *const *lines)
{
	struct buf out;

	buf_init(&out, 100000);
	metrics_print(&out);
	assert_false(out.failed);
	for (; *lines; lines++)
		if (!strstr(out.data, *lines))
			fail_msg("no %sin\n%s", *lines, out.data);
	buf_done(&out);
}

static void test_values(void **state)
{
	(void)state;
	metric_add(base + EVENTS, 0, 2);
	metric_add(base + EVENTS, 0, 1);
	metric_set(base + LAG, 0, 7);
	metric_set(base + LAG, 0, 1.5);
	expect_lines((const char *const[]){
		"# HELP test_events_total Events.\n# TYPE test_events_total counter\n",
		"test_events_total{source=\"simpus\"} 3\ntest_events_total{source=\"dapodik\"} 0\n",
		"# TYPE test_lag_seconds gauge\ntest_lag_seconds 1.5\n",
		"# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes ",
		NULL,
	});
}

/* However many topics somebody makes, they do not fill the memory. */
static void test_by_source(void **state)
{
	(void)state;
	metric_add_source(base + REJECTED, "simpus", 1, 2);
	metric_add_source(base + REJECTED, "simpus", 1, 1);
	metric_add_source(base + REJECTED, "simpus", 2, 1);
	metric_add_source(base + REJECTED, "simpus", -1, 1);
	metric_add_source(base + EVENTS, "simpus", 0, 1);
	metric_add_source(base + ROWS, "simpus", 0, 1);
	metric_add(base + REJECTED, 0, 1);
	for (int i = 0; i < 300; i++) {
		char name[16];
		snprintf(name, sizeof name, "s%d", i);
		metric_add_source(base + REJECTED, name, 0, 1);
	}
	expect_lines((const char *const[]){
		"# HELP test_rejected_total Rejected.\n# TYPE test_rejected_total counter\n"
		"test_rejected_total{source=\"simpus\",reason=\"malformed\"} 3\n"
		"test_rejected_total{source=\"s0\",reason=\"schema\"} 1\n",
		"test_rejected_total{source=\"s253\",reason=\"schema\"} 1\n"
		"test_rejected_total{source=\"other\",reason=\"schema\"} 46\n",
		NULL,
	});
}

static void test_histogram(void **state)
{
	(void)state;
	metric_observe(base + STORE, 0.0005);
	metric_observe(base + STORE, 0.001); /* a bound belongs to its bucket */
	metric_observe(base + STORE, 0.3);
	metric_observe(base + STORE, 60);
	expect_lines((const char *const[]){
		"test_store_seconds_bucket{le=\"0.001\"} 2\n",
		"test_store_seconds_bucket{le=\"0.25\"} 2\n",
		"test_store_seconds_bucket{le=\"0.5\"} 3\n",
		"test_store_seconds_bucket{le=\"10\"} 3\n",
		"test_store_seconds_bucket{le=\"+Inf\"} 4\n",
		"test_store_seconds_sum 60.3015\ntest_store_seconds_count 4\n",
		NULL,
	});
}

static void test_what_is_unknown_is_ignored(void **state)
{
	(void)state;
	metric_add(-1, 0, 1);
	metric_add(base + ROWS, 0, 1);
	metric_add(base + EVENTS, 2, 1);
	metric_add(base + EVENTS, -1, 1);
	metric_add(base + STORE, 0, 1);
	metric_observe(base + LAG, 1);
	assert_int_equal(metrics_register(table, 100000), -1);
}

static void *count(void *arg)
{
	for (int i = 0; i < 10000; i++)
		metric_add(base + THREADS, 0, 1);
	return arg;
}

static void test_threads_lose_nothing(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	expect_lines((const char *const[]){"test_threads_total 40000\n", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_by_source),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_what_is_unknown_is_ignored),
		cmocka_unit_test(test_threads_lose_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
