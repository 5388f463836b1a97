/* nip: the 18-digit employee number of a civil servant (domain.md, "NIP").
 * There is no check digit: a well-formed NIP must still be looked up in the registry. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { NIP_DIGITS = 18 };

/* PNS: birth date, appointment YYYYMM, sex 1–2, sequence 001–999. PPPK: birth date, YYYY, 2,
 * contract 1–9, sex, sequence. `len` bytes, not NUL-terminated. */
bool nip_valid(const char *text, size_t len);
