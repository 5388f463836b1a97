#include "messages/event.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/fields.h"
#include "base/media.h"
#include "base/text.h"
#include "messages/number.h"

const char *const reason_codes[REASON_COUNT + 1] = {
	[REASON_NONE] = "none",
	[REASON_TOO_LARGE] = "too_large",
	[REASON_MALFORMED] = "malformed",
	[REASON_SCHEMA] = "schema",
	[REASON_UNKNOWN_TYPE] = "unknown_type",
	[REASON_UNKNOWN_SOURCE] = "unknown_source",
	[REASON_SOURCE_MISMATCH] = "source_mismatch",
	[REASON_CONFLICTING_DUPLICATE] = "conflicting_duplicate",
	[REASON_INVALID_NIP] = "invalid_nip",
	[REASON_UNKNOWN_PERSON] = "unknown_person",
	[REASON_UNKNOWN_UNIT] = "unknown_unit",
	[REASON_UNKNOWN_INDICATOR] = "unknown_indicator",
	[REASON_INDICATOR_NOT_ALLOWED] = "indicator_not_allowed",
	[REASON_VALUE_OUT_OF_RANGE] = "value_out_of_range",
	[REASON_TIME_IN_FUTURE] = "time_in_future",
	[REASON_NOT_EMPLOYED] = "not_employed",
	[REASON_UNKNOWN_ORIGINAL] = "unknown_original",
	[REASON_ALREADY_REPLACED] = "already_replaced",
};

const char *reason_code(enum reason reason)
{
	return reason_codes[reason];
}

enum reason reason_parse(const char *code)
{
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
		if (strcmp(code, reason_codes[i]) == 0)
			return (enum reason)i;
	return REASON_NONE;
}

static const char *const type_names[EVENT_TYPES] = {
	[EVENT_RECORDED] = "terukur.activity.recorded.v1",
	[EVENT_CORRECTED] = "terukur.activity.corrected.v1",
	[EVENT_REVOKED] = "terukur.activity.revoked.v1",
	[EVENT_COMPLETE] = "terukur.activity.complete.v1",
};

const char *event_type_name(enum event_type type)
{
	return type_names[type];
}

static bool fault_set(
	struct event_fault *f, enum reason reason, const char *field, const char *detail)
{
	f->reason = reason;
	text_printable(f->field, sizeof f->field, field, strlen(field));
	text_printable(f->detail, sizeof f->detail, detail, strlen(detail));
	return false;
}

/* The fields of an event. */

