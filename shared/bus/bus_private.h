/* bus_private: what the bus*.c files share; nobody else includes it. */
#pragma once

#include <stdatomic.h>

#include <librdkafka/rdkafka.h>

#include "bus/bus.h"

struct setting {
	const char *name, *value;
};

struct bus_producer {
	rd_kafka_t *rk;
	struct bus_delivery own;
	bool shared; /* `teller` takes the delivery reports; else whoever waits does */
	pthread_t teller;
	atomic_bool ending;
};

/* A client's configuration: the common settings, `more`, and KAFKA_… from the environment. NULL
 * with the error. */
rd_kafka_conf_t *bus_conf(
	const char *brokers, const struct setting *more, size_t n, struct err *e) MUST_CHECK;

bool bus_set(
	rd_kafka_conf_t *conf, const struct setting *settings, size_t n, struct err *e) MUST_CHECK;
/* A message as bus.h shows it; `from` stays its owner. */
void bus_wrap(rd_kafka_message_t *from, struct bus_message *out);
