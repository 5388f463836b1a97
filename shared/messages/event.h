/* event: an activity event as upstream sends it (CloudEvents 1.0), decoded by tables. Pure: no I/O,
 * no clock.
 *
 * Decoding goes as far as the event alone allows: too_large, malformed, schema, unknown_type. What
 * needs the registry or what is stored is intake's to say. The files under schemas/topics/ state
 * the same for clients; tests prove that both accept the same.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/dec.h"
#include "base/digest.h"

enum {
	EVENT_MAX_BYTES = 64 * 1024,
	EVENT_MAX_HEADERS = 256,
	EVENT_MAX_HEADER_BYTES =
		64 * 1024, /* the message's key, and its headers' names and values */
	EVENT_MAX_DEPTH = 32,
	EVENT_MAX_TEXT = 128,
	EVENT_ID_TEXT = 4 * EVENT_MAX_TEXT + 1 /* room for an id in UTF-8 with its NUL */
};

/* Why evidence is rejected, in the order in which reasons apply: the first one counts. */
enum reason {
	REASON_NONE,
	REASON_TOO_LARGE,
	REASON_MALFORMED,
	REASON_SCHEMA,
	REASON_UNKNOWN_TYPE,
	REASON_UNKNOWN_SOURCE,
	REASON_SOURCE_MISMATCH,
	REASON_CONFLICTING_DUPLICATE,
	REASON_INVALID_NIP,
	REASON_UNKNOWN_PERSON,
	REASON_UNKNOWN_UNIT,
	REASON_UNKNOWN_INDICATOR,
	REASON_INDICATOR_NOT_ALLOWED,
	REASON_VALUE_OUT_OF_RANGE,
	REASON_TIME_IN_FUTURE,
	REASON_NOT_EMPLOYED,
	REASON_UNKNOWN_ORIGINAL,
	REASON_ALREADY_REPLACED,
	REASON_COUNT,
};
const char *reason_code(enum reason reason); /* "too_large" */
enum reason reason_parse(const char *code); /* REASON_NONE when there is no such code */
extern const char
	*const reason_codes[REASON_COUNT + 1]; /* codes in order, "none" first, NULL last */

enum event_type { EVENT_RECORDED, EVENT_CORRECTED, EVENT_REVOKED, EVENT_COMPLETE, EVENT_TYPES };
const char *event_type_name(enum event_type type); /* "terukur.activity.recorded.v1" */

struct event_header {
	const char *name;
	const char *data;
	size_t len;
};

/* One event's bytes and headers, as they came. */
struct event_input {
	const char *data; /* NULL: no value */
	size_t len;
	const struct event_header *headers;
	size_t n_headers;
};

struct event {
	const char *id, *source, *subject; /* all texts are borrowed from `root` */
	enum event_type type;
	int64_t time; /* instant, see clock.h */
	const char *indicator; /* NULL for revoked */
	dec_wide value, of; /* units of 0.0001 */
	bool has_of;
	const char *replaces; /* corrected and revoked */
	const char *revoke_reason; /* revoked */
	const char *ref, *evidence_uri, *evidence_sha256, *receipt; /* optional */
	int32_t month; /* complete: the month that is reported in full */
	uint8_t content[DIGEST_KEY]; /* equal exactly when subject, type, instant and data are */
	json_t *root; /* owned */
};

/* One wrong field; `detail` quotes no value. */
struct event_fault {
	enum reason reason;
	char field[64]; /* "data.value", "" for the whole event */
	char detail[160];
};

/* False, with the fault set to too_large, when the key and the headers of an event's message are
 * beyond their limits. Those who admit events ask this first; what is admitted is decoded again
 * without. */
bool event_fits(const struct event_input *in, size_t key_len, struct event_fault *fault);

/* Decodes one event. On success the caller calls event_done. On false *fault says the first thing
 * wrong and there is nothing to free. In binary mode a header without a value is not there, and
 * extensions may hold any bytes; `root` has those that are text, with the rest of the envelope. A
 * message without a CloudEvents content type and without a ce_ header is read as structured. */
bool event_decode(const struct event_input *in, struct event *out, struct event_fault *fault);
/* The same of what was admitted once, when a number was what the parser reads of it, and a receipt
 * any text. */
bool event_decode_again(const struct event_input *in, struct event *out, struct event_fault *fault);
void event_done(struct event *e);
/* The id of what cannot be decoded, where it has one that can be read. */
bool event_read_id(const struct event_input *in, char out[EVENT_ID_TEXT]);

/* The key under which an id is held: a hash of the source, a NUL and the id. */
void event_key(const char *source, const char *id, uint8_t out[DIGEST_KEY]);

/* Parses one JSON value under the rules for everything from outside: UTF-8, no repeated keys, no
 * NUL, depth at most EVENT_MAX_DEPTH, numbers the parser can hold. NULL with the fault set to
 * malformed. */
json_t *event_parse(const char *data, size_t len, struct event_fault *fault);
