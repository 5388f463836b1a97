#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How many of the words spell the name; 0 when they do not. */
static int command_words(const char *name, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		size_t len = strlen(argv[i]);
		if (strncmp(name, argv[i], len) != 0 || (name[len] != ' ' && name[len] != '\0'))
			return 0;
		if (name[len] == '\0')
			return i + 1;
		name += len + 1;
	}
	return 0;
}

const struct command *command_find(
	const struct command *table, size_t n, int argc, char **argv, int *words)
{
	for (size_t i = 0; i < n; i++)
		if ((*words = command_words(table[i].name, argc, argv)) > 0)
			return &table[i];
	return NULL;
}

bool command_is_of(const struct command *c, const char *group)
{
	size_t len = strlen(group);
	return len > 0 && strncmp(c->name, group, len) == 0 && c->name[len] == ' ';
}

static int option_find(const struct command *c, const char *word, size_t len)
{
	for (int i = 0; i < c->n_options; i++)
		if (strlen(c->options[i].name) == len &&
			strncmp(c->options[i].name, word, len) == 0)
			return i;
	return -1;
}

static bool option_number(const struct option *o, const char *text, int64_t *out, struct err *e)
{
	char *end;
	errno = 0;
	int64_t v = strtoll(text, &end, 10);
	if (*text == '\0' || *end != '\0' || errno || v < o->min || v > o->max)
		return err_set(e, ERR_INVALID, "%s takes a number from %lld to %lld", o->name,
			(long long)o->min, (long long)o->max);
	*out = v;
	return true;
}

static bool option_set(
	const struct command *c, int i, const char *value, struct arguments *out, struct err *e)
{
	const struct option *o = &c->options[i];
	if (o->joins) {
		out->rest[out->n_rest++] = value;
		return true;
	}
	if (out->option[i])
		return err_set(e, ERR_INVALID, "%s is given twice", o->name);
	out->option[i] = value;
	return o->max == 0 || option_number(o, value, &out->number[i], e);
}

/* Reads the option at argv[0], `--name value` or `--name=value`; returns how many words it took, 0:
 * wrong. */
static int option_read(
	const struct command *c, int argc, char **argv, struct arguments *out, struct err *e)
{
	size_t len = strcspn(argv[0], "=");
	const char *joined = argv[0][len] ? argv[0] + len + 1 : NULL;
	int i = option_find(c, argv[0], len);
	if (i < 0)
		return err_set(e, ERR_INVALID, "there is no option %.*s", (int)len, argv[0]);
	if (!c->options[i].value)
		return joined ? err_set(e, ERR_INVALID, "%s takes no value", c->options[i].name)
			      : option_set(c, i, "", out, e);
	if (joined)
		return option_set(c, i, joined, out, e);
	if (argc < 2)
		return err_set(e, ERR_INVALID, "%s wants a value", c->options[i].name);
	return option_set(c, i, argv[1], out, e) ? 2 : 0;
}

bool arguments_parse(
	const struct command *c, int argc, char **argv, struct arguments *out, struct err *e)
{
	*out = (struct arguments){.rest = calloc((size_t)argc + 1, sizeof(char *))};
	if (!out->rest)
		return err_set(e, ERR_FATAL, "out of memory");
	for (int i = 0, took; i < argc; i += took) {
		took = 1;
		if (strncmp(argv[i], "--", 2) != 0)
			out->rest[out->n_rest++] = argv[i];
		else if ((took = option_read(c, argc - i, argv + i, out, e)) == 0)
			return false;
	}
	if (out->n_rest < c->min_rest)
		return err_set(e, ERR_INVALID, "an argument is missing");
	if (out->n_rest > c->max_rest)
		return err_set(
			e, ERR_INVALID, "\"%s\" is one argument too many", out->rest[c->max_rest]);
	return !c->check || c->check(out, e);
}

void arguments_done(struct arguments *args)
{
	free(args->rest);
	args->rest = NULL;
}

void command_help(FILE *out, const struct command *c)
{
	fprintf(out, "usage: admin %s%s%s\n\n%s\n", c->name, *c->args ? " " : "", c->args, c->help);
	if (c->n_options)
		fputs("\noptions:\n", out);
	for (int i = 0; i < c->n_options; i++) {
		const struct option *o = &c->options[i];
		int width = fprintf(
			out, "  %s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
		fprintf(out, "%*s  %s\n", width < 24 ? 24 - width : 0, "", o->help);
	}
}
