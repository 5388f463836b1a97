#include "session.h"

#include <string.h>

#include "base/digest.h"

#define SESSION_COOKIE "terukur"
#define LANGUAGE_COOKIE "terukur_lang"
enum { SESSION_HOURS = 12, SESSION_BYTES = 32, SESSION_TEXT = 43 /* base64url */ };

/* The value of the first cookie whose value has that length; `name` ends with the equals sign.
 * NULL: there is none. */
static const char *find_cookie(const struct http_request *r, const char *name, size_t value)
{
	for (const char *p = http_header(r, "Cookie"); p && *p;) {
		size_t len = strcspn(p, ";");
		if (len == strlen(name) + value && strncmp(p, name, strlen(name)) == 0)
			return p + strlen(name);
		p += len;
		p += strspn(p, "; ");
	}
	return NULL;
}

static const char *session_cookie(const struct http_request *r)
{
	return find_cookie(r, SESSION_COOKIE "=", SESSION_TEXT);
}

static void set_cookie(struct visit *v, struct buf *cookie)
{
	if (strncmp(v->gateway->public_url, "https://", 8) == 0)
		buf_adds(cookie, "; Secure");
	if (!cookie->failed)
		http_add_header(v->request, "Set-Cookie", cookie->data);
}

void session_language(const struct http_request *r, enum language *language)
{
	char code[3] = "";
	const char *value = find_cookie(r, LANGUAGE_COOKIE "=", 2);
	if (value)
		memcpy(code, value, 2);
	language_parse(code, language);
}

void session_set_language(struct visit *v, enum language language)
{
	BUF_AUTO cookie;
	buf_init(&cookie, 256);
	buf_addf(&cookie, LANGUAGE_COOKIE "=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000",
		language_codes[language]);
	set_cookie(v, &cookie);
}

bool session_find(struct visit *v, bool *found, struct err *e)
{
	uint8_t hash[DIGEST_SHA256];
	const char *cookie = session_cookie(v->request);
	*found = false;
	if (!cookie)
		return true;
	digest_sha256(cookie, SESSION_TEXT, hash);
	return visit_look_up(v, KNOWN_SESSION, hash, found, e);
}

/* `Secure` where the pages are reached by https: a browser would not send it back otherwise. */
static bool session_set_cookie(struct visit *v, const char *value, int seconds)
{
	BUF_AUTO cookie;
	buf_init(&cookie, 512);
	buf_addf(&cookie, SESSION_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d",
		value, seconds);
	set_cookie(v, &cookie);
	return !cookie.failed;
}

bool session_begin(struct visit *v, struct err *e)
{
	uint8_t id[SESSION_BYTES], hash[DIGEST_SHA256];
	BUF_AUTO text;
	buf_init(&text, 64);
	digest_random(id, sizeof id);
	if (!digest_base64url(&text, id, sizeof id))
		return err_set(e, ERR_FATAL, "out of memory");
	digest_sha256(text.data, text.len, hash);
	return store_session_add(v->db, hash, v->who.token, v->now,
		       v->now + SESSION_HOURS * 3600 * INT64_C(1000000), e) &&
	       (session_set_cookie(v, text.data, SESSION_HOURS * 3600) ||
		       err_set(e, ERR_FATAL, "out of memory"));
}

bool session_end(struct visit *v, struct err *e)
{
	uint8_t hash[DIGEST_SHA256];
	const char *cookie = session_cookie(v->request);
	if (!cookie)
		return true;
	digest_sha256(cookie, SESSION_TEXT, hash);
	if (!store_session_end(v->db, hash, e))
		return false;
	known_forget(v->gateway->known, KNOWN_SESSION, hash);
	return session_set_cookie(v, "", 0);
}
