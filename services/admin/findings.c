#include "findings.h"

#include <stdarg.h>

void findings_init(struct findings *f)
{
	f->count = 0;
	buf_init(&f->text, FINDINGS_MAX);
}

void findings_done(struct findings *f)
{
	buf_done(&f->text);
}

void findings_add(struct findings *f, const char *place, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	size_t at = f->text.len;
	buf_addf(&f->text, "%s: %s", place, text);
	for (; at < f->text.len; at++)
		if ((unsigned char)f->text.data[at] < ' ' || f->text.data[at] == 0x7f)
			f->text.data[at] = '?';
	buf_adds(&f->text, "\n");
	f->count++;
}
