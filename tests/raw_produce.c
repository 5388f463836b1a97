/* raw-produce BROKERS: publishes what no ordinary client can, such as header names of any bytes.
 * Each line of standard input is a message: topic, partition, key, value, then name and value of
 * each header, separated by blanks; all but the first two in hexadecimal, "-" for null and "." for
 * empty. Ends with 0 when all were acknowledged. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>

enum { LINE = 2 * 1024 * 1024 };

struct bytes {
	char *data; /* NULL: null */
	size_t len;
};

static struct bytes unhex(char *text)
{
	if (!text || strcmp(text, "-") == 0)
		return (struct bytes){0};
	struct bytes b = {text, 0};
	for (unsigned byte; *text != '.' && sscanf(text, "%2x", &byte) == 1; text += 2)
		b.data[b.len++] = (char)byte;
	return b;
}

static rd_kafka_headers_t *headers_of(char **rest)
{
	rd_kafka_headers_t *list = rd_kafka_headers_new(8);
	for (char *name; (name = strtok_r(NULL, " ", rest));) {
		struct bytes n = unhex(name), v = unhex(strtok_r(NULL, " ", rest));
		rd_kafka_header_add(
			list, n.data, (ssize_t)n.len, v.data, v.data ? (ssize_t)v.len : -1);
	}
	return list;
}

static bool produce(rd_kafka_t *rk, char *line)
{
	char *rest;
	const char *topic = strtok_r(line, " ", &rest), *partition = strtok_r(NULL, " ", &rest);
	struct bytes key = unhex(strtok_r(NULL, " ", &rest)),
		     value = unhex(strtok_r(NULL, " ", &rest));
	return rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(atoi(partition)),
		       RD_KAFKA_V_KEY(key.data, key.len), RD_KAFKA_V_VALUE(value.data, value.len),
		       RD_KAFKA_V_HEADERS(headers_of(&rest)),
		       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
		       RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *failed)
{
	(void)rk;
	if (m->err)
		++*(int *)failed;
}

int main(int argc, char **argv)
{
	char text[256];
	int failed = argc != 2;
	char *line = malloc(LINE);
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "bootstrap.servers", argc == 2 ? argv[1] : "", text, sizeof text);
	rd_kafka_conf_set(conf, "linger.ms", "5", text, sizeof text);
	rd_kafka_conf_set(
		conf, "enable.idempotence", "true", text, sizeof text); /* keeps the order */
	rd_kafka_conf_set_dr_msg_cb(conf, delivered);
	rd_kafka_conf_set_opaque(conf, &failed);
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
	while (rk && line && fgets(line, LINE, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		failed += !produce(rk, line);
	}
	failed += !rk || rd_kafka_flush(rk, 30000) != RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_destroy(rk);
	free(line);
	return failed ? 1 : 0;
}
