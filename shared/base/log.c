#include "base/log.h"
#include "base/array.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"

static struct {
	const char *service;
	enum log_level least;
} logger = {"terukur", LOG_INFO};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_init(const char *service, enum log_level least)
{
	logger.service = service;
	logger.least = least;
}

bool log_enabled(enum log_level level)
{
	return level >= logger.least;
}

bool log_level_parse(const char *text, enum log_level *out)
{
	for (int i = 0; i < (int)COUNT(level_names); i++)
		if (strcmp(text, level_names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	return false;
}

/* The length of an escape, JSON's or that of text_printable in JSON; 0: none begins here. Digits
 * that belong to one are no part of a run. */
static size_t escape_length(const char *p)
{
	static const char hex[] = "0123456789abcdef";
	if (strncmp(p, "\\u", 2) == 0)
		return strnlen(p, sizeof "\\u1234" - 1);
	bool shown = strncmp(p, "\\\\x", 3) == 0 && strspn(p + 3, hex) >= 2;
	return shown ? sizeof "\\\\xff" - 1 : 0;
}

/* Masks what has the shape of a NIP: a run of exactly 18 digits. */
static void log_mask(char *text)
{
	for (char *p = text; *p;) {
		size_t escape = escape_length(p), digits = strspn(p, "0123456789");
		if (digits == 18)
			memset(p, '*', 18);
		p += escape ? escape : digits ? digits : 1;
	}
}

/* jansson refuses what is not UTF-8: the field would be lost. */
static json_t *log_text(const char *text)
{
	char shown[TEXT_MOST];
	json_t *string = json_string(text);
	return string ? string
		      : json_string(text_printable(shown, sizeof shown, text, strlen(text)));
}

void log_write(enum log_level level, const char *message, const struct log_field *fields, int n)
{
	if (!log_enabled(level))
		return;
	char at[CLOCK_TEXT];
	json_t *line = json_pack("{s:s, s:s, s:s, s:s}", "at", clock_format(clock_now(), at),
		"level", level_names[level], "service", logger.service, "message", message);
	for (int i = 0; i < n; i++)
		json_object_set_new(line, fields[i].name,
			fields[i].text ? log_text(fields[i].text) : json_integer(fields[i].number));
	char *text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(line);
	if (!text)
		return;
	log_mask(text);
	size_t len = strlen(text);
	text[len] = '\n'; /* the NUL's place: one write, so that lines of threads do not mix */
	ssize_t written = write(STDERR_FILENO, text, len + 1);
	(void)written;
	free(text);
}
