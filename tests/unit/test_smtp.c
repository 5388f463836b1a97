/* If these fail, people's ratings travel in the clear, or mail is refused to servers that are on
 * this very machine; or people with a mailbox are taken for people without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/array.h"
#include "notification/smtp.h"

static void test_which_hosts_are_this_machine(void **state)
{
	static const struct {
		const char *host;
		bool local;
	} cases[] = {
		{"localhost", true},
		{"LocalHost", true},
		{"127.0.0.1", true},
		{"127.255.0.9", true},
		{"[::1]", true},
		{"", false},
		{"mail.kota.example", false},
		{"localhost.kota.example", false},
		{"127.0.0.1.kota.example", false},
		{"128.0.0.1", false},
		{"12.7.0.0", false},
		{"10.0.0.1", false},
		{"0.0.0.0", false},
		{"[::2]", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (smtp_host_local(cases[i].host) != cases[i].local)
			fail_msg("%s", cases[i].host);
}

static void test_when_tls_is_required(void **state)
{
	static const struct {
		const char *setting, *host;
		bool password;
		enum smtp_tls tls;
	} cases[] = {
		{"", "mail.kota.example", false, SMTP_TLS_REQUIRE},
		{"", "", false, SMTP_TLS_REQUIRE},
		{"", "127.0.0.1", false, SMTP_TLS_OPPORTUNISTIC},
		{"", "127.0.0.1", true, SMTP_TLS_REQUIRE},
		{"require", "127.0.0.1", false, SMTP_TLS_REQUIRE},
		{"opportunistic", "mail.kota.example", false, SMTP_TLS_OPPORTUNISTIC},
		{"opportunistic", "mail.kota.example", true, SMTP_TLS_REQUIRE},
		{"off", "mail.kota.example", false, SMTP_TLS_OFF},
		{"off", "localhost", true, SMTP_TLS_REQUIRE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(smtp_tls_of(cases[i].setting, cases[i].host, cases[i].password),
			cases[i].tls);
}

static void test_what_the_setting_may_be(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{"", true},
		{"require", true},
		{"opportunistic", true},
		{"off", true},
		{"required", false},
		{"Require", false},
		{"true", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (smtp_tls_form.right(cases[i].text) != cases[i].valid)
			fail_msg("%s", cases[i].text);
}

static void test_which_replies_say_that_there_is_no_mailbox(void **state)
{
	static const struct {
		const char *reply;
		bool none;
	} cases[] = {
		{"550 5.1.1 no such user here", true},
		{"550-5.1.1 The email account that you tried to reach does not exist\r\n", true},
		{"550", true},
		{"550 ", true},
		{"550 no such user", true},
		{"551 5.1.6 moved", true},
		{"553 mailbox name not allowed", true},
		{"550 5.4.1 Recipient address rejected", true},
		{"450 4.1.1 not yet", false},
		{"250 fine", false},
		{"", false},
		{"5", false},
		{"5500 what", false},
		{"530 5.7.0 sign in first", false},
		{"552 mailbox is full", false},
		{"550 5.2.2 over quota", false},
		{"550 5.3.2 system not accepting", false},
		{"554 5.7.1 relay access denied", false},
		{"550-5.7.1 your address is blocked", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (smtp_no_mailbox(cases[i].reply) != cases[i].none)
			fail_msg("%s", cases[i].reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_hosts_are_this_machine),
		cmocka_unit_test(test_when_tls_is_required),
		cmocka_unit_test(test_what_the_setting_may_be),
		cmocka_unit_test(test_which_replies_say_that_there_is_no_mailbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
