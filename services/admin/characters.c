#include "characters.h"

#include <stddef.h>

#include "base/array.h"

uint32_t character_next(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	int more = *p < 0xC0 ? 0 : *p < 0xE0 ? 1 : *p < 0xF0 ? 2 : 3;
	uint32_t c = more ? *p & (0x3Fu >> more) : *p;
	for (int i = 1; i <= more; i++)
		c = c << 6 | (p[i] & 0x3Fu);
	*at += more + 1;
	return c;
}

struct range {
	uint32_t first, last;
};

static bool is_in(uint32_t c, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* The Unicode Standard: White_Space. */
static const struct range spaces[] = {
	{0x09, 0x0D},
	{0x20, 0x20},
	{0x85, 0x85},
	{0xA0, 0xA0},
	{0x1680, 0x1680},
	{0x2000, 0x200A},
	{0x2028, 0x2029},
	{0x202F, 0x202F},
	{0x205F, 0x205F},
	{0x3000, 0x3000},
};

/* Its Default_Ignorable_Code_Point, and controls; the blank of Braille, which shows nothing. */
static const struct range invisible[] = {
	{0x00, 0x08},
	{0x0E, 0x1F},
	{0x7F, 0x84},
	{0x86, 0x9F},
	{0xAD, 0xAD},
	{0x034F, 0x034F},
	{0x061C, 0x061C},
	{0x115F, 0x1160},
	{0x17B4, 0x17B5},
	{0x180B, 0x180F},
	{0x200B, 0x200F},
	{0x202A, 0x202E},
	{0x2060, 0x206F},
	{0x2800, 0x2800},
	{0x3164, 0x3164},
	{0xFE00, 0xFE0F},
	{0xFEFF, 0xFEFF},
	{0xFFA0, 0xFFA0},
	{0xFFF0, 0xFFFB},
	{0x1BCA0, 0x1BCA3},
	{0x1D173, 0x1D17A},
	{0xE0000, 0xE0FFF},
};

bool character_is_space(uint32_t c)
{
	return is_in(c, spaces, COUNT(spaces));
}

bool character_is_invisible(uint32_t c)
{
	return is_in(c, invisible, COUNT(invisible));
}

bool character_is_hyphen(uint32_t c)
{
	return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212;
}

bool character_is_apostrophe(uint32_t c)
{
	return c == '\'' || c == '`' || c == 0xB4 || c == 0x02BC || (c >= 0x2018 && c <= 0x201B);
}
