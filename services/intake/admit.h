/* admit: what intake makes of one message. Pure: the registry and the present instant are given,
 * nothing is stored.
 *
 * The order of reasons is that of event.h. Whether an id is held already stands in the middle of
 * that order, so the later reasons are only noted in `late`: the store decides whether the event is
 * a duplicate first. */
#pragma once

#include "messages/event.h"
#include "registry.h"

/* One row per message. Texts live in the batch's own memory. */
struct evidence {
	enum reason early; /* final: too_large … source_mismatch */
	enum reason late; /* invalid_nip … not_employed: holds unless the id is held already */
	const char *detail;
	const char *field;
	uint8_t key[16], content[16]; /* when `early` is none */
	enum event_type type;
	int64_t at;
	int32_t day; /* the partition: of `at`, in Pontianak; for revoked and complete the day of
			receipt */
	int32_t month; /* in which it counts, or which is complete */
	int32_t source, indicator; /* ids; 0: none */
	bool has_person, has_of; /* of what is rejected, too, where it can be told whose it is */
	uint8_t person[16];
	dec_wide value, of;
	const char *source_code; /* the topic's, borrowed from the message */
	const char *event_id; /* NULL: rejected, and none could be read */
	const char *ref, *unit;
	const char *trace; /* by an extension; NULL: none */
	bool known; /* rejected at this very place before */
	uint8_t replaces[16];
};

/* The source a topic belongs to: "simpus" of "terukur.activity.simpus". */
const char *admit_topic_source(const char *topic);

/* Of what could not be decoded, or is no event of this source: whose it seems to be, by the number
 * that it is under. */
void admit_note_person(
	const struct registry *r, const char *nip, int32_t day, struct evidence *out);

/* Judges a decoded event. `keep` copies a text into the batch's memory. */
void admit_event(const struct registry *r, const char *topic_source, const struct event *e,
	int64_t now, const char *(*keep)(void *memory, const char *text), void *memory,
	struct evidence *out);

/* Replaced and revoked events count only once their original is known. */
static inline bool admit_waits(const struct evidence *x)
{
	return x->type == EVENT_CORRECTED || x->type == EVENT_REVOKED;
}
