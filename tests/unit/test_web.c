/* Pages are made of templates and words. If these fail, a page runs what somebody typed into a
 * name, shows an empty place, or stands in two languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "gateway/mustache.h"
#include "gateway/web.h"

/* Partials, compiled when they are asked for. */
struct shelf {
	const json_t *texts;
	struct mustache *made[64];
	size_t n;
};

static const struct mustache *partial(void *arg, const char *name)
{
	struct shelf *s = arg;
	struct err e = {0};
	const char *text = json_string_value(json_object_get(s->texts, name));
	if (!text || s->n == COUNT(s->made))
		return NULL;
	s->made[s->n] = mustache_new(text, &e);
	assert_non_null(s->made[s->n]);
	return s->made[s->n++];
}

static void render(const char *template, const char *data, const char *partials, struct buf *out,
	char missing[64])
{
	json_auto_t *values = json_loads(data, JSON_DECODE_ANY, NULL);
	json_auto_t *texts = json_loads(partials, 0, NULL);
	struct shelf shelf = {.texts = texts};
	struct err e = {0};
	struct mustache *m = mustache_new(template, &e);
	struct mustache_job job = {.out = out, .partial = partial, .arg = &shelf};
	assert_true(m && values && texts);
	mustache_render(&job, m, values);
	memcpy(missing, job.missing, sizeof job.missing);
	mustache_free(m);
	for (size_t i = 0; i < shelf.n; i++)
		mustache_free(shelf.made[i]);
}

/* From the Mustache specification (github.com/mustache/spec), of what the pages use of it:
 * comments, interpolation, inverted, partials, sections. */
