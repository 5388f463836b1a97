#include "registry_texts.h"

#include <stddef.h>
#include <string.h>

#include "characters.h"

bool text_is_visible(const char *text)
{
	while (*text) {
		uint32_t c = character_next(&text);
		if (!character_is_space(c) && !character_is_invisible(c))
			return true;
	}
	return false;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum { ADDRESS_MOST = 254, LOCAL_MOST = 64, LABEL_MOST = 63 };

/* Words of these characters, single dots between them; `out` gets how many words there are. */
static bool is_dotted(
	const char *text, size_t len, const char *allowed, size_t most, int *words, bool hyphens)
{
	const char *end = text + len;
	for (*words = 0;; text++) {
		size_t n = strspn(text, allowed);
		if (n == 0 || n > most || (hyphens && (text[0] == '-' || text[n - 1] == '-')))
			return false;
		++*words;
		text += n;
		if (text >= end || *text != '.')
			return text == end;
	}
}

/* A domain whose last label is a number would be taken for an address of the network. */
static bool is_domain(const char *text)
{
	int labels;
	const char *last = strrchr(text, '.');
	return is_dotted(text, strlen(text), LETTERS DIGITS "-", LABEL_MOST, &labels, true) &&
	       labels > 1 && last[1 + strspn(last + 1, DIGITS)] != '\0';
}

bool email_is_sendable(const char *text)
{
	static const char signs[] = LETTERS DIGITS "!#$%&'*+/=?^_`{|}~-";
	const char *at = strchr(text, '@');
	size_t len = at ? (size_t)(at - text) : 0;
	int words;
	return at && len <= LOCAL_MOST && strlen(text) <= ADDRESS_MOST &&
	       is_dotted(text, len, signs, LOCAL_MOST, &words, false) && is_domain(at + 1);
}
