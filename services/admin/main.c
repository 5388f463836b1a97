/* admin: the operators' command. Reads and writes the registry, and says on registry.changed what
 * is to be looked at again: written in the change's own transaction (registry.outbox), deleted once
 * Kafka has acknowledged, so that a killed command loses nothing. Every message only asks for
 * another look, so that saying it twice is harmless. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin.h"
#include "base/array.h"
#include "base/conf.h"
#include "base/digest.h"
#include "base/log.h"
#include "service/service.h"
#include "store.h"

enum { EXIT_FOUND = 1, EXIT_USAGE = 2, PING_MS = 10000 };

static const struct option topics_options[] = {
	{"--replication", "N", .help = "copies of each partition; without it the brokers' default",
		.min = 1, .max = 32},
};
static const struct option migrate_options[] = {
	{"--expand", NULL,
		.help = "leave for later what a running program could not live with: exit 0 then"},
};
static const struct option acl_options[] = {
	{"--check", NULL, .help = "compare with Kafka's instead; exit 1 when they differ"},
	{"--apply", NULL, .help = "give what is missing; takes nothing away"},
};
static const struct option load_options[] = {
	{"--dry-run", NULL, .help = "check and count, change nothing"},
};
static const struct option token_options[] = {
	{"--role", "ROLE", .help = "person, head, auditor, operator or upstream"},
	{"--nip", "NIP", .help = "whose it is; person and head want it"},
	{"--agency", "CODE",
		.help = "a head's agency, for good; without it that of the person's unit on each "
			"day"},
	{"--source", "CODE", .help = "the system that publishes with it; upstream wants it"},
	{"--days", "N", .help = "good for so many days; without it until it is revoked", .min = 1,
		.max = 36500},
	{"--note", "TEXT", .help = "what it is for, shown by `token list`"},
};
static const struct option recompute_options[] = {
	{"--period", "P",
		.help = "a month, quarter or year: 2026-03, 2026-Q1, 2026; without it every year "
			"with evidence"},
	{"--person", "UUID|NIP", .help = "whose; can be given several times; without it everybody",
		.joins = true},
	{"--wait", "SECONDS", .help = "wait until the new scores are there", .min = 1,
		.max = 86400},
};
static const struct option redrive_options[] = {
	{"--reason", "CODE", .help = "those that were rejected for this"},
	{"--source", "CODE", .help = "those of this source alone"},
	{"--limit", "N", .help = "so many at most, the oldest first", .min = 1, .max = 1000000000},
	{"--id", "N", .help = "this one alone", .min = 1, .max = INT64_MAX},
};
static const struct option replay_options[] = {
	{"--from", "DATE", .help = "a date (its first moment in Pontianak) or an instant"},
	{"--source", "CODE", .help = "what this system published alone"},
	{"--dry-run", NULL, .help = "say how many messages, change nothing"},
};
static const struct option status_options[] = {
	{"--wait", "SECONDS",
		.help = "wait until nothing is under way; exit 1 if something still is by then",
		.min = 1, .max = 86400},
	{"--json", NULL, .help = "one JSON object"},
};

enum { DATABASE = NEEDS_DATABASE, BOTH = NEEDS_DATABASE | NEEDS_KAFKA };

#define OPTIONS(table_) .options = (table_), .n_options = COUNT(table_)

#define CSV_HELP \
	"\nColumns come in any order, their names in any case; between them commas, " \
	"semicolons or tabs. Dates are\n2026-02-01 or 01/02/2026 (day first). All or nothing; " \
	"loading it again changes nothing."

static const struct command commands[] = {
	{"migrate", "[--expand]",
		"Brings the database's schemas up to date. Safe to run from several places at "
		"once,\nand while programs run: it takes away nothing that one of them still "
		"needs, and says which.",
		DATABASE, 0, OPTIONS(migrate_options), .run = migrate_run},
	{"role password", "ROLE",
		"Lets a role of the system (terukur_intake, …) log in with the password on "
		"standard input.",
		DATABASE, 0, .min_rest = 1, .max_rest = 1, .check = role_check,
		.run = role_password},
	{"topics create", "[--replication N]",
		"Creates the topics that are missing, the registered sources' included.", BOTH,
		STORE_REGISTRY, OPTIONS(topics_options), .run = topics_run},
	{"topics acl", "[--check|--apply]",
		"Prints as CSV who may do what in Kafka: each service what its row says, each "
		"source to write its topic.\n"
		"Compared with what Kafka has, each line is missing, given, or extra: not of the "
		"tables.",
		BOTH, STORE_REGISTRY, OPTIONS(acl_options), .check = topics_acl_check,
		.run = topics_acl},
	{"registry load", "[--dry-run] FILE",
		"Loads a registry file: JSON, or people alone as CSV (*.csv).\n"
		"All or nothing; loading it again changes nothing; what it leaves out stays.\n"
		"Says whose targets change from when, and months that have ended apart.",
		BOTH, STORE_REGISTRY, OPTIONS(load_options), .min_rest = 1, .max_rest = 1,
		.run = registry_load},
	{"registry export", "",
		"Prints what is in force as a registry file, which loads to the same.", DATABASE,
		STORE_REGISTRY, .run = registry_export},
	{"registry publish", "",
		"Says on registry.changed what an interrupted command had left to say.", BOTH,
		STORE_REGISTRY, .run = registry_publish},
	{"people list", "[NIP|NAME]",
		"Prints who there is as CSV: nip,person,name,unit,position.\n"
		"Unit and position are today's; of who has none today the last, or else the "
		"first to come.\nWith a NIP, as people write it, or a part of a name: those whom "
		"it means; exit 1 if there are none.",
		DATABASE, STORE_REGISTRY, .max_rest = 1, .run = people_list},
	{"people import", "[--dry-run] FILE",
		"Loads people from CSV; - reads standard input.\n"
		"Columns: nip, name (nama), unit (unit kerja), position (jabatan), from (mulai, "
		"tanggal mulai, tmt);\nsuperior (atasan, nip atasan), until (selesai, tanggal "
		"selesai, sampai), email (surel), was (nip lama),\nremoved (dihapus), language "
		"(bahasa) may be left out or empty." CSV_HELP,
		BOTH, STORE_REGISTRY, OPTIONS(load_options), .min_rest = 1, .max_rest = 1,
		.run = people_import},
	{"absences import", "[--dry-run] FILE",
		"Loads absences from CSV; - reads standard input.\n"
		"Columns: nip, from (mulai, tanggal mulai, tmt), until (selesai, tanggal selesai, "
		"sampai), kind (jenis);\nremoved (dihapus) may be left out or empty." CSV_HELP,
		BOTH, STORE_REGISTRY, OPTIONS(load_options), .min_rest = 1, .max_rest = 1,
		.run = absences_import},
	{"plans import", "[--dry-run] FILE",
		"Loads plans from CSV; - reads standard input.\n"
		"Columns: nip, year (tahun), status; from (mulai, tanggal mulai, tmt) may be left "
		"out or empty.\nA plan with items of its own has a line for each, otherwise the "
		"same, with indicator (indikator),\ntarget, weight (bobot), kind (jenis: MAIN, "
		"ADDITIONAL or utama, tambahan)." CSV_HELP,
		BOTH, STORE_REGISTRY, OPTIONS(load_options), .min_rest = 1, .max_rest = 1,
		.run = plans_import},
	{"token add", "--role ROLE [options]",
		"Makes a bearer token and prints it. It cannot be shown again.", DATABASE,
		STORE_REGISTRY, OPTIONS(token_options), .check = token_check, .run = token_add},
	{"token list", "", "Prints the tokens, without their secret, as CSV.", DATABASE,
		STORE_REGISTRY, .run = token_list},
	{"token revoke", "ID…|-",
		"Ends tokens by the ids of `token list`; - reads ids or tokens from standard "
		"input.",
		DATABASE, STORE_REGISTRY, .min_rest = 1, .max_rest = 10000, .run = token_revoke},
	{"recompute", "[--period P] [--person UUID|NIP]… [--wait SECONDS]",
		"Has totals and scores made anew from the raw evidence.", BOTH, STORE_ALL,
		OPTIONS(recompute_options), .max_rest = 100000, .check = recompute_check,
		.run = recompute_run},
	{"redrive", "--reason CODE [--source CODE] [--limit N] | --id N",
		"Publishes rejected events again, as they came, once the cause is mended.", BOTH,
		STORE_ALL, OPTIONS(redrive_options), .check = redrive_check, .run = redrive_run},
	{"replay", "--from DATE [--source CODE] [--dry-run]",
		"Has what was published from then on read again, as far as Kafka still holds it.\n"
		"It changes nothing that is whole: nothing counts twice, nobody is told twice.\n"
		"Intake has to be stopped meanwhile; started again it reads on from there.",
		BOTH, 0, OPTIONS(replay_options), .check = replay_check, .run = replay_run},
	{"verify", "",
		"Proves that originals, totals and scores agree; exit 1 and a line for each that "
		"does not.",
		DATABASE, STORE_ALL, .run = verify_run},
	{"status", "[--wait SECONDS] [--json]",
		"Says how far behind each part is, what was rejected, what waits.", BOTH, STORE_ALL,
		OPTIONS(status_options), .run = status_run},
	{"--check", "", "Checks the settings, the database's schemas and Kafka.", BOTH, STORE_ALL,
		.run = check_run},
};

static const struct conf_setting settings[] = {
	{"DATABASE_URL", CONF_SECRET, offsetof(struct admin, database), NULL, 0, 0,
		"PostgreSQL, as libpq takes it", &db_url_form},
	{"KAFKA_BROKERS", CONF_TEXT, offsetof(struct admin, brokers), NULL, 0, 0,
		"host:port, comma-separated", NULL},
};

/* Those of a group, "registry"; NULL: all. */
static void help_commands(FILE *out, const char *group)
{
	for (size_t i = 0; i < COUNT(commands); i++) {
		const struct command *c = &commands[i];
		if (group && !command_is_of(c, group))
			continue;
		fprintf(out, "  %s%s%s\n      %.*s\n", c->name, *c->args ? " " : "", c->args,
			(int)strcspn(c->help, "\n"), c->help);
	}
}

