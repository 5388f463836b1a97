#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

enum { EVERY_MS = 150, COLUMNS = 79, COLUMNS_MOST = 400 };

void progress_init(struct progress *p)
{
	*p = (struct progress){.terminal = isatty(STDERR_FILENO) == 1};
}

/* A line that the terminal breaks cannot be written over. */
static int progress_columns(void)
{
	struct winsize size;
	int columns = COLUMNS;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
		columns = size.ws_col - 1;
	return columns < COLUMNS_MOST ? columns : COLUMNS_MOST;
}

void progress_tell(struct progress *p, const char *format, ...)
{
	char line[COLUMNS_MOST + 1];
	int64_t now = clock_monotonic();
	if (!p->terminal || (p->shown && now - p->at < EVERY_MS * INT64_C(1000)))
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	fprintf(stderr, "\r\033[K%.*s", progress_columns(), line);
	fflush(stderr);
	p->shown = true;
	p->at = now;
}

void progress_clear(struct progress *p)
{
	if (!p->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	p->shown = false;
}
