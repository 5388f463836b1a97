/* registry_file: a registry file from disk: JSON, or one part as CSV. */
#pragma once

#include "base/err.h"
#include "findings.h"
#include "registry_check.h"

enum { FILE_MOST = 64 * 1024 * 1024 };

/* Reads a whole file; "-" is standard input. */
bool file_read(const char *path, struct buf *out, struct err *e) MUST_CHECK;

/* Parses the text, that of CSV is taken. False, with a finding, when it is not even JSON or CSV:
 * then there are no rows. What is wrong with a row is told after registry_check alone. Free with
 * registry_file_done in any case. */
bool registry_file_json(struct buf *text, struct registry_file *out, struct findings *found);
bool registry_file_csv(
	struct buf *text, const char *part, struct registry_file *out, struct findings *found);
void registry_file_done(struct registry_file *file);