static bool is_group(const char *word)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (command_is_of(&commands[i], word))
			return true;
	return false;
}

static void help_group(FILE *out, const char *group)
{
	fprintf(out,
		"usage: admin %s COMMAND [arguments]\n\ncommands (admin %s COMMAND --help says "
		"more):\n",
		group, group);
	help_commands(out, group);
}

static void help_all(FILE *out)
{
	fputs("usage: admin COMMAND [arguments]\n\ncommands (admin COMMAND --help says more):\n",
		out);
	help_commands(out, NULL);
	fputs("\nsettings, from the environment (or from the file that NAME_FILE names):\n", out);
	conf_help(out, settings, COUNT(settings));
	fputs("  KAFKA_…                any setting of the Kafka client: "
	      "KAFKA_SECURITY_PROTOCOL=SSL\n"
	      "\nexit: 0 done, 1 it failed or found something, 2 wrong call,\n      100 wrong "
	      "settings, 111 database or Kafka away\n",
		out);
}

bool admin_kafka(struct admin *a, struct err *e)
{
	if (a->bus)
		return true;
	a->bus = bus_producer_new(a->brokers, e);
	a->settings_wrong = !a->bus;
	return a->bus && bus_ping(a->bus, PING_MS, e);
}

bool admin_begin_registry(struct admin *a, struct err *e)
{
	return db_begin(a->db, e) && db_script(a->db, ADMIN_AS_REGISTRY, e);
}

