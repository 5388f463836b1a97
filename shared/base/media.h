/* media: media types as content types say them: "application/json; charset=utf-8". Pure. */
#pragma once

#include <stdbool.h>

/* Whether it is JSON, application/json or a +json type, with any parameters. */
bool media_is_json(const char *type);

/* Whether two say the same of JSON: type and parameters without regard to case, to order, to quotes
 * and to a charset of UTF-8, which JSON has in any case. */
bool media_same(const char *a, const char *b);
