#include "findings.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"

void findings_init(struct findings *f)
{
	*f = (struct findings){0};
	buf_init(&f->text, FINDINGS_MAX);
	buf_init(&f->warnings, FINDINGS_MAX);
}

void findings_done(struct findings *f)
{
	buf_done(&f->text);
	buf_done(&f->warnings);
}

void findings_add(struct findings *f, const char *place, const char *format, ...)
{
	char detail[512], told[FINDING_TEXT], shown[FINDING_TEXT];
	va_list args;
	va_start(args, format);
	text_vformat(detail, sizeof detail, format, args);
	va_end(args);
	f->count++;
	if (f->most && f->count > f->most)
		return;
	if (!f->retell || !f->retell(f->arg, place, detail, told))
		snprintf(told, sizeof told, "%.*s: %s", PLACE_TEXT, place, detail);
	text_printable(shown, sizeof shown, told, strlen(told));
	buf_addf(&f->text, "%s\n", shown);
}

void findings_warn(struct findings *f, const char *place, const char *format, ...)
{
	char detail[512], shown[PLACE_TEXT];
	va_list args;
	va_start(args, format);
	text_vformat(detail, sizeof detail, format, args);
	va_end(args);
	text_printable(shown, sizeof shown, place, strlen(place));
	buf_addf(&f->warnings, "warning: %s: %s\n", shown, detail);
}

void findings_print(const struct findings *f, FILE *out)
{
	fputs(f->warnings.data ? f->warnings.data : "", out);
	fputs(f->text.data ? f->text.data : "", out);
	if (f->most && f->count > f->most)
		fprintf(out, "… and %d more\n", f->count - f->most);
}
