#include "base/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

extern char **environ;

enum { CONF_MAX_FILE = 64 * 1024 };

/* Why a file's text cannot be a setting's; NULL: it can. */
static const char *conf_read(int fd, struct buf *text)
{
	struct stat about;
	char piece[4096];
	ssize_t n = 0;
	if (fd < 0 || fstat(fd, &about) != 0)
		return strerror(errno);
	if (!S_ISREG(about.st_mode)) /* others may never end, or never begin */
		return "it is no regular file";
	while (!text->failed && (n = read(fd, piece, sizeof piece)) > 0)
		buf_add(text, piece, (size_t)n);
	if (n < 0)
		return strerror(errno);
	if (text->failed)
		return "it is over 64 KiB";
	while (text->len &&
		(text->data[text->len - 1] == '\n' || text->data[text->len - 1] == '\r'))
		text->data[--text->len] = '\0';
	return !text->len || strlen(text->data) == text->len ? NULL : "it holds a NUL";
}

static char *conf_read_file(
	const char *variable, const char *path, bool may_be_empty, struct buf *wrong)
{
	BUF_AUTO text;
	buf_init(&text, CONF_MAX_FILE);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *why = conf_read(fd, &text);
	if (fd >= 0)
		close(fd);
	if (!why && !text.len && !may_be_empty)
		why = "it is empty";
	if (!why)
		return buf_take(&text);
	buf_addf(wrong, "%s%s: the file it names cannot be read (%s)", wrong->len ? "; " : "",
		variable, why);
	return NULL;
}

/* The variable, else what is in the file that <NAME>_FILE names. NULL: neither, or it is wrong. */
static char *conf_given(const char *name, bool may_be_empty, struct buf *wrong)
{
	const char *value = getenv(name);
	if (value && *value)
		return strdup(value);
	char variable[128];
	snprintf(variable, sizeof variable, "%s_FILE", name);
	const char *path = getenv(variable);
	return path && *path ? conf_read_file(variable, path, may_be_empty, wrong) : NULL;
}

/* The setting's text: what is given, else the default. NULL: none. */
static char *conf_text(const struct conf_setting *s, struct buf *wrong)
{
	size_t before = wrong->len;
	bool may_be_empty = s->fallback && !*s->fallback;
	char *text = conf_given(s->name, may_be_empty, wrong);
	return text || wrong->len > before || !s->fallback ? text : strdup(s->fallback);
}

bool conf_secret(const char *name, char **out, struct err *e)
{
	BUF_AUTO wrong;
	buf_init(&wrong, CONF_MAX_FILE);
	*out = conf_given(name, false, &wrong);
	return wrong.len == 0 || err_set(e, ERR_FATAL, "%s", wrong.data);
}

static void conf_check_form(const struct conf_setting *s, const char *text, struct buf *wrong)
{
	if (s->form && *text && !s->form->right(text))
		buf_addf(wrong, "%s%s %s", wrong->len ? "; " : "", s->name, s->form->must);
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
		conf_check_form(s, text, wrong);
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
			table[i].fallback ? " [" : " (required)",
			table[i].fallback ? table[i].fallback : "", table[i].fallback ? "]" : "");
}

void conf_each_env(
	const char *prefix, void (*each)(const char *name, const char *value, void *arg), void *arg)
{
	size_t len = strlen(prefix);
	for (char **p = environ; *p; p++) {
		const char *equals = strchr(*p, '=');
		char name[128];
		if (!equals || strncmp(*p, prefix, len) != 0 ||
			(size_t)(equals - *p) >= sizeof name)
			continue;
		memcpy(name, *p, (size_t)(equals - *p));
		name[equals - *p] = '\0';
		each(name, equals + 1, arg);
	}
}
