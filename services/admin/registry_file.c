#include "registry_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "registry_csv.h"

static bool file_read_all(FILE *in, const char *path, struct buf *out, struct err *e)
{
	char piece[64 * 1024];
	for (size_t n; (n = fread(piece, 1, sizeof piece, in)) > 0;)
		if (!buf_add(out, piece, n))
			return err_set(
				e, ERR_INVALID, "%s is over %d MiB", path, FILE_MOST / 1024 / 1024);
	if (ferror(in))
		return err_set(e, ERR_INVALID, "%s: %s", path, strerror(errno));
	return buf_add(out, "", 0) || err_set(e, ERR_FATAL, "out of memory");
}

bool file_read(const char *path, struct buf *out, struct err *e)
{
	if (strcmp(path, "-") == 0)
		return file_read_all(stdin, "standard input", out, e);
	FILE *in = fopen(path, "re");
	if (!in)
		return err_set(e, ERR_INVALID, "%s: %s", path, strerror(errno));
	bool ok = file_read_all(in, path, out, e);
	fclose(in);
	return ok;
}

bool registry_file_json(struct buf *text, struct registry_file *out, struct findings *found)
{
	static const char mark[] = "\xEF\xBB\xBF";
	size_t skip = text->len >= 3 && memcmp(text->data, mark, 3) == 0 ? 3 : 0;
	json_error_t error;
	*out = (struct registry_file){.root = json_loadb(text->data + skip, text->len - skip,
					      JSON_REJECT_DUPLICATES, &error)};
	if (out->root)
		return true;
	char place[PLACE_TEXT];
	snprintf(place, sizeof place, "line %d, column %d", error.line, error.column);
	findings_add(found, place, "not JSON: %s", error.text);
	return false;
}

bool registry_file_csv(
	struct buf *text, const char *part, struct registry_file *out, struct findings *found)
{
	size_t len = text->len;
	char *taken = buf_take(text);
	out->csv = taken ? registry_csv_read(taken, len, part, out, found) : NULL;
	if (!out->csv)
		findings_add(found, "the file", "out of memory");
	return found->count == 0;
}

void registry_file_done(struct registry_file *file)
{
	json_decref(file->root);
	registry_csv_free(file->csv);
	*file = (struct registry_file){0};
}
