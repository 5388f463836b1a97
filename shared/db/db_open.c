#include "db/db_open.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "db/db.h"

enum { SILENCE_MS = 5000 };

/* In a URL, what comes before a stray @ would be taken for a host, a port or a database, and told
 * in messages. */
static bool db_url_spills(const char *url)
{
	const char *scheme = strstr(url, "://");
	if (!scheme || (strncmp(url, "postgresql:", 11) != 0 && strncmp(url, "postgres:", 9) != 0))
		return false;
	const char *start = scheme + strlen("://"), *at = strpbrk(start, "@/");
	if (at && *at == '@')
		start = at + 1;
	at = strpbrk(start, "?@");
	return at && *at == '@';
}

static bool db_ports_valid(const char *ports)
{
	enum { PORT_MOST = 65535 };
	for (const char *p = ports ? ports : ""; *p; p += strcspn(p, ","), p += *p == ',') {
		size_t digits = strspn(p, "0123456789");
		if (digits != strcspn(p, ",") || digits > 5 || atoi(p) > PORT_MOST)
			return false;
	}
	return true;
}

bool db_url_valid(const char *url)
{
	bool valid = !db_url_spills(url);
	PQconninfoOption *all = PQconninfoParse(url, NULL);
	for (const PQconninfoOption *o = all; o && o->keyword; o++)
		valid = valid && (strcmp(o->keyword, "port") != 0 || db_ports_valid(o->val));
	PQconninfoFree(all);
	return valid && all;
}

const struct conf_form db_url_form = {db_url_valid,
	"is not a valid PostgreSQL URL: it is like "
	"postgresql://role:password@host:5432/database, and in a password / @ % : ? # "
	"and spaces are written as %2F %40 %25 %3A %3F %23 %20"};

static void open_quiet(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r;
}

/* Whether there is something to go on with. */
static bool open_wait(const PGconn *conn, PostgresPollingStatusType wants)
{
	struct pollfd at = {
		.fd = PQsocket(conn), .events = wants == PGRES_POLLING_READING ? POLLIN : POLLOUT};
	return poll(&at, 1, SILENCE_MS) != 0;
}

/* True when it is made. One that says nothing is cut off. Where nobody had accepted it, libpq takes
 * that for an address that refuses: it goes on to the next, if there is one. */
static bool open_finish(PGconn *conn, bool *silent)
{
	PostgresPollingStatusType wants =
		PQstatus(conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
	while (wants == PGRES_POLLING_READING || wants == PGRES_POLLING_WRITING) {
		*silent = !open_wait(conn, wants);
		if (*silent)
			shutdown(PQsocket(conn), SHUT_RDWR);
		wants = PQconnectPoll(conn);
	}
	return wants == PGRES_POLLING_OK;
}

/* libpq prints what is said while a connection is being made, a warning or that the session is
 * ended at once, unless it is told not to; which can be done between beginning and finishing. */
PGconn *db_open(const char *url, const char *application, struct err *e)
{
	if (!db_url_valid(url)) { /* libpq's words would quote it */
		err_set(e, ERR_FATAL, "PostgreSQL: DATABASE_URL is not a valid PostgreSQL URL");
		return NULL;
	}
	const char *names[] = {"dbname", "application_name", "keepalives_idle",
		"keepalives_interval", "keepalives_count", "tcp_user_timeout", "client_encoding",
		NULL};
	const char *values[] = {url, application, "10", "5", "2", "15000", "UTF8", NULL};
	bool silent = false;
	PGconn *conn = PQconnectStartParams(names, values, 1);
	PQsetNoticeReceiver(conn, open_quiet, NULL);
	if (open_finish(conn, &silent))
		return conn;
	const char *text = silent ? "it says nothing" : PQerrorMessage(conn);
	err_set(e, ERR_RETRY, "PostgreSQL: %.*s", (int)strcspn(text, "\n"), text);
	PQfinish(conn);
	return NULL;
}
