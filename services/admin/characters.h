/* characters: those that people do not see: spaces of any width, and what takes no room at all.
 * Spreadsheets, web pages and telephones leave them behind when text is copied. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The character at *at, which moves behind it. The text is UTF-8, and not at its end. */
uint32_t character_next(const char **at);

bool character_is_space(uint32_t c); /* breaks of lines, too */
bool character_is_invisible(uint32_t c); /* control characters, marks of direction, joiners, … */
bool character_is_hyphen(uint32_t c); /* any dash that is typed for one, too */
bool character_is_apostrophe(uint32_t c);
