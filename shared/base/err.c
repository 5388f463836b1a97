#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool err_set(struct err *e, enum err_code code, const char *format, ...)
{
	if (e->code != ERR_NONE)
		return false;
	e->code = code;
	va_list args;
	va_start(args, format);
	vsnprintf(e->text, sizeof e->text, format, args);
	va_end(args);
	return false;
}

bool err_wrap(struct err *e, const char *format, ...)
{
	char front[160];
	va_list args;
	va_start(args, format);
	int len = vsnprintf(front, sizeof front - 2, format, args);
	va_end(args);
	size_t shift = len < 0                          ? 0
		       : (size_t)len < sizeof front - 2 ? (size_t)len
							: sizeof front - 3;
	memcpy(front + shift, ": ", 2);
	shift += 2;
	memmove(e->text + shift, e->text, sizeof e->text - shift);
	memcpy(e->text, front, shift);
	e->text[sizeof e->text - 1] = '\0';
	return false;
}

void err_clear(struct err *e)
{
	e->code = ERR_NONE;
	e->text[0] = '\0';
}

const char *err_code_name(enum err_code code)
{
	static const char *const names[] = {
		"none", "invalid", "not_found", "conflict", "retry", "fatal"};
	return names[code];
}