bool check_run(struct admin *a, const struct arguments *args, struct err *e)
{
	(void)args;
	return admin_kafka(a, e);
}

static bool admin_open(struct admin *a, const struct command *c, struct err *e)
{
	if (!conf_load(settings, c->needs & NEEDS_KAFKA ? 2 : 1, a, e)) {
		a->settings_wrong = true;
		return false;
	}
	gethostname(a->host, sizeof a->host - 1);
	if (c->statements > 0) /* else it is for any schema, as `migrate` is */
		db_introduce(a->host);
	a->db = db_new(a->database, "terukur-admin", store_statements, c->statements);
	if (!a->db)
		return err_set(e, ERR_FATAL, "out of memory");
	return db_connect(a->db, e);
}

static int admin_exit(const struct admin *a, const struct err *e)
{
	return a->settings_wrong      ? EXIT_SETTINGS
	       : e->code == ERR_RETRY ? EXIT_DEPENDENCY
				      : EXIT_FOUND;
}

static int admin_run(const struct command *c, const struct arguments *args)
{
	struct admin a = {0};
	struct err e = {0};
	int code = EXIT_OK;
	progress_init(&a.progress);
	bool done = admin_open(&a, c, &e) && c->run(&a, args, &e);
	progress_clear(&a.progress);
	if ((fflush(stdout) != 0 || ferror(stdout)) && done)
		done = err_set(&e, ERR_FATAL, "what was to be printed could not be written");
	if (!done) {
		fprintf(stderr, "admin %s: %s\n", c->name, e.text);
		code = admin_exit(&a, &e);
	}
	bus_producer_free(a.bus);
	db_free(a.db);
	free(a.brokers);
	free(a.database);
	return code;
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	log_init("admin", LOG_ERROR);
	int words;
	const struct command *c =
		command_find(commands, COUNT(commands), argc - 1, argv + 1, &words);
	const char *group = !c && argc > 1 && is_group(argv[1]) ? argv[1] : NULL;
	if (wants_help(argc, argv)) {
		c ? command_help(stdout, c) : group ? help_group(stdout, group) : help_all(stdout);
		return EXIT_OK;
	}
	if (!c) {
		fprintf(stderr, "admin: %s; admin %s%s--help says what there is\n",
			argc > (group ? 2 : 1) ? "no such command" : "no command",
			group ? group : "", group ? " " : "");
		return EXIT_USAGE;
	}
	struct arguments args = {0};
	struct err e = {0};
	int code = EXIT_USAGE;
	if (!digest_init() || !arguments_parse(c, argc - 1 - words, argv + 1 + words, &args, &e))
		fprintf(stderr, "admin %s: %s\nusage: admin %s %s\n", c->name, e.text, c->name,
			c->args);
	else
		code = admin_run(c, &args);
	arguments_done(&args);
	return code;
}
