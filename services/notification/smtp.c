#include "smtp.h"

#include <string.h>
#include <strings.h>

#include <arpa/inet.h>

#include "base/array.h"

static const char *const names[] = {[SMTP_TLS_OFF] = "off",
	[SMTP_TLS_OPPORTUNISTIC] = "opportunistic",
	[SMTP_TLS_REQUIRE] = "require"};

static bool tls_parse(const char *text, enum smtp_tls *out)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (enum smtp_tls)i;
			return true;
		}
	return false;
}

static bool tls_valid(const char *text)
{
	enum smtp_tls any;
	return !*text || tls_parse(text, &any);
}

const struct conf_form smtp_tls_form = {tls_valid, "must be require, opportunistic or off"};

bool smtp_host_local(const char *host)
{
	struct in_addr v4;
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

enum smtp_tls smtp_tls_of(const char *setting, const char *host, bool password)
{
	enum smtp_tls tls = smtp_host_local(host) ? SMTP_TLS_OPPORTUNISTIC : SMTP_TLS_REQUIRE;
	if (*setting)
		tls_parse(setting, &tls);
	return password ? SMTP_TLS_REQUIRE : tls;
}

bool smtp_no_mailbox(const char *reply)
{
	/* sign in first; no room left */
	static const char *const codes[] = {"530", "534", "535", "538", "552"};
	/* the mailbox is full; the mail is too large; the mail system; policy and security */
	static const char *const more[] = {"5.2.2", "5.2.3", "5.3.", "5.7."};
	if (reply[0] != '5' || strspn(reply, "0123456789") != 3)
		return false;
	for (size_t i = 0; i < COUNT(codes); i++)
		if (strncmp(reply, codes[i], 3) == 0)
			return false;
	for (size_t i = 0; reply[3] && i < COUNT(more); i++)
		if (strncmp(reply + 4, more[i], strlen(more[i])) == 0)
			return false;
	return true;
}
