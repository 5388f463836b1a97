#include "batch.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct batch_piece trim(const char *from, const char *to)
{
	while (from < to && is_space(*from))
		from++;
	while (from < to && is_space(to[-1]))
		to--;
	return (struct batch_piece){from, (size_t)(to - from)};
}

/* The end of the string that begins at `p`, past its closing quote, or `end`. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : end;
}

/* The end of the element that begins at `p`: the comma or bracket behind it, or `end`. */
static const char *skip_element(const char *p, const char *end)
{
	int depth = 0;
	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (depth == 0 && (*p == ',' || *p == ']'))
			return p;
		depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
		p++;
	}
	return end;
}

int batch_cut(const char *text, size_t len, struct batch_piece *out, int most)
{
	struct batch_piece all = trim(text, text + len);
	if (all.len < 2 || all.data[0] != '[' || all.data[all.len - 1] != ']')
		return -1;
	const char *p = all.data + 1, *end = all.data + all.len - 1;
	if (trim(p, end).len == 0)
		return 0;
	for (int n = 0; n < most; n++) {
		const char *stop = skip_element(p, end);
		out[n] = trim(p, stop);
		if (stop == end)
			return n + 1;
		if (*stop == ']')
			return -1;
		p = stop + 1;
	}
	return most + 1;
}
