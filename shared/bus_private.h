/* bus_private: what bus.c and bus_admin.c share; nobody else includes it. */
#pragma once

#include <librdkafka/rdkafka.h>

#include "bus.h"

struct setting {
	const char *name, *value;
};

struct bus_producer {
	rd_kafka_t *rk;
	struct bus_delivery own;
};

/* A client's configuration: the common settings, `more`, and KAFKA_… from the environment. NULL with the error. */
rd_kafka_conf_t *bus_conf(const char *brokers, const struct setting *more, size_t n, struct err *e);

#define COUNT(a_) (sizeof(a_) / sizeof *(a_))
