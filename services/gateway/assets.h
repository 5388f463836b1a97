/* assets: files that the build puts into the program as they are. */
#pragma once

#include <stddef.h>

extern const char openapi_json[]; /* the contract, bundled */
extern const size_t openapi_json_len;
extern const char style_css[]; /* web/style.css */
extern const size_t style_css_len;
