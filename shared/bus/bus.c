#include "bus/bus_private.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"

/* Nothing that depends on the deployment: that comes from KAFKA_… in the environment. */
static const struct setting common_settings[] = {
	{"socket.keepalive.enable", "true"},
	{"topic.metadata.refresh.interval.ms", "3000"},
	{"reconnect.backoff.max.ms", "2000"},
	{"allow.auto.create.topics", "false"},
	{"log.connection.close", "false"},
	{"socket.timeout.ms", "10000"},
};

static void bus_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	enum { WARNING = 4 };
	log_write(level <= WARNING ? LOG_WARN : LOG_DEBUG, "kafka client",
		(const struct log_field[]){LOG_S("facility", facility), LOG_S("text", text)}, 2);
}

struct pass_through {
	rd_kafka_conf_t *conf;
	struct err *e;
};

/* What Kubernetes and Docker tell every container of a service whose name begins with kafka. */
static bool bus_is_link(const char *name, const char *value)
{
	static const char port[] = "_PORT";
	const char *at = strstr(name, "_PORT_");
	size_t len = strlen(name);
	return strstr(name, "_SERVICE_HOST") || strstr(name, "_SERVICE_PORT") ||
	       (at && at[strlen("_PORT_")] >= '0' && at[strlen("_PORT_")] <= '9') ||
	       (len > strlen(port) && strcmp(name + len - strlen(port), port) == 0 &&
		       strstr(value, "://"));
}

/* On these stands that nothing is lost and nothing counts twice. */
static bool bus_is_ours(const char *key)
{
	static const char *const ours[] = {"group.id", "group.instance.id", "enable.auto.commit",
		"auto.commit.enable", "enable.auto.offset.store", "acks", "request.required.acks",
		"enable.idempotence", "isolation.level", "enable.partition.eof"};
	for (size_t i = 0; i < COUNT(ours); i++)
		if (strcmp(ours[i], key) == 0)
			return true;
	return false;
}

static void bus_key(const char *name, char key[128])
{
	size_t n = 0;
	for (const char *c = name + strlen("KAFKA_"); *c && n < 127; c++)
		key[n++] = *c == '_' ? '.' : (char)(*c | ((*c >= 'A' && *c <= 'Z') ? 0x20 : 0));
	key[n] = '\0';
}

static void bus_pass(const char *name, const char *value, void *arg);

/* KAFKA_SASL_PASSWORD_FILE, unless the client has a property of that name. */
static bool bus_pass_file(const char *name, struct pass_through *p)
{
	static const char end[] = "_FILE";
	size_t len = strlen(name);
	char plain[128];
	char *text;
	if (len <= strlen("KAFKA_") + strlen(end) || strcmp(name + len - strlen(end), end) != 0)
		return false;
	snprintf(plain, sizeof plain, "%.*s", (int)(len - strlen(end)), name);
	if (conf_secret(plain, &text, p->e) && text)
		bus_pass(plain, text, p);
	free(text);
	return true;
}

/* KAFKA_SECURITY_PROTOCOL=… becomes security.protocol; KAFKA_BROKERS is a setting of ours. */
static void bus_pass(const char *name, const char *value, void *arg)
{
	struct pass_through *p = arg;
	char key[128], text[256];
	if (strcmp(name, "KAFKA_BROKERS") == 0 || strcmp(name, "KAFKA_BROKERS_FILE") == 0 ||
		bus_is_link(name, value))
		return;
	bus_key(name, key);
	if (bus_is_ours(key)) {
		err_set(p->e, ERR_FATAL, "%s: %s is the service's own to set", name, key);
		return;
	}
	rd_kafka_conf_res_t rc = rd_kafka_conf_set(p->conf, key, value, text, sizeof text);
	if (rc == RD_KAFKA_CONF_OK || (rc == RD_KAFKA_CONF_UNKNOWN && bus_pass_file(name, p)))
		return;
	err_set(p->e, ERR_FATAL, "%s: %s", name, text);
}

bool bus_set(rd_kafka_conf_t *conf, const struct setting *settings, size_t n, struct err *e)
{
	char text[256];
	for (size_t i = 0; i < n; i++)
		if (rd_kafka_conf_set(conf, settings[i].name, settings[i].value, text,
			    sizeof text) != RD_KAFKA_CONF_OK)
			return err_set(e, ERR_FATAL, "Kafka setting: %s", text);
	return true;
}

rd_kafka_conf_t *bus_conf(const char *brokers, const struct setting *more, size_t n, struct err *e)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	const struct setting where = {"bootstrap.servers", brokers};
	struct pass_through pass = {conf, e};
	if (!bus_set(conf, common_settings, COUNT(common_settings), e) ||
		!bus_set(conf, more, n, e) || !bus_set(conf, &where, 1, e)) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	conf_each_env("KAFKA_", bus_pass, &pass);
	if (e->code != ERR_NONE) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	rd_kafka_conf_set_log_cb(conf, bus_log);
	return conf;
}

/* Messages and headers */

bool bus_message_header(const struct bus_message *m, size_t i, struct bus_header *out)
{
	rd_kafka_headers_t *headers;
	if (rd_kafka_message_headers(m->handle, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	return rd_kafka_header_get_all(headers, i, &out->name, &out->data, &out->len) ==
	       RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool bus_message_find(const struct bus_message *m, const char *name, struct bus_header *out)
{
	bool found = false;
	struct bus_header h;
	for (size_t i = 0; bus_message_header(m, i, &h); i++)
		if (strcasecmp(h.name, name) == 0) {
			*out = h;
			found = true;
		}
	return found;
}

void bus_wrap(rd_kafka_message_t *from, struct bus_message *out)
{
	rd_kafka_timestamp_type_t type;
	int64_t ms = rd_kafka_message_timestamp(from, &type);
	*out = (struct bus_message){
		.topic = rd_kafka_topic_name(from->rkt),
		.partition = from->partition,
		.offset = from->offset,
		.at = ms > 0 ? ms * 1000 : 0,
		.key = from->err ? NULL : from->key,
		.key_len = from->err ? 0 : from->key_len,
		.data = from->err ? NULL : from->payload, /* else it is the error's text */
		.len = from->err ? 0 : from->len,
		.unreadable = from->err != 0,
		.handle = from,
	};
}
