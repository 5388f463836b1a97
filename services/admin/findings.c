#include "findings.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"

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
	char text[512], shown[PLACE_TEXT];
	va_list args;
	va_start(args, format);
	text_vformat(text, sizeof text, format, args);
	va_end(args);
	text_printable(shown, sizeof shown, place, strlen(place));
	buf_addf(&f->text, "%s: %s\n", shown, text);
	f->count++;
}
