/* log: one JSON object a line on standard error.
 *
 *   log_info("batch stored", LOG_I("events", n), LOG_S("topic", name));
 *
 * Levels: "error" and "warn" are what somebody should read; "info" is what becomes of the process;
 * "debug" has a line for each message and each request. A line that is about one of those carries
 * `trace`, the id of its trace (base/trace.h), so that all services' lines about it are found.
 *
 * Only the outermost loop of a program logs an error, once. No line holds what somebody wrote into
 * a message or a request: its place, its reason code and its trace lead there. A run of exactly 18
 * digits in any text (the shape of a NIP) is masked, as a last line of defence: no log line may
 * carry a NIP. Thread-safe.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
	const char *name;
	const char *text; /* NULL: the number counts */
	int64_t number;
};

#define LOG_S(name_, text_) ((struct log_field){.name = (name_), .text = (text_) ? (text_) : ""})
#define LOG_I(name_, number_) ((struct log_field){.name = (name_), .number = (int64_t)(number_)})

/* The program's name, in every line; and the lowest level written. Call before threads start. */
void log_init(const char *service, enum log_level least);

/* "debug" "info" "warn" "error" → level; false when it is none of them. */
bool log_level_parse(const char *text, enum log_level *out);

/* Whether lines of this level are written: for those that cost more than their writing. */
bool log_enabled(enum log_level level);

void log_write(enum log_level level, const char *message, const struct log_field *fields, int n);

#define log_at(level_, message_, ...) \
	log_write(level_, message_, (const struct log_field[]){__VA_ARGS__}, \
		(int)(sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field)))
#define log_debug(message_, ...) log_at(LOG_DEBUG, message_, __VA_ARGS__)
#define log_info(message_, ...) log_at(LOG_INFO, message_, __VA_ARGS__)
#define log_warn(message_, ...) log_at(LOG_WARN, message_, __VA_ARGS__)
#define log_error(message_, e_, ...) \
	log_at(LOG_ERROR, message_, LOG_S("error", (e_)->text), \
		LOG_S("code", err_code_name((e_)->code)), ##__VA_ARGS__)
