/* conf: a program's settings as a table that drives reading, defaults, --help and the docs.
 *
 * A setting comes from the environment variable of its name, or from the file that <NAME>_FILE
 * names (for mounted secrets: a regular file of at most 64 KiB, empty only where the default is;
 * trailing newlines are dropped). An empty value counts as unset. This is the only door to getenv.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum conf_type {
	CONF_TEXT, /* char *  */
	CONF_SECRET, /* char *, never printed */
	CONF_INT, /* int64_t, between min and max */
	CONF_BOOL, /* bool: "true" or "false" */
};

/* What a text must be, told without it: it may hold a password. Whoever reads such texts states
 * their form. */
struct conf_form {
	bool (*right)(const char *text);
	const char *must; /* "must be like …": what follows the setting's name */
};

struct conf_setting {
	const char *name;
	enum conf_type type;
	size_t offset; /* where in the settings struct it goes */
	const char *fallback; /* its default as text; NULL: it is required */
	int64_t min, max; /* for CONF_INT */
	const char *help; /* one line, with its unit */
	const struct conf_form *form; /* NULL: any text */
};

/* Reads every setting of the table into the struct at `into`. Texts live until the program ends.
 * All that is wrong is named in one error: ERR_FATAL, "KAFKA_BROKERS is not set; LOG_LEVEL …". */
bool conf_load(const struct conf_setting *table, size_t n, void *into, struct err *e) MUST_CHECK;

/* One that is in no table: the variable's text, or that of the file which <NAME>_FILE names; *out
 * is the caller's, NULL when neither is set. False (ERR_FATAL) for a file that cannot be read. */
bool conf_secret(const char *name, char **out, struct err *e) MUST_CHECK;

/* The table for --help: name, default, meaning. */
void conf_help(FILE *out, const struct conf_setting *table, size_t n);

/* Calls `each` for every environment variable that starts with the prefix. */
void conf_each_env(const char *prefix, void (*each)(const char *name, const char *value, void *arg),
	void *arg);
