#include "letter.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"

enum { LOCAL_MAX = 64, WORD_BYTES = 39, PLAIN_SUBJECT = 66 };

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

bool letter_address_valid(const char *address)
{
	size_t local = strspn(address, LETTERS ".!#$%&'*+/=?^_`{|}~-");
	if (local == 0 || local > LOCAL_MAX || address[local] != '@')
		return false;
	const char *domain = address + local + 1;
	size_t len = strspn(domain, LETTERS ".-");
	return len > 0 && domain[len] == '\0' && local + 1 + len <= LETTER_ADDRESS &&
	       *domain != '.' && *domain != '-' && !strstr(address, "..") && domain[len - 1] != '.';
}

static bool is_plain(const char *text)
{
	size_t len = strlen(text);
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len <= PLAIN_SUBJECT && !strstr(text, "=?");
}

/* How many bytes of the text go into one encoded word: whole characters only. */
static size_t word_len(const char *text, size_t left)
{
	size_t n = left < WORD_BYTES ? left : WORD_BYTES;
	while (n < left && n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
		n--;
	return n ? n : left; /* not UTF-8 at all: as it comes */
}

static void end_header(struct buf *out)
{
	buf_add(out, "", 1);
}

/* libcurl encodes parts of a mail, but no words of a header. */
static void add_subject(struct buf *out, const char *text)
{
	buf_adds(out, "Subject:");
	if (is_plain(text)) {
		buf_adds(out, " ");
		buf_adds(out, text);
	} else {
		for (size_t left = strlen(text), n; left; left -= n, text += n) {
			n = word_len(text, left);
			buf_adds(out, " =?utf-8?B?");
			digest_base64(out, text, n);
			buf_adds(out, left > n ? "?=\r\n" : "?=");
		}
	}
	end_header(out);
}

static void add_header(struct buf *out, const char *name, const char *value)
{
	buf_adds(out, name);
	buf_adds(out, ": ");
	buf_adds(out, value);
	end_header(out);
}

/* "Mon, 16 Mar 2026 08:00:00 +0700" */
static void add_date(struct buf *out, int64_t at)
{
	static const char *const days[] = {
		"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"}; /* 1970-01-01 on */
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int32_t date = clock_date(at), month = clock_month(date);
	int64_t seconds = (at - clock_date_start(date)) / CLOCK_SECOND;
	buf_addf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0700", days[date % 7],
		(int)(date - clock_month_first(month) + 1), months[month % 12], (int)(month / 12),
		(int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
	end_header(out);
}

/* With the line ends of a mail. */
static void add_lines(struct buf *out, const char *text)
{
	for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
		buf_add(out, text, (size_t)(end - text));
		buf_adds(out, "\r\n");
	}
	buf_adds(out, text);
}

static void add_body(struct buf *out, const struct letter *l, enum language language)
{
	const struct slot url[] = {{"url", l->url}, {NULL, NULL}};
	BUF_AUTO text;
	buf_init(&text, out->max);
	buf_adds(&text, l->title[language]);
	buf_adds(&text, "\n\n");
	buf_adds(&text, l->body[language]);
	buf_adds(&text, "\n");
	if (l->url)
		wording_add(&text, language, MAIL_LINK, url);
	wording_add(&text, language, MAIL_FOOT, NULL);
	out->failed |= text.failed;
	add_lines(out, text.data ? text.data : "");
}

static void add_head(struct buf *out, const struct letter *l, enum language language)
{
	BUF_AUTO from;
	buf_init(&from, 1024);
	add_date(out, l->at);
	buf_addf(&from, "Terukur <%s>", l->from);
	add_header(out, "From", from.data ? from.data : l->from);
	add_header(out, "To", l->to);
	add_subject(out, l->title[language]);
	buf_addf(out, "Message-ID: <%s@%s>", l->id, strchr(l->from, '@') + 1);
	end_header(out);
	add_header(out, "Content-Language", language_codes[language]);
	add_header(out, "Auto-Submitted", "auto-generated");
}

void letter_write(struct buf *head, struct buf *text, const struct letter *l)
{
	enum language language = LANGUAGE_ID;
	language_parse(l->reads, &language);
	add_head(head, l, language);
	add_body(text, l, language);
}
