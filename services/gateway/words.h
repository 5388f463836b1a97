/* words: the field's terms in Indonesian and English. Pure; every function returns something for
 * every input. */
#pragma once

#include "base/period.h"
#include "html.h"

struct words words_rating(const char *code);
struct words words_grade(const char *code);
struct words words_kind(const char *code);
struct words words_aspect(const char *code);
enum { WORDS_PERIOD = 32 };
/* "Maret 2026", "March 2026"; the texts go to the two buffers. */
struct words words_period(struct period p, char id[WORDS_PERIOD], char en[WORDS_PERIOD]);
