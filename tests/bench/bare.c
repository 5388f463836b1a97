/* bare: the floor for the gateway: libmicrohttpd and librdkafka, and nothing that a service needs.
 * A GET gets a fixed answer; a POST goes to the topic as it came, and is answered when all in-sync
 * replicas have it. `bare BROKERS TOPIC [threads]` prints its port. `threads`: one for each
 * connection, as the gateway has; else two that wait for many with epoll. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <microhttpd.h>

enum { BODY = 1024 * 1024, FIXED = 1024, MEMORY = 32 * 1024 };

struct bare {
	rd_kafka_t *rk;
	rd_kafka_topic_t *topic;
	struct MHD_Response *fixed, *accepted;
	bool threads;
};

struct asked {
	struct MHD_Connection *connection;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool produced, suspended, done;
	char *body;
	size_t len;
};

static void die(const char *what)
{
	fprintf(stderr, "bare: %s\n", what);
	exit(1);
}

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
	struct asked *a = m->_private;
	(void)rk;
	(void)arg;
	if (m->err)
		die("not acknowledged");
	pthread_mutex_lock(&a->lock);
	a->done = true;
	pthread_cond_signal(&a->changed);
	if (a->suspended)
		MHD_resume_connection(a->connection);
	pthread_mutex_unlock(&a->lock);
}

static void *poll_loop(void *arg)
{
	for (;;)
		rd_kafka_poll(arg, 1000);
	return NULL;
}

static struct asked *begin(struct MHD_Connection *connection)
{
	struct asked *a = calloc(1, sizeof *a);
	a->connection = connection;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	return a;
}

static void take(struct asked *a, const char *data, size_t len)
{
	if (a->len + len > BODY || !(a->body = realloc(a->body, a->len + len)))
		die("a body is too large");
	memcpy(a->body + a->len, data, len);
	a->len += len;
}

static void produce(struct bare *b, struct asked *a)
{
	a->produced = true;
	pthread_mutex_lock(&a->lock);
	if (rd_kafka_produce(b->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, a->body, a->len,
		    a->body, 18 < a->len ? 18 : a->len, a) != 0)
		die("the queue is full");
	if (b->threads)
		while (!a->done)
			pthread_cond_wait(&a->changed, &a->lock);
	else {
		a->suspended = true;
		MHD_suspend_connection(a->connection);
	}
	pthread_mutex_unlock(&a->lock);
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *len, void **context)
{
	struct bare *b = arg;
	struct asked *a = *context;
	(void)url;
	(void)version;
	if (!a) {
		*context = begin(connection);
		return MHD_YES;
	}
	if (*len) {
		take(a, data, *len);
		*len = 0;
		return MHD_YES;
	}
	if (strcmp(method, "POST") != 0)
		return MHD_queue_response(connection, 200, b->fixed);
	if (!a->produced)
		produce(b, a);
	return b->threads || a->done ? MHD_queue_response(connection, 202, b->accepted) : MHD_YES;
}

static void completed(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	struct asked *a = *context;
	(void)arg;
	(void)connection;
	(void)code;
	if (!a)
		return;
	pthread_mutex_lock(&a->lock); /* whoever resumed it has let go */
	pthread_mutex_unlock(&a->lock);
	free(a->body);
	free(a);
	*context = NULL;
}

static void connect_kafka(struct bare *b, const char *brokers, const char *topic)
{
	static const char *const settings[][2] = {{"enable.idempotence", "true"}, {"acks", "all"},
		{"linger.ms", "1"}, {"compression.type", "lz4"}};
	char text[256];
	pthread_t thread;
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "bootstrap.servers", brokers, text, sizeof text);
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		rd_kafka_conf_set(conf, settings[i][0], settings[i][1], text, sizeof text);
	rd_kafka_conf_set_dr_msg_cb(conf, delivered);
	b->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
	if (!b->rk)
		die(text);
	b->topic = rd_kafka_topic_new(b->rk, topic, NULL);
	if (pthread_create(&thread, NULL, poll_loop, b->rk) != 0)
		die("no thread");
}

static struct MHD_Response *answer(size_t len, const char *type)
{
	char *text = calloc(1, len + 1);
	struct MHD_Response *r;
	memset(text, 'x', len);
	r = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
	MHD_add_response_header(r, "Content-Type", type);
	return r;
}

int main(int argc, char **argv)
{
	struct bare b = {.threads = argc > 3};
	struct MHD_Daemon *daemon;
	unsigned flags = b.threads ? MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL
				   : MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
	if (argc < 3)
		die("bare BROKERS TOPIC [threads]");
	b.fixed = answer(FIXED, "application/json");
	b.accepted = answer(16, "application/json");
	connect_kafka(&b, argv[1], argv[2]);
	daemon = MHD_start_daemon(flags | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC, 0, NULL,
		NULL, handle, &b, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
		MHD_OPTION_NOTIFY_COMPLETED, completed, &b,
		b.threads ? MHD_OPTION_END : MHD_OPTION_THREAD_POOL_SIZE, 2u, MHD_OPTION_END);
	if (!daemon)
		die("the server did not start");
	printf("%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	pause();
	return 0;
}
