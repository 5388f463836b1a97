/* If these fail, an event is lost sight of between the services, or somebody's text gets into every
 * log under the name of a trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/trace.h"

#define ID "0af7651916cd43dd8448eb211c80319c"
#define PARENT "00-" ID "-b7ad6b7169203331-01"

static const char *const wrong[] = {
	"",
	"00-" ID "-b7ad6b7169203331-0",
	"00-" ID "-b7ad6b7169203331-011",
	"ff-" ID "-b7ad6b7169203331-01",
	"00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	"00-199001012015031001-19900101201503-b7ad6b7169203331-01",
	"00-somebody wrote this into a header -b7ad6b7169203331-01",
};

static void test_a_trace_goes_on(void **state)
{
	(void)state;
	char next[TRACE_TEXT], id[TRACE_ID_TEXT];
	trace_next(PARENT, strlen(PARENT), next);
	assert_string_equal(trace_id(next, strlen(next), id), ID);
	assert_string_not_equal(next, PARENT); /* another span */
	assert_true(trace_valid(next, strlen(next)));
}

static void test_what_is_none_begins_a_new_one(void **state)
{
	(void)state;
	char first[TRACE_TEXT], second[TRACE_TEXT], id[TRACE_ID_TEXT];
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_false(trace_valid(wrong[i], strlen(wrong[i])));
		assert_string_equal(trace_id(wrong[i], strlen(wrong[i]), id), "");
		trace_next(wrong[i], strlen(wrong[i]), first);
		trace_next(wrong[i], strlen(wrong[i]), second);
		assert_true(trace_valid(first, strlen(first)));
		assert_memory_not_equal(first, second, sizeof first);
	}
	assert_false(trace_valid(NULL, 0));
	assert_string_equal(trace_id(NULL, 0, id), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_trace_goes_on),
		cmocka_unit_test(test_what_is_none_begins_a_new_one),
	};
	if (!digest_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
