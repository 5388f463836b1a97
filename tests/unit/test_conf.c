/* If these fail, a wrong setting is noticed only when something else breaks, or an error message
 * tells a password. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/conf.h"
#include "db/db.h"
#include "http/http_address.h"
#include "http/http_listen.h"

static const struct {
	bool (*right)(const char *text);
	const char *text;
	bool is;
} forms[] = {
	{db_url_valid, "postgresql://u:w@host:5432/x?sslmode=verify-full&application_name=a@b",
		true},
	{db_url_valid, "postgres://u:a%2Fb%40c%25@h1:1,h2:2/x", true},
	{db_url_valid, "postgresql://[::1]/x", true},
	{db_url_valid, "postgresql:///x?host=/run/postgresql", true},
	{db_url_valid, "host=/run/postgresql dbname=x password='a/b@c'", true},
	{db_url_valid, "postgresql://u:a?b@host/x", true}, /* libpq looks for the @ first */
	{db_url_valid, "postgresql://u:a b@[::1/x", false},
	{db_url_valid, "postgresql://u:a/b@host/x", false},
	{db_url_valid, "postgresql://u:1/b@host/x", false},
	{db_url_valid, "postgresql://u:99999/x", false},
	{db_url_valid, "postgresql://u:a@b@host/x", false},
	{db_url_valid, "postgresql://u:%zz@host/x", false},
	{db_url_valid, "password=a b c", false},
	{db_url_valid, "port=x", false},
	{http_listen_valid, "127.0.0.1:8080", true},
	{http_listen_valid, "[::1]:0", true},
	{http_listen_valid, ":65535", true},
	{http_listen_valid, "localhost:80", true},
	{http_listen_valid, "abc", false},
	{http_listen_valid, "127.0.0.1:", false},
	{http_listen_valid, "127.0.0.1:99999", false},
	{http_listen_valid, "127.0.0.1:-1", false},
	{http_listen_valid, "http://a:80", false},
	{http_blocks_valid, "10.0.0.0/8, ::1", true},
	{http_blocks_valid, "zzz", false},
	{http_blocks_valid, "10.0.0.0/33", false},
	{http_url_valid, "https://kinerja.example.go.id", true},
	{http_url_valid, "http://127.0.0.1:8080/terukur/", true},
	{http_url_valid, "http://[::1]:8080", true},
	{http_url_valid, "https://", false},
	{http_url_valid, "https:///x", false},
	{http_url_valid, "javascript:alert(1)", false},
	{http_url_valid, "http://u@host/", false},
	{http_url_valid, "http://host/\"><script>", false},
	{http_url_valid, "http://host/?a=b", false},
};

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++)
		if (forms[i].right(forms[i].text) != forms[i].is)
			fail_msg("%s should be %s", forms[i].text, forms[i].is ? "right" : "wrong");
}

struct values {
	char *url, *listen;
};

static const struct conf_setting table[] = {
	{"DATABASE_URL", CONF_SECRET, offsetof(struct values, url), NULL, 0, 0, "where",
		&db_url_form},
	{"LISTEN", CONF_TEXT, offsetof(struct values, listen), ":1", 0, 0, "where",
		&http_listen_form},
};

static void test_what_is_wrong_is_told_without_its_text(void **state)
{
	(void)state;
	struct values v = {0};
	struct err e = {0};
	setenv("DATABASE_URL", "postgresql://u:s3cret/x@host/y", 1);
	setenv("LISTEN", "s3cret", 1);
	assert_false(conf_load(table, 2, &v, &e));
	assert_non_null(strstr(e.text, "DATABASE_URL is not a valid PostgreSQL URL"));
	assert_non_null(strstr(e.text, "; LISTEN must be like"));
	assert_null(strstr(e.text, "s3cret"));
	free(v.url);
	free(v.listen);
}

static void test_a_right_one_is_read(void **state)
{
	(void)state;
	struct values v = {0};
	struct err e = {0};
	setenv("DATABASE_URL", "postgresql://host/y", 1);
	setenv("LISTEN", "", 1);
	assert_true(conf_load(table, 2, &v, &e));
	assert_string_equal(v.url, "postgresql://host/y");
	assert_string_equal(v.listen, ":1");
	free(v.url);
	free(v.listen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_what_is_wrong_is_told_without_its_text),
		cmocka_unit_test(test_a_right_one_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
