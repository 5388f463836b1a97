#include "base/err.h"

#include <stdarg.h>

#include "base/text.h"

bool err_set(struct err *e, enum err_code code, const char *format, ...)
{
	if (e->code != ERR_NONE)
		return false;
	e->code = code;
	va_list args;
	va_start(args, format);
	text_vformat(e->text, sizeof e->text, format, args);
	va_end(args);
	return false;
}

bool err_wrap(struct err *e, const char *format, ...)
{
	char front[158];
	va_list args;
	va_start(args, format);
	text_vformat(front, sizeof front, format, args);
	va_end(args);
	text_format(e->text, sizeof e->text, "%s: %s", front, e->text);
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
