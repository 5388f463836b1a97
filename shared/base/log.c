#include "base/log.h"
#include "base/array.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"

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

bool log_level_parse(const char *text, enum log_level *out)
{
	for (int i = 0; i < (int)COUNT(level_names); i++)
		if (strcmp(text, level_names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	return false;
}

/* Masks what has the shape of a NIP: a run of exactly 18 digits. */
static void log_mask(char *text)
{
	for (char *p = text; *p;) {
		char *end = p;
		while (isdigit((unsigned char)*end))
			end++;
		if (end - p == 18)
			memset(p, '*', 18);
		p = end > p ? end : p + 1;
	}
}

void log_write(enum log_level level, const char *message, const struct log_field *fields, int n)
{
	if (level < logger.least)
		return;
	char at[CLOCK_TEXT];
	json_t *line = json_pack("{s:s, s:s, s:s, s:s}", "at", clock_format(clock_now(), at),
		"level", level_names[level], "service", logger.service, "message", message);
	for (int i = 0; i < n; i++)
		json_object_set_new(line, fields[i].name,
			fields[i].text ? json_string(fields[i].text)
				       : json_integer(fields[i].number));
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
