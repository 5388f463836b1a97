/* registry_texts: what texts of a registry file must be besides their length, for all that reads
 * one: JSON and CSV. Pure. */
#pragma once

#include <stdbool.h>

/* Whether there is anything in it that people see: a name of invisible characters is none. */
bool text_is_visible(const char *text);
#define VISIBLE_MUST \
	"shows nothing: it is made of spaces and invisible characters alone; type it anew, as it " \
	"is to be read"

/* An address that any mail server takes (RFC 5321, 5322): a local part of at most 64 letters,
 * digits and some signs, single dots within; a domain of labels with a dot between them, of
 * letters, digits and hyphens within. No quoted local parts, no addresses in brackets, ASCII alone:
 * servers may take more, but not all do. */
bool email_is_sendable(const char *text);
#define EMAIL_MUST \
	"must be an e-mail address that mail servers take, as siti@dinkes.go.id: at most 64 " \
	"characters before the @, only letters, digits and hyphens behind it; no spaces, no " \
	"accents, no dot at an end or beside another"
