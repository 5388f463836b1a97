/* bus-check BROKERS GROUP INSTANCE TOPIC: a consumer of the library's, told what to do on standard
 * input, for what services do in the wrong moment only by chance:
 *
 *	consume N MS	gathers up to N messages for MS milliseconds; answers how many there are
 *	commit		moves the offsets past what was gathered, and answers "done"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/bus.h"

enum { MOST = 10000 };

struct check {
	struct bus_consumer *consumer;
	struct bus_message messages[MOST];
	int n;
};

static bool consume(struct check *c, int most, int ms, struct err *e)
{
	bus_release(c->messages, c->n);
	c->n = 0;
	for (int64_t until = clock_monotonic() + (int64_t)ms * 1000;
		c->n == 0 && clock_monotonic() < until;) {
		c->n = bus_consume(c->consumer, c->messages, most < MOST ? most : MOST, 1 << 20,
			200, until, e);
		if (c->n < 0) {
			c->n = 0;
			return false;
		}
	}
	printf("%d\n", c->n);
	return true;
}

static bool obey(struct check *c, const char *line, struct err *e)
{
	int most, ms;
	if (sscanf(line, "consume %d %d", &most, &ms) == 2)
		return consume(c, most, ms, e);
	if (!bus_commit(c->consumer, c->messages, c->n, e))
		return false;
	puts("done");
	return true;
}

int main(int argc, char **argv)
{
	struct err e = {0};
	char line[80];
	struct check *c = calloc(1, sizeof *c);
	log_init("bus-check", LOG_ERROR);
	if (argc != 5 || !c)
		return 2;
	const char *const topics[] = {argv[4], NULL};
	const struct bus_consumer_config config = {.brokers = argv[1],
		.group = argv[2],
		.instance = argv[3],
		.topics = topics,
		.queue_kib = 1024};
	c->consumer = bus_consumer_new(&config, &e);
	bool ok = c->consumer != NULL;
	while (ok && fgets(line, sizeof line, stdin)) {
		ok = obey(c, line, &e);
		fflush(stdout);
	}
	if (!ok)
		fprintf(stderr, "%s\n", e.text);
	bus_release(c->messages, c->n);
	bus_consumer_free(c->consumer);
	free(c);
	return ok ? 0 : 1;
}
