/* err: why a fallible function failed, and what its caller is to do about it.
 *
 * A fallible function returns bool and takes `struct err *e` last. On false, `e->code` says what
 * the caller does and `e->text` says why, in English, for a log or a problem document. The first
 * error wins: err_set on an error that is already set changes nothing, so clean-up code cannot hide
 * a cause. Texts carry no secrets and no personal data, and are printable whatever they were made
 * of (text.h).
 */
#pragma once

#include <stdbool.h>

enum err_code {
	ERR_NONE,
	ERR_INVALID, /* the input is wrong: answer 4xx, or reject the event */
	ERR_NOT_FOUND, /* there is no such thing */
	ERR_CONFLICT, /* it contradicts what is stored */
	ERR_RETRY, /* a dependency is away: back off, move no offset, try again */
	ERR_FATAL, /* this process cannot go on: exit and be started anew */
};

/* On every prototype that takes a struct err: what failed does not go unseen. */
#define MUST_CHECK __attribute__((warn_unused_result))

struct err {
	enum err_code code;
	char text[400];
};

/* Sets the error unless one is set already; always returns false, so that `return err_set(…)` reads
 * well. */
bool err_set(struct err *e, enum err_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts words before the text of a set error: "loading the registry: …". Always returns false. */
bool err_wrap(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

void err_clear(struct err *e);

/* "invalid", "retry", …: for logs. */
const char *err_code_name(enum err_code code);
