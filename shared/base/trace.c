#include "base/trace.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"

enum { TRACE_LEN = TRACE_TEXT - 1, TRACE_ID_AT = 3, TRACE_ID_LEN = TRACE_ID_TEXT - 1 };

bool trace_valid(const char *parent, size_t len)
{
	static const char shape[] = "00-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";
	if (!parent || len != TRACE_LEN)
		return false;
	for (int i = 0; i < TRACE_LEN; i++) {
		char c = parent[i];
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
		if (shape[i] == 'h' ? !hex : c != shape[i])
			return false;
	}
	return true;
}

const char *trace_next(const char *from, size_t len, char out[TRACE_TEXT])
{
	uint8_t random[24];
	char hex[49];
	digest_random(random, sizeof random);
	digest_hex(random, sizeof random, hex);
	bool known = trace_valid(from, len);
	snprintf(out, TRACE_TEXT, "00-%.32s-%.16s-%.2s", known ? from + TRACE_ID_AT : hex, hex + 32,
		known ? from + TRACE_LEN - 2 : "01");
	return out;
}

const char *trace_id(const char *parent, size_t len, char out[TRACE_ID_TEXT])
{
	bool known = trace_valid(parent, len);
	snprintf(out, TRACE_ID_TEXT, "%.*s", TRACE_ID_LEN, known ? parent + TRACE_ID_AT : "");
	return out;
}
