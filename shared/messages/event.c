#include "messages/event.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/clock.h"

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
	snprintf(f->field, sizeof f->field, "%.63s", field);
	snprintf(f->detail, sizeof f->detail, "%.159s", detail);
	return false;
}

/* Fields: how a JSON value becomes a member of struct event. Each returns NULL, or what it must be.
 */

typedef const char *field_read(const json_t *v, void *place);

static size_t text_length(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

static const char *read_text(const json_t *v, void *place, size_t most, const char *must)
{
	const char *text = json_string_value(v);
	if (!text || !*text || text_length(text) > most)
		return must;
	*(const char **)place = text;
	return NULL;
}

static const char *read_short(const json_t *v, void *place)
{
	return read_text(v, place, EVENT_MAX_TEXT, "must be a text of 1 to 128 characters");
}

static const char *read_long(const json_t *v, void *place)
{
	return read_text(v, place, 1024, "must be a text of 1 to 1024 characters");
}

static const char *read_sha256(const json_t *v, void *place)
{
	const char *text = json_string_value(v);
	if (!text || strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
		return "must be 64 lower-case hexadecimal digits";
	*(const char **)place = text;
	return NULL;
}

static const char *read_number(const json_t *v, void *place)
{
	bool fits = json_is_integer(v) ? dec_from_int(json_integer_value(v), place)
		    : json_is_real(v)  ? dec_from_real(json_real_value(v), place)
				       : false;
	return fits ? NULL : "must be a number with at most 4 decimals and 15 digits";
}

static const char *read_month(const json_t *v, void *place)
{
	const char *text = json_string_value(v);
	return text && clock_month_parse(text, place) ? NULL : "must be a month such as 2026-03";
}

static const char *read_time(const json_t *v, void *place)
{
	const char *text = json_string_value(v);
	return text && clock_parse(text, json_string_length(v), place)
		       ? NULL
		       : "must be a date and time with an offset, such as "
			 "2026-03-04T08:15:00+07:00, to the microsecond at most";
}

static const char *read_version(const json_t *v, void *place)
{
	(void)place;
	const char *text = json_string_value(v);
	return text && strcmp(text, "1.0") == 0 ? NULL : "must be \"1.0\"";
}

static const char *read_content_type(const json_t *v, void *place)
{
	(void)place;
	const char *text = json_string_value(v);
	size_t len = text ? strcspn(text, "; \t") : 0;
	bool json = (len == 16 && strncasecmp(text, "application/json", 16) == 0) ||
		    (len > 17 && strncasecmp(text, "application/", 12) == 0 &&
			    strncasecmp(text + len - 5, "+json", 5) == 0);
	return json ? NULL : "must be application/json or a +json type";
}

static const char *read_object(const json_t *v, void *place)
{
	(void)place;
	return json_is_object(v) ? NULL : "must be an object";
}

static const char *read_never(const json_t *v, void *place)
{
	(void)v;
	(void)place;
	return "is not supported: send JSON in data";
}

#define TYPE(type_) (1 << (type_))
enum {
	ALL = (1 << EVENT_TYPES) - 1,
	ACTIVITY = TYPE(EVENT_RECORDED) | TYPE(EVENT_CORRECTED),
	NAMING = TYPE(EVENT_CORRECTED) | TYPE(EVENT_REVOKED),
};

struct field {
	const char *path; /* "data.value" */
	int allowed, required; /* masks of types */
	field_read *read;
	size_t offset;
};
#define PLACE(member_) offsetof(struct event, member_)

static const struct field envelope[] = {
	{"specversion", ALL, ALL, read_version, 0},
	{"id", ALL, ALL, read_short, PLACE(id)},
	{"source", ALL, ALL, read_short, PLACE(source)},
	{"type", ALL, ALL, read_short, PLACE(subject)}, /* its text is looked up afterwards */
	{"subject", ALL, ALL, read_short, PLACE(subject)},
	{"time", ALL, ALL, read_time, PLACE(time)},
	{"datacontenttype", ALL, 0, read_content_type, 0},
	{"data_base64", ALL, 0, read_never, 0},
	{"data", ALL, ALL, read_object, 0},
};

/* The order is that of the content hash too: append only. */
static const struct field data_fields[] = {
	{"data.indicator", ACTIVITY | TYPE(EVENT_COMPLETE), ACTIVITY | TYPE(EVENT_COMPLETE),
		read_short, PLACE(indicator)},
	{"data.value", ACTIVITY, ACTIVITY, read_number, PLACE(value)},
	{"data.of", ACTIVITY, 0, read_number, PLACE(of)},
	{"data.ref", ACTIVITY, 0, read_long, PLACE(ref)},
	{"data.evidence_uri", ACTIVITY, 0, read_long, PLACE(evidence_uri)},
	{"data.evidence_sha256", ACTIVITY, 0, read_sha256, PLACE(evidence_sha256)},
	{"data.receipt", ACTIVITY, 0, read_long, PLACE(receipt)},
	{"data.replaces", NAMING, NAMING, read_short, PLACE(replaces)},
	{"data.reason", TYPE(EVENT_REVOKED), TYPE(EVENT_REVOKED), read_long, PLACE(revoke_reason)},
	{"data.period", TYPE(EVENT_COMPLETE), TYPE(EVENT_COMPLETE), read_month, PLACE(month)},
};
enum { ENVELOPE = COUNT(envelope), DATA_FIELDS = COUNT(data_fields) };
enum { DATA_PREFIX = sizeof "data." - 1 };

static bool fields_read(const struct field *table, int n, int prefix, int type,
	const json_t *object, struct event *out, struct event_fault *fault)
{
	for (int i = 0; i < n; i++) {
		const struct field *f = &table[i];
		const json_t *v =
			f->allowed & type ? json_object_get(object, f->path + prefix) : NULL;
		if (!v && (f->required & type))
			return fault_set(fault, REASON_SCHEMA, f->path, "is missing");
		const char *must = v ? f->read(v, (char *)out + f->offset) : NULL;
		if (must)
			return fault_set(fault, REASON_SCHEMA, f->path, must);
	}
	return true;
}

/* Data may hold only the fields of its type. */
static bool fields_known(int type, const json_t *data, struct event_fault *fault)
{
	const char *key;
	json_t *v;
	json_object_foreach ((json_t *)(uintptr_t)data, key, v) {
		bool known = false;
		for (int i = 0; i < DATA_FIELDS && !known; i++)
			known = (data_fields[i].allowed & type) &&
				strcmp(data_fields[i].path + DATA_PREFIX, key) == 0;
		if (!known)
			return fault_set(fault, REASON_SCHEMA, "data",
				"has a field that this type does not know");
	}
	return true;
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
	for (int i = 0; i < DATA_FIELDS; i++) {
		const struct field *f = &data_fields[i];
		const void *place = (const char *)e + f->offset;
		if (!json_object_get(data, f->path + DATA_PREFIX))
			continue;
		buf_add16(&text, (uint16_t)(i + 1));
		if (f->read == read_number)
			buf_add(&text, place, sizeof(dec_wide));
		else if (f->read == read_month)
			buf_add(&text, place, sizeof(int32_t));
		else
			buf_add(&text, *(const char *const *)place,
				strlen(*(const char *const *)place) + 1);
	}
	digest_key(text.data, text.len, e->content);
	return !text.failed;
}

bool event_decode_json(json_t *root, struct event *out, struct event_fault *fault)
{
	struct event e = {0};
	if (!fields_read(envelope, ENVELOPE, 0, ALL, root, &e, fault))
		return false;
	if (!type_known(json_string_value(json_object_get(root, "type")), &e.type))
		return fault_set(
			fault, REASON_UNKNOWN_TYPE, "type", "is none of the four activity types");
	const json_t *data = json_object_get(root, "data");
	if (!fields_read(data_fields, DATA_FIELDS, DATA_PREFIX, TYPE(e.type), data, &e, fault) ||
		!fields_known(TYPE(e.type), data, fault))
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
		if (strcasecmp(in->headers[i].name, "content-type") == 0)
			found = &in->headers[i];
	return found && found->data ? found : NULL;
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

static bool attribute_add(
	json_t *root, const char *name, const struct event_header *h, struct event_fault *fault)
{
	json_t *text =
		h->data && !memchr(h->data, 0, h->len) ? json_stringn(h->data, h->len) : NULL;
	if (!text)
		return fault_set(fault, REASON_SCHEMA, h->name, "must be text in UTF-8");
	if (json_object_get(root, name)) {
		json_decref(text);
		return fault_set(fault, REASON_MALFORMED, h->name, "is repeated");
	}
	json_object_set_new(root, name, text);
	return true;
}

static json_t *parse_binary(const struct event_input *in, struct event_fault *fault)
{
	json_t *data = event_parse(in->data, in->len, fault);
	if (!data)
		return NULL;
	if (!json_is_object(data)) {
		json_decref(data);
		fault_set(fault, REASON_MALFORMED, "", "is not a JSON object");
		return NULL;
	}
	json_t *root = json_object();
	const struct event_header *type = content_type(in);
	bool ok = !type || attribute_add(root, "datacontenttype", type, fault);
	for (size_t i = 0; ok && i < in->n_headers; i++)
		if (is_attribute(&in->headers[i]) && strcmp(in->headers[i].name, "ce_data") != 0)
			ok = attribute_add(root, in->headers[i].name + 3, &in->headers[i], fault);
	json_object_set_new(root, "data", data);
	if (ok)
		return root;
	json_decref(root);
	return NULL;
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

bool event_decode(const struct event_input *in, struct event *out, struct event_fault *fault)
{
	if (in->len > EVENT_MAX_BYTES)
		return fault_set(fault, REASON_TOO_LARGE, "", "the value is over 64 KiB");
	json_t *root =
		mode_of(in) == MODE_BINARY ? parse_binary(in, fault) : parse_structured(in, fault);
	bool ok = root && event_decode_json(root, out, fault);
	json_decref(root);
	return ok;
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
