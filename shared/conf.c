#include "conf.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

extern char **environ;

enum { CONF_MAX_FILE = 64 * 1024 };

static char *conf_read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return NULL;
	BUF_AUTO text;
	buf_init(&text, CONF_MAX_FILE);
	char piece[4096];
	for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
		buf_add(&text, piece, n);
	fclose(file);
	while (text.len && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
		text.data[--text.len] = '\0';
	return buf_take(&text);
}

/* The setting's text: the variable, else the file <NAME>_FILE names, else the default. NULL: none. */
static char *conf_text(const struct conf_setting *s, struct buf *wrong)
{
	const char *value = getenv(s->name);
	if (value && *value)
		return strdup(value);
	char variable[128];
	snprintf(variable, sizeof variable, "%s_FILE", s->name);
	const char *path = getenv(variable);
	if (path && *path) {
		char *text = conf_read_file(path);
		if (!text)
			buf_addf(wrong, "%s%s: the file it names cannot be read (%s)", wrong->len ? "; " : "",
				variable, strerror(errno));
		return text;
	}
	return s->fallback ? strdup(s->fallback) : NULL;
}

static bool conf_int(const char *text, const struct conf_setting *s, void *place)
{
	char *end;
	errno = 0;
	long long v = strtoll(text, &end, 10);
	if (errno || end == text || *end || v < s->min || v > s->max)
		return false;
	*(int64_t *)place = v;
	return true;
}

static bool conf_bool(const char *text, void *place)
{
	bool on = strcmp(text, "true") == 0;
	*(bool *)place = on;
	return on || strcmp(text, "false") == 0;
}

static void conf_load_one(const struct conf_setting *s, void *into, struct buf *wrong)
{
	void *place = (char *)into + s->offset;
	const char *comma = wrong->len ? "; " : "";
	size_t before = wrong->len;
	char *text = conf_text(s, wrong);
	if (!text) {
		if (wrong->len == before)
			buf_addf(wrong, "%s%s is not set: %s", comma, s->name, s->help);
		return;
	}
	if (s->type == CONF_TEXT || s->type == CONF_SECRET) {
		*(char **)place = text;
		return;
	}
	if (s->type == CONF_INT && !conf_int(text, s, place))
		buf_addf(wrong, "%s%s must be a whole number from %lld to %lld", comma, s->name,
			(long long)s->min, (long long)s->max);
	if (s->type == CONF_BOOL && !conf_bool(text, place))
		buf_addf(wrong, "%s%s must be true or false", comma, s->name);
	free(text);
}

bool conf_load(const struct conf_setting *table, size_t n, void *into, struct err *e)
{
	BUF_AUTO wrong;
	buf_init(&wrong, CONF_MAX_FILE);
	for (size_t i = 0; i < n; i++)
		conf_load_one(&table[i], into, &wrong);
	if (wrong.len == 0)
		return true;
	return err_set(e, ERR_FATAL, "%s", wrong.data);
}

void conf_help(FILE *out, const struct conf_setting *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "  %-22s %s%s%s%s\n", table[i].name, table[i].help,
			table[i].fallback ? " [" : " (required)", table[i].fallback ? table[i].fallback : "",
			table[i].fallback ? "]" : "");
}

void conf_each_env(
	const char *prefix, void (*each)(const char *name, const char *value, void *arg), void *arg)
{
	size_t len = strlen(prefix);
	for (char **p = environ; *p; p++) {
		const char *equals = strchr(*p, '=');
		char name[128];
		if (!equals || strncmp(*p, prefix, len) != 0 || (size_t)(equals - *p) >= sizeof name)
			continue;
		memcpy(name, *p, (size_t)(equals - *p));
		name[equals - *p] = '\0';
		each(name, equals + 1, arg);
	}
}
