/* If these fail, a civil servant's evidence is refused, or a typing error is looked up as a person.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/array.h"
#include "base/nip.h"

static void test_table(void **state)
{
	static const struct {
		const char *nip;
		bool valid;
	} cases[] = {
		{"200012312024121001", true}, /* the examples of domain.md */
		{"196711101992031001", true},
		{"198609262015051001", true},
		{"20001231202412100", false},
		{"200013312024121001", false},
		{"200012312024123001", false},
		{"199002292015051001", false}, /* 29 February of a common year */
		{"198609262015051000", false}, /* sequence 000 */
		{"199202292015051001", true}, /* 29 February of a leap year */
		{"190002292015051001", false},
		{"200002292024051002", true},
		{"198609262015052999", true},
		{"198609262023211001", true}, /* on contract: the first, … */
		{"198609262023292123", true}, /* … the ninth */
		{"198609262023201001", false},
		{"198609262023301001", false},
		{"198609262015001001", false},
		{"198609262015131001", false},
		{"198609262015191001", false},
		{"198609262015050001", false}, /* sex 0 */
		{"198609312015051001", false},
		{"198600262015051001", false},
		{"198609002015051001", false},
		{"089912312015051001", false},
		{"198609260015051001", false},
		{"1986092620150510011", false},
		{"", false},
		{"19860926201505100a", false},
		{"1986-9262015051001", false},
		{" 98609262015051001", false},
		{"198609262015051 01", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (nip_valid(cases[i].nip, strlen(cases[i].nip)) != cases[i].valid)
			fail_msg("case %zu: %s", i, cases[i].nip);
	}
}

static void test_length_counts(void **state)
{
	(void)state;
	assert_true(nip_valid("198609262015051001junk", NIP_DIGITS));
	assert_false(nip_valid("198609262015051\0001", NIP_DIGITS - 1));
	assert_false(nip_valid("19860926201505100\0", NIP_DIGITS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_length_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
