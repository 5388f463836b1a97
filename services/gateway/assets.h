/* assets: files that the build puts into the program as they are. */
#pragma once

#include <stddef.h>

extern const char openapi_json[]; /* the contract, bundled */
extern const size_t openapi_json_len;
/* The files of web/. */
extern const struct {
	const char *name, *text;
} web_files[];
extern const size_t web_files_len;
