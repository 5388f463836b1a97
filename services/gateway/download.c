#include "download.h"

#include <stdio.h>
#include <string.h>

#include "base/csv.h"

enum { DOWNLOAD_BYTES = 16 * 1024 * 1024 };

static char separator(const struct visit *v)
{
	return v->decimal_comma ? ';' : ',';
}

void download_row(const struct visit *v, struct buf *out, const char *const *fields, size_t columns)
{
	csv_row(out, separator(v), fields,
		columns); /* what does not fit is told by download_send */
}

const char *download_figure(const struct visit *v, const char *shown, char out[DEC_TEXT])
{
	snprintf(out, DEC_TEXT, "%s", shown);
	char *point = strchr(out, '.');
	if (v->decimal_comma && point)
		*point = ',';
	return out;
}

bool download_send(
	struct visit *v, const struct download *d, const struct db_result *r, int n, struct err *e)
{
	BUF_AUTO out;
	buf_init(&out, DOWNLOAD_BYTES);
	buf_adds(&out, CSV_MARK);
	download_row(v, &out, d->head, d->columns);
	for (int i = 0; i < n; i++)
		d->row(v, &out, r, i);
	if (out.failed)
		return err_set(
			e, ERR_FATAL, "a file of %d rows is over %d bytes", n, DOWNLOAD_BYTES);
	return http_body(
		v->request, 200, "text/csv; charset=utf-8; header=present", out.data, out.len);
}