static void test_as_the_specification_has_it(void **state)
{
	static const struct {
		const char *name, *template, *data, *partials, *want;
	} cases[] = {
		{"Inline", "12345{{! Comment Block! }}67890", "{}", "{}", "1234567890"},
		{"Multiline", "12345{{!\n  This is a\n  multi-line comment...\n}}67890\n", "{}",
			"{}", "1234567890\n"},
		{"Indented Standalone", "Begin.\n  {{! Indented Comment Block! }}\nEnd.\n", "{}",
			"{}", "Begin.\nEnd.\n"},
		{"Standalone Line Endings", "|\r\n{{! Standalone Comment }}\r\n|", "{}", "{}",
			"|\r\n|"},
		{"Standalone Without Previous Line", "  {{! I'm Still Standalone }}\n!", "{}", "{}",
			"!"},
		{"Standalone Without Newline", "!\n  {{! I'm Still Standalone }}", "{}", "{}",
			"!\n"},
		{"Multiline Standalone", "Begin.\n{{!\nSomething's going on here...\n}}\nEnd.\n",
			"{}", "{}", "Begin.\nEnd.\n"},
		{"Indented Inline", "  12 {{! 34 }}\n", "{}", "{}", "  12 \n"},
		{"Surrounding Whitespace", "12345 {{! Comment Block! }} 67890", "{}", "{}",
			"12345  67890"},
		{"HTML Escaping", "These characters should be HTML escaped: {{forbidden}}\n",
			"{\"forbidden\":\"& \\\" < >\"}", "{}",
			"These characters should be HTML escaped: &amp; &quot; &lt; &gt;\n"},
		{"Basic Integer Interpolation", "\"{{mph}} miles an hour!\"", "{\"mph\":85}", "{}",
			"\"85 miles an hour!\""},
		{"Basic Context Miss Interpolation", "I ({{cannot}}) be seen!", "{}", "{}",
			"I () be seen!"},
		{"Dotted Names - Arbitrary Depth", "\"{{a.b.c.d.e.name}}\" == \"Phil\"",
			"{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"name\":\"Phil\"}}}}}}", "{}",
			"\"Phil\" == \"Phil\""},
		{"Dotted Names - Broken Chains", "\"{{a.b.c}}\" == \"\"", "{\"a\":{}}", "{}",
			"\"\" == \"\""},
		{"Dotted Names - Broken Chain Resolution", "\"{{a.b.c.name}}\" == \"\"",
			"{\"a\":{\"b\":{}},\"c\":{\"name\":\"Jim\"}}", "{}", "\"\" == \"\""},
		{"Dotted Names - Initial Resolution",
			"\"{{#a}}{{b.c.d.e.name}}{{/a}}\" == \"Phil\"",
			"{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"name\":\"Phil\"}}}}},\"b\":{\"c\":{\"d\":{\"e\":{\"name\":\"Wrong\"}}}}}",
			"{}", "\"Phil\" == \"Phil\""},
		{"Interpolation - Surrounding Whitespace", "| {{string}} |", "{\"string\":\"---\"}",
			"{}", "| --- |"},
		{"Interpolation - Standalone", "  {{string}}\n", "{\"string\":\"---\"}", "{}",
			"  ---\n"},
		{"Interpolation With Padding", "|{{ string }}|", "{\"string\":\"---\"}", "{}",
			"|---|"},
		{"Falsey", "\"{{^boolean}}This should be rendered.{{/boolean}}\"",
			"{\"boolean\":false}", "{}", "\"This should be rendered.\""},
		{"Truthy", "\"{{^boolean}}This should not be rendered.{{/boolean}}\"",
			"{\"boolean\":true}", "{}", "\"\""},
		{"Context", "\"{{^context}}Hi {{name}}.{{/context}}\"",
			"{\"context\":{\"name\":\"Joe\"}}", "{}", "\"\""},
		{"List", "\"{{^list}}{{n}}{{/list}}\"",
			"{\"list\":[{\"n\":1},{\"n\":2},{\"n\":3}]}", "{}", "\"\""},
		{"Empty List", "\"{{^list}}Yay lists!{{/list}}\"", "{\"list\":[]}", "{}",
			"\"Yay lists!\""},
		{"Doubled",
			"{{^bool}}\n* first\n{{/bool}}\n* {{two}}\n{{^bool}}\n* third\n{{/bool}}\n",
			"{\"two\":\"second\",\"bool\":false}", "{}",
			"* first\n* second\n* third\n"},
		{"Nested (Falsey)", "| A {{^bool}}B {{^bool}}C{{/bool}} D{{/bool}} E |",
			"{\"bool\":false}", "{}", "| A B C D E |"},
		{"Nested (Truthy)", "| A {{^bool}}B {{^bool}}C{{/bool}} D{{/bool}} E |",
			"{\"bool\":true}", "{}", "| A  E |"},
		{"Context Misses", "[{{^missing}}Cannot find key 'missing'!{{/missing}}]", "{}",
			"{}", "[Cannot find key 'missing'!]"},
		{"Dotted Names - Truthy", "\"{{^a.b.c}}Not Here{{/a.b.c}}\" == \"\"",
			"{\"a\":{\"b\":{\"c\":true}}}", "{}", "\"\" == \"\""},
		{"Dotted Names - Falsey", "\"{{^a.b.c}}Not Here{{/a.b.c}}\" == \"Not Here\"",
			"{\"a\":{\"b\":{\"c\":false}}}", "{}", "\"Not Here\" == \"Not Here\""},
		{"Dotted Names - Broken Chains", "\"{{^a.b.c}}Not Here{{/a.b.c}}\" == \"Not Here\"",
			"{\"a\":{}}", "{}", "\"Not Here\" == \"Not Here\""},
		{"Surrounding Whitespace", " | {{^boolean}}\t|\t{{/boolean}} | \n",
			"{\"boolean\":false}", "{}", " | \t|\t | \n"},
		{"Internal Whitespace",
			" | {{^boolean}} {{! Important Whitespace }}\n {{/boolean}} | \n",
			"{\"boolean\":false}", "{}", " |  \n  | \n"},
		{"Indented Inline Sections",
			" {{^boolean}}NO{{/boolean}}\n {{^boolean}}WAY{{/boolean}}\n",
			"{\"boolean\":false}", "{}", " NO\n WAY\n"},
		{"Standalone Lines", "| This Is\n{{^boolean}}\n|\n{{/boolean}}\n| A Line\n",
			"{\"boolean\":false}", "{}", "| This Is\n|\n| A Line\n"},
		{"Standalone Indented Lines",
			"| This Is\n  {{^boolean}}\n|\n  {{/boolean}}\n| A Line\n",
			"{\"boolean\":false}", "{}", "| This Is\n|\n| A Line\n"},
		{"Standalone Line Endings", "|\r\n{{^boolean}}\r\n{{/boolean}}\r\n|",
			"{\"boolean\":false}", "{}", "|\r\n|"},
		{"Standalone Without Previous Line", "  {{^boolean}}\n^{{/boolean}}\n/",
			"{\"boolean\":false}", "{}", "^\n/"},
		{"Standalone Without Newline", "^{{^boolean}}\n/\n  {{/boolean}}",
			"{\"boolean\":false}", "{}", "^\n/\n"},
		{"Padding", "|{{^ boolean }}={{/ boolean }}|", "{\"boolean\":false}", "{}", "|=|"},
		{"Basic Behavior", "\"{{>text}}\"", "{}", "{\"text\":\"from partial\"}",
			"\"from partial\""},
		{"Failed Lookup", "\"{{>text}}\"", "{}", "{}", "\"\""},
		{"Context", "\"{{>partial}}\"", "{\"text\":\"content\"}",
			"{\"partial\":\"*{{text}}*\"}", "\"*content*\""},
		{"Recursion", "{{>node}}",
			"{\"content\":\"X\",\"nodes\":[{\"content\":\"Y\",\"nodes\":[]}]}",
			"{\"node\":\"{{content}}<{{#nodes}}{{>node}}{{/nodes}}>\"}", "X<Y<>>"},
		{"Surrounding Whitespace", "| {{>partial}} |", "{}", "{\"partial\":\"\\t|\\t\"}",
			"| \t|\t |"},
		{"Inline Indentation", "  {{data}}  {{> partial}}\n", "{\"data\":\"|\"}",
			"{\"partial\":\">\\n>\"}", "  |  >\n>\n"},
		{"Standalone Line Endings", "|\r\n{{>partial}}\r\n|", "{}", "{\"partial\":\">\"}",
			"|\r\n>|"},
		{"Standalone Without Previous Line", "  {{>partial}}\n>", "{}",
			"{\"partial\":\">\\n>\"}", "  >\n  >>"},
		{"Standalone Without Newline", ">\n  {{>partial}}", "{}", "{\"partial\":\">\\n>\"}",
			">\n  >\n  >"},
		{"Padding Whitespace", "|{{> partial }}|", "{\"boolean\":true}",
			"{\"partial\":\"[]\"}", "|[]|"},
		{"Truthy", "\"{{#boolean}}This should be rendered.{{/boolean}}\"",
			"{\"boolean\":true}", "{}", "\"This should be rendered.\""},
		{"Falsey", "\"{{#boolean}}This should not be rendered.{{/boolean}}\"",
			"{\"boolean\":false}", "{}", "\"\""},
		{"Context", "\"{{#context}}Hi {{name}}.{{/context}}\"",
			"{\"context\":{\"name\":\"Joe\"}}", "{}", "\"Hi Joe.\""},
		{"Deeply Nested Contexts",
			"{{#a}}\n{{one}}\n{{#b}}\n{{one}}{{two}}{{one}}\n{{#c}}\n{{one}}{{two}}{{three}}{{two}}{{one}}\n{{#d}}\n{{one}}{{two}}{{three}}{{four}}{{three}}{{two}}{{one}}\n{{#e}}\n{{one}}{{two}}{{three}}{{four}}{{five}}{{four}}{{three}}{{two}}{{one}}\n{{/e}}\n{{one}}{{two}}{{three}}{{four}}{{three}}{{two}}{{one}}\n{{/d}}\n{{one}}{{two}}{{three}}{{two}}{{one}}\n{{/c}}\n{{one}}{{two}}{{one}}\n{{/b}}\n{{one}}\n{{/a}}\n",
			"{\"a\":{\"one\":1},\"b\":{\"two\":2},\"c\":{\"three\":3},\"d\":{\"four\":4},\"e\":{\"five\":5}}",
			"{}", "1\n121\n12321\n1234321\n123454321\n1234321\n12321\n121\n1\n"},
		{"List", "\"{{#list}}{{item}}{{/list}}\"",
			"{\"list\":[{\"item\":1},{\"item\":2},{\"item\":3}]}", "{}", "\"123\""},
		{"Empty List", "\"{{#list}}Yay lists!{{/list}}\"", "{\"list\":[]}", "{}", "\"\""},
		{"Doubled",
			"{{#bool}}\n* first\n{{/bool}}\n* {{two}}\n{{#bool}}\n* third\n{{/bool}}\n",
			"{\"two\":\"second\",\"bool\":true}", "{}", "* first\n* second\n* third\n"},
		{"Nested (Truthy)", "| A {{#bool}}B {{#bool}}C{{/bool}} D{{/bool}} E |",
			"{\"bool\":true}", "{}", "| A B C D E |"},
		{"Nested (Falsey)", "| A {{#bool}}B {{#bool}}C{{/bool}} D{{/bool}} E |",
			"{\"bool\":false}", "{}", "| A  E |"},
		{"Context Misses", "[{{#missing}}Found key 'missing'!{{/missing}}]", "{}", "{}",
			"[]"},
		{"Implicit Iterator - String", "\"{{#list}}({{.}}){{/list}}\"",
			"{\"list\":[\"a\",\"b\",\"c\",\"d\",\"e\"]}", "{}", "\"(a)(b)(c)(d)(e)\""},
		{"Dotted Names - Truthy", "\"{{#a.b.c}}Here{{/a.b.c}}\" == \"Here\"",
			"{\"a\":{\"b\":{\"c\":true}}}", "{}", "\"Here\" == \"Here\""},
		{"Dotted Names - Falsey", "\"{{#a.b.c}}Here{{/a.b.c}}\" == \"\"",
			"{\"a\":{\"b\":{\"c\":false}}}", "{}", "\"\" == \"\""},
		{"Dotted Names - Broken Chains", "\"{{#a.b.c}}Here{{/a.b.c}}\" == \"\"",
			"{\"a\":{}}", "{}", "\"\" == \"\""},
		{"Surrounding Whitespace", " | {{#boolean}}\t|\t{{/boolean}} | \n",
			"{\"boolean\":true}", "{}", " | \t|\t | \n"},
		{"Internal Whitespace",
			" | {{#boolean}} {{! Important Whitespace }}\n {{/boolean}} | \n",
			"{\"boolean\":true}", "{}", " |  \n  | \n"},
		{"Indented Inline Sections",
			" {{#boolean}}YES{{/boolean}}\n {{#boolean}}GOOD{{/boolean}}\n",
			"{\"boolean\":true}", "{}", " YES\n GOOD\n"},
		{"Standalone Lines", "| This Is\n{{#boolean}}\n|\n{{/boolean}}\n| A Line\n",
			"{\"boolean\":true}", "{}", "| This Is\n|\n| A Line\n"},
		{"Indented Standalone Lines",
			"| This Is\n  {{#boolean}}\n|\n  {{/boolean}}\n| A Line\n",
			"{\"boolean\":true}", "{}", "| This Is\n|\n| A Line\n"},
		{"Standalone Line Endings", "|\r\n{{#boolean}}\r\n{{/boolean}}\r\n|",
			"{\"boolean\":true}", "{}", "|\r\n|"},
		{"Standalone Without Previous Line", "  {{#boolean}}\n#{{/boolean}}\n/",
			"{\"boolean\":true}", "{}", "#\n/"},
		{"Standalone Without Newline", "#{{#boolean}}\n/\n  {{/boolean}}",
			"{\"boolean\":true}", "{}", "#\n/\n"},
		{"Padding", "|{{# boolean }}={{/ boolean }}|", "{\"boolean\":true}", "{}", "|=|"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char missing[64];
		BUF_AUTO out;
		buf_init(&out, 10000);
		render(cases[i].template, cases[i].data, cases[i].partials, &out, missing);
		if (strcmp(out.data ? out.data : "", cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].name, out.data);
	}
}

static void test_what_a_name_holds_is_text(void **state)
{
	char missing[64];
	BUF_AUTO out;

	(void)state;
	buf_init(&out, 1000);
	render("<a title=\"{{n}}\">{{n}}</a>", "{\"n\":\"\\\"><script>{{x}}&'\"}", "{}", &out,
		missing);
	assert_string_equal(out.data, "<a title=\"&quot;&gt;&lt;script&gt;{{x}}&amp;&#39;\">"
				      "&quot;&gt;&lt;script&gt;{{x}}&amp;&#39;</a>");
	assert_string_equal(missing, "");
}

static void test_a_value_that_is_lacking_is_named(void **state)
{
	static const struct {
		const char *template, *data, *missing;
	} cases[] = {
		{"{{a}}{{b}}{{c}}", "{\"a\":\"x\"}", "b"},
		{"{{#a}}x{{/a}}", "{}", "a"},
		{"{{^a}}x{{/a}}", "{}", "a"},
		{"{{#a}}{{b.c}}{{/a}}", "{\"a\":[{\"b\":{\"c\":1}},{\"b\":{}}]}", "b.c"},
		{"{{>a}}", "{}", "a"},
		{"{{a}}", "{\"a\":1.5}", "a"}, /* no figure is a float */
		{"{{a}}", "{\"a\":{}}", "a"},
		{"{{a}}{{#b}}{{c}}{{/b}}{{^d}}{{/d}}", "{\"a\":null,\"b\":[],\"d\":0}", ""},
		{"{{a}}{{#b}}x{{/b}}", "{\"a\":0,\"b\":\"\"}", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char missing[64];
		BUF_AUTO out;
		buf_init(&out, 1000);
		render(cases[i].template, cases[i].data, "{}", &out, missing);
		assert_string_equal(missing, cases[i].missing);
	}
}

static void test_a_template_that_is_wrong_is_none(void **state)
{
	static const char *const cases[] = {"{{", "a {{b", "{{#a}}", "{{/a}}", "{{#a}}{{/b}}",
		"{{#a}}{{#b}}{{/a}}{{/b}}", "{{}}", "{{#}}{{/}}", "{{{a}}}", "{{&a}}",
		"{{=<% %>=}}",
		"{{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}}"};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = {0};
		struct mustache *m = mustache_new(cases[i], &e);
		if (m || e.code != ERR_INVALID)
			fail_msg("%s", cases[i]);
	}
}

static void test_a_partial_in_itself_ends(void **state)
{
	char missing[64];
	BUF_AUTO out;

	(void)state;
	buf_init(&out, 1000);
	render("{{>a}}", "{}", "{\"a\":\"x{{>a}}\"}", &out, missing);
	assert_string_equal(out.data, "xxxxxxxxxxxxxxxx");
	assert_string_equal(missing, "a");
}

static void test_the_program_s_pages_and_words(void **state)
{
	struct err e = {0};
	struct web *w = web_new(&e);

	(void)state;
	if (!w)
		fail_msg("%s", e.text);
	assert_string_equal(web_word(w, LANGUAGE_ID, "rating", "BELOW"), "di bawah ekspektasi");
	assert_string_equal(
		web_word(w, LANGUAGE_EN, "grade", "NEEDS_IMPROVEMENT"), "needs improvement");
	assert_string_equal(web_word(w, LANGUAGE_EN, "kind", "NEW"), "NEW");
	assert_null(web_file("nothing"));
	assert_non_null(web_file("style.css"));
	web_free(w);
}

/* As long as pages get: eight indicators of a whole year. */
static json_t *page_of_a_year(void)
{
	json_t *values = json_load_file("tests/unit/score_page.json", 0, NULL),
	       *items = json_object_get(values, "items"), *item = json_array_get(items, 0),
	       *months = json_object_get(item, "months"),
	       *cells = json_object_get(json_object_get(values, "year"), "months");
	for (int i = 1; i < 12; i++) {
		json_array_append(months, json_array_get(months, 0));
		json_array_append(cells, json_array_get(cells, 0));
	}
	for (int i = 1; i < 8; i++)
		json_array_append(items, item);
	return values;
}

static int64_t processor_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* The limit holds under the sanitizers, too, which make it several times as long. */
static void test_what_a_page_costs(void **state)
{
	json_auto_t *values = page_of_a_year();
	struct err e = {0};
	struct web *w = web_new(&e);
	int64_t least = INT64_MAX;
	size_t len = 0;
	(void)state;
	assert_true(w && json_array_size(json_object_get(values, "items")) == 8);
	for (int i = 0; i < 50; i++) {
		BUF_AUTO page;
		buf_init(&page, 1024 * 1024);
		int64_t before = processor_now();
		assert_true(web_render(w, LANGUAGE_ID, "score.html", values, &page));
		int64_t cost = processor_now() - before;
		least = cost < least ? cost : least;
		len = page.len;
	}
	web_free(w);
	print_message("a score's page of %zu bytes: %lld us of processor\n", len, (long long)least);
	assert_in_range(least, 0, 2000);
	assert_in_range(len, 30000, 50000 - strlen(web_file("style.css")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_the_specification_has_it),
		cmocka_unit_test(test_what_a_name_holds_is_text),
		cmocka_unit_test(test_a_value_that_is_lacking_is_named),
		cmocka_unit_test(test_a_template_that_is_wrong_is_none),
		cmocka_unit_test(test_a_partial_in_itself_ends),
		cmocka_unit_test(test_the_program_s_pages_and_words),
		cmocka_unit_test(test_what_a_page_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
