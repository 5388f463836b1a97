#include "db/db_wire.h"
#include "base/array.h"

#include <string.h>

static const struct {
	const char *name;
	uint32_t oid, array;
	enum db_kind kind;
} types[] = {
	{"text", 25, 1009, DB_K_TEXT},
	{"bool", 16, 1000, DB_K_BOOL},
	{"int2", 21, 1005, DB_K_INT2},
	{"int4", 23, 1007, DB_K_INT4},
	{"int8", 20, 1016, DB_K_INT8},
	{"numeric", 1700, 1231, DB_K_NUMERIC},
	{"bytea", 17, 1001, DB_K_BYTES},
	{"uuid", 2950, 2951, DB_K_UUID},
	{"timestamptz", 1184, 1185, DB_K_TIME},
	{"date", 1082, 1182, DB_K_DATE},
	{"jsonb", 3802, 3807, DB_K_JSON},
};
enum { TYPES = COUNT(types) };

uint32_t db_wire_type(const char *name, size_t len)
{
	bool array = len > 2 && memcmp(name + len - 2, "[]", 2) == 0;
	if (array)
		len -= 2;
	for (size_t i = 0; i < TYPES; i++)
		if (strlen(types[i].name) == len && memcmp(types[i].name, name, len) == 0)
			return array ? types[i].array : types[i].oid;
	return 0;
}

uint32_t db_wire_oid(enum db_kind kind)
{
	for (size_t i = 0; i < TYPES; i++)
		if (types[i].kind == kind)
			return types[i].oid;
	return 0;
}

uint32_t db_wire_array_oid(enum db_kind kind)
{
	for (size_t i = 0; i < TYPES; i++)
		if (types[i].kind == kind)
			return types[i].array;
	return 0;
}

/* numeric: base-10000 digits, which units of 0.0001 give directly: the last digit is the fraction.
 */
static bool db_wire_put_numeric(struct buf *out, dec_wide v)
{
	uint16_t digits[12];
	int n = 0;
	unsigned __int128 rest = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
	for (; rest; rest /= DEC_VALUE)
		digits[n++] = (uint16_t)(rest % DEC_VALUE);
	int low = 0;
	while (low < n && digits[low] == 0)
		low++;
	buf_add16(out, (uint16_t)(n - low));
	buf_add16(out, (uint16_t)(n ? n - 2 : 0));
	buf_add16(out, v < 0 ? 0x4000 : 0);
	buf_add16(out, n && digits[0] ? 4 : 0);
	for (int i = n - 1; i >= low; i--)
		buf_add16(out, digits[i]);
	return !out->failed;
}

static bool db_wire_put_number(struct buf *out, const struct db_value *v)
{
	switch (v->kind) {
	case DB_K_BOOL:
		return buf_add(out, v->number ? "\1" : "\0", 1);
	case DB_K_INT2:
		return buf_add16(out, (uint16_t)v->number);
	case DB_K_INT4:
		return buf_add32(out, (uint32_t)v->number);
	case DB_K_DATE:
		return buf_add32(out, (uint32_t)(v->number - DB_EPOCH / 86400));
	case DB_K_TIME:
		return buf_add64(out, (uint64_t)(v->number - DB_EPOCH * 1000000));
	default:
		return buf_add64(out, (uint64_t)v->number);
	}
}

bool db_wire_put(struct buf *out, const struct db_value *v)
{
	switch (v->kind) {
	case DB_K_NULL:
		return true;
	case DB_K_NUMERIC:
		return db_wire_put_numeric(out, v->wide);
	case DB_K_JSON:
		return buf_add(out, "\1", 1) && buf_add(out, v->data, v->len);
	case DB_K_TEXT:
	case DB_K_BYTES:
	case DB_K_UUID:
	case DB_K_ARRAY:
		return buf_add(out, v->data, v->len);
	default:
		return db_wire_put_number(out, v);
	}
}

bool db_wire_put_sized(struct buf *out, const struct db_value *v)
{
	size_t at = out->len;
	if (!buf_add32(out, (uint32_t)DB_NULL_LEN) || v->kind == DB_K_NULL)
		return !out->failed;
	if (!db_wire_put(out, v))
		return false;
	uint32_t len = __builtin_bswap32((uint32_t)(out->len - at - 4));
	memcpy(out->data + at, &len, sizeof len);
	return true;
}

static uint16_t db_wire_16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

int64_t db_wire_int(const void *data, int len)
{
	const uint8_t *p = data;
	uint64_t v = len && (p[0] & 0x80) && len > 1 ? UINT64_MAX : 0;
	for (int i = 0; i < len; i++)
		v = v << 8 | p[i];
	return (int64_t)v;
}

dec_wide db_wire_numeric(const void *data, int len)
{
	const uint8_t *p = data;
	enum { NEGATIVE = 0x4000, SPECIAL = 0xC000 };
	if (len < 8 || (db_wire_16(p + 4) & SPECIAL) == SPECIAL)
		return 0;
	int n = db_wire_16(p), weight = (int16_t)db_wire_16(p + 2);
	dec_wide v = 0;
	for (int at = weight; at >= -1; at--) {
		int i = weight - at;
		v = v * DEC_VALUE + (i < n ? db_wire_16(p + 8 + 2 * i) : 0);
	}
	int further = weight + 2; /* the first digit beyond four decimals rounds */
	if (further >= 0 && further < n && db_wire_16(p + 8 + 2 * further) >= DEC_VALUE / 2)
		v++;
	return db_wire_16(p + 4) == NEGATIVE ? -v : v;
}