static bool is_sha256(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

#define TYPE(type_) (1U << (type_))
#define ACTIVITY (TYPE(EVENT_RECORDED) | TYPE(EVENT_CORRECTED))
#define NAMING (TYPE(EVENT_CORRECTED) | TYPE(EVENT_REVOKED))

#define TO(member_) FIELD_TO(struct event, member_)
#define SHORT FIELD_TEXT, .most = EVENT_MAX_TEXT
#define LONG FIELD_TEXT, .most = 1024
#define NUMBER_MUST "must be a number with at most 4 decimals and 15 digits"
#define SHA256_MUST "must be 64 lower-case hexadecimal digits"
#define NUMBER FIELD_NUMBER, .decimals = 4, .must = NUMBER_MUST

static const char *const versions[] = {"1.0", NULL};

/* An attribute that is null is not there. */
#define REQUIRED .required = true, .nullable = true

static const struct field envelope_rows[] = {
	{"specversion", FIELD_WORD, REQUIRED, .words = versions, .must = "must be \"1.0\""},
	{"id", SHORT, REQUIRED, TO(id)}, /* unique within its source */
	{"source", SHORT, REQUIRED, TO(source)},
	{"type", SHORT, REQUIRED}, /* its text is looked up afterwards */
	{"subject", SHORT, REQUIRED, TO(subject)}, {"time", FIELD_TIME, REQUIRED, TO(time)},
	{"datacontenttype", FIELD_TEXT, .nullable = true, .is = media_is_json,
		.must = "must be application/json or a +json type"},
	{"data_base64", FIELD_NEVER, .nullable = true,
		.must = "is not supported: send JSON in data"},
	{"data", FIELD_OBJECT, REQUIRED}, /* read when the type is known */
};

/* The order is that of the content hash too: append only. */
static const struct field data_rows[] = {
	{"indicator", SHORT, .required = true, .only = ACTIVITY | TYPE(EVENT_COMPLETE),
		TO(indicator)},
	{"value", NUMBER, .required = true, .only = ACTIVITY, TO(value)},
	{"of", NUMBER, .only = ACTIVITY, TO(of)},
	{"ref", LONG, .only = ACTIVITY, TO(ref)},
	{"evidence_uri", LONG, .only = ACTIVITY, TO(evidence_uri)},
	{"evidence_sha256", FIELD_TEXT, .only = ACTIVITY, TO(evidence_sha256), .is = is_sha256,
		.must = SHA256_MUST},
	{"receipt", LONG, .only = ACTIVITY, TO(receipt)}, /* see check_receipt */
	{"replaces", SHORT, .required = true, .only = NAMING, TO(replaces)},
	{"reason", LONG, .required = true, .only = TYPE(EVENT_REVOKED), TO(revoke_reason)},
	{"period", FIELD_MONTH, .required = true, .only = TYPE(EVENT_COMPLETE), TO(month)},
};

static const struct fields_table envelope = {FIELD_ROWS(envelope_rows)};
/* Data may hold only the fields of its type. */
static const struct fields_table data_fields = {FIELD_ROWS(data_rows),
	.unknown = "has a field that this type does not know", .unnamed = true};

static bool first_fault(void *fault, const char *place, const char *detail)
{
	return fault_set(fault, REASON_SCHEMA, place, detail);
}

static bool type_known(const char *name, enum event_type *out)
{
	for (int i = 0; i < EVENT_TYPES; i++)
		if (strcmp(name, type_names[i]) == 0) {
			*out = (enum event_type)i;
			return true;
		}
	return false;
}

/* What makes two events with one id the same: subject, type, instant, and data with numbers by
 * value. */
static bool content_hash(struct event *e, const json_t *data)
{
	BUF_AUTO text;
	buf_init(&text, 2 * EVENT_MAX_BYTES);
	buf_add(&text, e->subject, strlen(e->subject) + 1);
	buf_add16(&text, (uint16_t)e->type);
	buf_add64(&text, (uint64_t)e->time);
	for (size_t i = 0; i < COUNT(data_rows); i++) {
		const struct field *f = &data_rows[i];
		const void *place = (const char *)e + f->offset;
		if (!json_object_get(data, f->name))
			continue;
		buf_add16(&text, (uint16_t)(i + 1));
		if (f->type == FIELD_NUMBER)
			buf_add(&text, place, sizeof(dec_wide));
		else if (f->type == FIELD_MONTH)
			buf_add(&text, place, sizeof(int32_t));
		else
			buf_add(&text, *(const char *const *)place,
				strlen(*(const char *const *)place) + 1);
	}
	digest_key(text.data, text.len, e->content);
	return !text.failed;
}

static bool decode_json(json_t *root, struct event *out, struct event_fault *fault)
{
	static const struct fields_place in_data = {.name = "data"};
	struct fields reader = {.fault = first_fault, .arg = fault};
	struct event e = {0};
	if (!fields_read(&reader, NULL, &envelope, root, &e))
		return false;
	if (!type_known(json_string_value(json_object_get(root, "type")), &e.type))
		return fault_set(
			fault, REASON_UNKNOWN_TYPE, "type", "is none of the four activity types");
	const json_t *data = json_object_get(root, "data");
	reader.variant = TYPE(e.type);
	if (!fields_read(&reader, &in_data, &data_fields, data, &e))
		return false;
	e.has_of = json_object_get(data, "of") != NULL;
	if (!content_hash(&e, data))
		return fault_set(fault, REASON_MALFORMED, "", "could not be read");
	e.root = json_incref(root);
	*out = e;
	return true;
}

void event_done(struct event *e)
{
	json_decref(e->root);
	e->root = NULL;
}

static int depth_of(const json_t *v, int most)
{
	int deepest = 0;
	size_t i;
	const char *key;
	json_t *child;
	if (!json_is_object(v) && !json_is_array(v))
		return 0;
	if (most == 0)
		return 1;
	json_object_foreach ((json_t *)(uintptr_t)v, key, child) {
		int d = depth_of(child, most - 1);
		deepest = d > deepest ? d : deepest;
	}
	json_array_foreach (v, i, child) {
		int d = depth_of(child, most - 1);
		deepest = d > deepest ? d : deepest;
	}
	return deepest + 1;
}

/* jansson's text may quote the input: only the place is told. */
json_t *event_parse(const char *data, size_t len, struct event_fault *fault)
{
	json_error_t error;
	char detail[sizeof fault->detail];
	/* jansson drops a NUL right behind a number or a literal */
	bool clean = data && len && !memchr(data, 0, len);
	json_t *root = clean ? json_loadb(data, len, JSON_REJECT_DUPLICATES, &error) : NULL;
	if (root && depth_of(root, EVENT_MAX_DEPTH) <= EVENT_MAX_DEPTH)
		return root;
	if (!data || !len)
		snprintf(detail, sizeof detail, "the value is empty");
	else if (!clean)
		snprintf(detail, sizeof detail, "holds a NUL byte");
	else if (root)
		snprintf(detail, sizeof detail, "is nested deeper than %d levels", EVENT_MAX_DEPTH);
	else
		snprintf(detail, sizeof detail,
			"is not JSON in UTF-8 without repeated keys: line %d, column %d",
			error.line, error.column);
	json_decref(root);
	fault_set(fault, REASON_MALFORMED, "", detail);
	return NULL;
}

/* Binary mode: the envelope is in the headers. */
enum ce_mode { MODE_STRUCTURED, MODE_BINARY };

static bool is_attribute(const struct event_header *h)
{
	return strncmp(h->name, "ce_", 3) == 0;
}

static const struct event_header *content_type(const struct event_input *in)
{
	const struct event_header *found = NULL;
	for (size_t i = 0; i < in->n_headers; i++)
		if (in->headers[i].data && strcasecmp(in->headers[i].name, "content-type") == 0)
			found = &in->headers[i];
	return found;
}

static enum ce_mode mode_of(const struct event_input *in)
{
	static const char structured[] = "application/cloudevents";
	const struct event_header *type = content_type(in);
	if (type && type->len >= sizeof structured - 1 &&
		strncasecmp(type->data, structured, sizeof structured - 1) == 0)
		return MODE_STRUCTURED;
	for (size_t i = 0; i < in->n_headers; i++)
		if (is_attribute(&in->headers[i]))
			return MODE_BINARY;
	return MODE_STRUCTURED;
}

/* Attributes that an event must or may have; all others are extensions, and ignored. */
static bool is_known(const char *name)
{
	for (size_t i = 0; i < COUNT(envelope_rows); i++)
		if (strcmp(envelope_rows[i].name, name) == 0)
			return envelope_rows[i].type != FIELD_OBJECT &&
			       envelope_rows[i].type != FIELD_NEVER;
	return false;
}

/* The content type may be said twice. */
static bool attribute_again(const char *name, const json_t *first, const json_t *again,
	const char *header, struct event_fault *fault)
{
	if (!is_known(name))
		return true;
	if (strcmp(name, "datacontenttype") != 0)
		return fault_set(fault, REASON_MALFORMED, header, "is repeated");
	return media_same(json_string_value(first), json_string_value(again)) ||
	       fault_set(
		       fault, REASON_SCHEMA, "datacontenttype", "is said twice, and not the same");
}

static bool attribute_add(
	json_t *root, const char *name, const struct event_header *h, struct event_fault *fault)
{
	if (!h->data)
		return true;
	json_auto_t *text = memchr(h->data, 0, h->len) ? NULL : json_stringn(h->data, h->len);
	if (!text)
		return !is_known(name) ||
		       fault_set(fault, REASON_SCHEMA, h->name, "must be text in UTF-8");
	const json_t *first = json_object_get(root, name);
	if (first)
		return attribute_again(name, first, text, h->name, fault);
	json_object_set(root, name, text);
	return true;
}

/* A header's attribute; NULL: it is none. What is no attribute's name there is none either. */
static const char *attribute_of(const struct event_header *h)
{
	const char *name = is_attribute(h) ? h->name + 3 : NULL;
	return name && strcmp(name, "data") != 0 && strcmp(name, "data_base64") != 0 ? name : NULL;
}

static bool read_headers(const struct event_input *in, json_t *root, struct event_fault *fault)
{
	const struct event_header *type = content_type(in);
	bool ok = !type || attribute_add(root, "datacontenttype", type, fault);
	for (size_t i = 0; ok && i < in->n_headers; i++) {
		const char *name = attribute_of(&in->headers[i]);
		ok = !name || attribute_add(root, name, &in->headers[i], fault);
	}
	return ok;
}

static json_t *parse_binary(const struct event_input *in, struct event_fault *fault)
{
	json_auto_t *data = event_parse(in->data, in->len, fault);
	if (!data)
		return NULL;
	if (!json_is_object(data)) {
		fault_set(fault, REASON_MALFORMED, "", "is not a JSON object");
		return NULL;
	}
	json_auto_t *root = json_object();
	if (!read_headers(in, root, fault))
		return NULL;
	json_object_set(root, "data", data);
	return json_incref(root);
}

static json_t *parse_structured(const struct event_input *in, struct event_fault *fault)
{
	json_t *root = event_parse(in->data, in->len, fault);
	if (!root || json_is_object(root))
		return root;
	json_decref(root);
	fault_set(fault, REASON_MALFORMED, "", "is not a JSON object");
	return NULL;
}

bool event_fits(const struct event_input *in, size_t key_len, struct event_fault *fault)
{
	size_t bytes = key_len;
	for (size_t i = 0; i < in->n_headers; i++)
		bytes += strlen(in->headers[i].name) + in->headers[i].len;
	if (in->n_headers > EVENT_MAX_HEADERS)
		return fault_set(fault, REASON_TOO_LARGE, "",
			"has more than 256 headers; the rest of them is only on the topic");
	return bytes <= EVENT_MAX_HEADER_BYTES ||
	       fault_set(fault, REASON_TOO_LARGE, "",
		       "key and headers together are over 64 KiB; the rest of them is only on the "
		       "topic");
}

/* Numbers with digits that a double has lost. */
static bool check_numbers(const struct event_input *in, enum ce_mode mode, const struct event *e,
	struct event_fault *fault)
{
	static const char *const names[] = {"value", "of"};
	const json_t *data = json_object_get(e->root, "data");
	const json_t *parsed = mode == MODE_BINARY ? data : e->root;
	dec_wide exact;
	for (size_t i = 0; i < COUNT(names); i++)
		if (!number_exact(
			    in->data, in->len, parsed, json_object_get(data, names[i]), &exact))
			return fault_set(fault, REASON_SCHEMA, i == 0 ? "data.value" : "data.of",
				NUMBER_MUST);
	return true;
}

/* The code itself never travels. */
static bool check_receipt(const struct event *e, struct event_fault *fault)
{
	return !e->receipt || is_sha256(e->receipt) ||
	       fault_set(fault, REASON_SCHEMA, "data.receipt", SHA256_MUST);
}

static bool decode(
	const struct event_input *in, bool admitted, struct event *out, struct event_fault *fault)
{
	if (in->len > EVENT_MAX_BYTES)
		return fault_set(fault, REASON_TOO_LARGE, "", "the value is over 64 KiB");
	enum ce_mode mode = mode_of(in);
	struct event e;
	json_auto_t *root =
		mode == MODE_BINARY ? parse_binary(in, fault) : parse_structured(in, fault);
	if (!root || !decode_json(root, &e, fault))
		return false;
	if (!admitted && !(check_numbers(in, mode, &e, fault) && check_receipt(&e, fault))) {
		event_done(&e);
		return false;
	}
	*out = e;
	return true;
}

bool event_decode(const struct event_input *in, struct event *out, struct event_fault *fault)
{
	return decode(in, false, out, fault);
}

bool event_decode_again(const struct event_input *in, struct event *out, struct event_fault *fault)
{
	return decode(in, true, out, fault);
}

/* Only those of the length of an id. */
static bool take_id(const json_t *id, char out[EVENT_ID_TEXT])
{
	const char *text = json_string_value(id);
	if (!text || !*text || text_length(text) > EVENT_MAX_TEXT)
		return false;
	snprintf(out, EVENT_ID_TEXT, "%s", text);
	return true;
}

bool event_read_id(const struct event_input *in, char out[EVENT_ID_TEXT])
{
	struct event_fault fault;
	if (mode_of(in) == MODE_STRUCTURED) {
		json_auto_t *root =
			in->len <= EVENT_MAX_BYTES ? parse_structured(in, &fault) : NULL;
		return take_id(json_object_get(root, "id"), out);
	}
	json_auto_t *root = json_object();
	for (size_t i = 0; i < in->n_headers; i++)
		if (strcmp(in->headers[i].name, "ce_id") == 0 &&
			!attribute_add(root, "id", &in->headers[i], &fault))
			return false;
	return take_id(json_object_get(root, "id"), out);
}

void event_key(const char *source, const char *id, uint8_t out[DIGEST_KEY])
{
	enum { MOST = 4 * EVENT_MAX_TEXT + 1 }; /* in UTF-8 */
	char text[2 * MOST];
	size_t a = strnlen(source, MOST), b = strnlen(id, MOST - 1);
	memcpy(text, source, a);
	text[a] = '\0';
	memcpy(text + a + 1, id, b);
	digest_key(text, a + 1 + b, out);
}
