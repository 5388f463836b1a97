/* command: the shape of an operators' command, and how its arguments are read. Pure but for
 * printing help. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum { OPTIONS_MAX = 6 };

struct admin;

struct option {
	const char *name; /* "--days" */
	const char *value; /* what it takes, for the help: "N"; NULL: nothing */
	const char *help;
	int64_t min, max; /* of a number; both 0: any text */
	bool joins; /* its value joins the arguments, so it can be given several times */
};

/* What the operator typed after the command. `option` and `number` are by the option's place in its
 * table. */
struct arguments {
	const char
		*option[OPTIONS_MAX]; /* the value, "" for one that takes none; NULL: not given */
	int64_t number[OPTIONS_MAX];
	const char **rest;
	int n_rest;
};

enum need { NEEDS_DATABASE = 1, NEEDS_KAFKA = 2 };

struct command {
	const char *name; /* one or two words */
	const char *args; /* for the help */
	const char *help;
	unsigned needs;
	size_t statements; /* how many of store.h's, from the first */
	const struct option *options;
	int n_options;
	int min_rest, max_rest;
	/* May be NULL: false when the options do not go together. */
	bool (*check)(const struct arguments *args, struct err *e);
	bool (*run)(struct admin *a, const struct arguments *args, struct err *e);
};

/* The command that the words begin with, and how many of them name it; NULL when there is none. */
const struct command *command_find(
	const struct command *table, size_t n, int argc, char **argv, int *words);

/* Whether its name is two words, the first of them this. */
bool command_is_of(const struct command *c, const char *group);

/* Reads the words after the command's name; false when the call is wrong. Free with arguments_done
 * in any case. */
bool arguments_parse(const struct command *c, int argc, char **argv, struct arguments *out,
	struct err *e) MUST_CHECK;
void arguments_done(struct arguments *args);

void command_help(FILE *out, const struct command *c);
