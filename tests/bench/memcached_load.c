/* SPDX-License-Identifier: MIT
 *
 * Load for memcached, by its text protocol over the loopback interface: gets and sets of keys chosen at random, pipelined
 * over a few connections. Usage: memcached_load [OPTIONS] PORT
 *   -t N  threads (2)              -c N  connections a thread (4)     -P N  requests on their way in a connection (16)
 *   -s S  seconds (1)              -k N  keys (10000)                 -v N  bytes of a value (100)
 *   -g N  gets of 100 requests (90)                                   -m N  keys a get asks for (1)
 *   -h N  keys that get half of the requests (0: all alike)
 *
 * Stores every key once, then measures. Prints one line: keys got or set a second, how many got, how many set. Every answer
 * is checked to be the one that belongs to the request: keys and values have one length each, so each answer's length is
 * known before. Ends with 1 and a sentence at the first that is not.
 *
 * A thread writes a batch to each of its connections, then reads all answers of each: a server thread has work while the
 * others' answers are read. A batch and its answers fit into the sockets' buffers, so that neither side can wait for the
 * other to read. It does not look at how long a single request takes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define KEY "key:%08u"
#define KEY_LENGTH 12
#define MAX_THREADS 32
#define MAX_CONNECTIONS 64
#define MAX_PIPELINE 256
#define MAX_KEYS 32
#define MAX_VALUE 4096
#define BATCH_MAX (256u * 1024)
#define STORED "STORED\r\n"
#define END "END\r\n"

struct load {
	unsigned port, threads, connections, pipeline, keys, value, gets, hot, at_once;
	double seconds;
	uint64_t deadline;
};

struct connection {
	int socket;
	unsigned key[MAX_PIPELINE][MAX_KEYS]; /* of the batch on its way */
	uint8_t is_get[MAX_PIPELINE];
};

struct client {
	const struct load *load;
	struct connection connection[MAX_CONNECTIONS];
	uint64_t random, gets, sets;
	char value[MAX_VALUE];
	char *out, *in; /* BATCH_MAX */
};

static void die(const char *what)
{
	fprintf(stderr, "memcached_load: %s\n", what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int connect_to(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (s < 0 || connect(s, (struct sockaddr *)&address, sizeof(address)))
		die("no connection");
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return s;
}

static void write_all(int s, const char *p, size_t n)
{
	while (n) {
		ssize_t done = send(s, p, n, MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			die("the connection broke while writing");
		p += done;
		n -= (size_t)done;
	}
}

static void read_all(int s, char *p, size_t n)
{
	while (n) {
		ssize_t done = recv(s, p, n, 0);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			die("the connection broke, or an answer was shorter than it should be");
		p += done;
		n -= (size_t)done;
	}
}

static uint64_t draw(struct client *c)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	return c->random ^= c->random << 17;
}

static unsigned key_of(struct client *c)
{
	uint64_t r = draw(c);

	if (c->load->hot && r >> 63)
		return (unsigned)(r >> 20 & 0xffffff) % c->load->hot;
	return (unsigned)(r >> 20 & 0xffffff) % c->load->keys;
}

static size_t answer_header(const struct client *c, unsigned key, char *out)
{
	return (size_t)sprintf(out, "VALUE " KEY " 0 %u\r\n", key, c->load->value);
}

static size_t value_copy(const struct client *c, char *out)
{
	memcpy(out, c->value, c->load->value);
	memcpy(out + c->load->value, "\r\n", 2);
	return c->load->value + 2;
}

/* The i-th request of the connection's batch: how many bytes were written to `out`; *answer grows by the answer's length. */
static size_t request(struct client *c, struct connection *to, unsigned i, char *out, size_t *answer)
{
	char header[64];
	size_t n = 3;

	if (!to->is_get[i]) {
		*answer += sizeof(STORED) - 1;
		n = (size_t)sprintf(out, "set " KEY " 0 0 %u\r\n", to->key[i][0], c->load->value);
		return n + value_copy(c, out + n);
	}
	memcpy(out, "get", 3);
	for (unsigned k = 0; k < c->load->at_once; k++) {
		n += (size_t)sprintf(out + n, " " KEY, to->key[i][k]);
		*answer += answer_header(c, to->key[i][k], header) + c->load->value + 2;
	}
	*answer += sizeof(END) - 1;
	memcpy(out + n, "\r\n", 2);
	return n + 2;
}

static size_t answer_check(struct client *c, const struct connection *of, unsigned i, const char *in)
{
	char expected[64 + MAX_VALUE + 2];
	size_t at = 0;

	if (!of->is_get[i]) {
		if (memcmp(in, STORED, sizeof(STORED) - 1) != 0)
			die("a set was not answered by STORED");
		return sizeof(STORED) - 1;
	}
	for (unsigned k = 0; k < c->load->at_once; k++) {
		size_t n = answer_header(c, of->key[i][k], expected);
		n += value_copy(c, expected + n);
		if (memcmp(in + at, expected, n) != 0)
			die("a get was not answered by its value");
		at += n;
	}
	if (memcmp(in + at, END, sizeof(END) - 1) != 0)
		die("a get was not answered by its value alone");
	return at + sizeof(END) - 1;
}

/* Sends the `count` requests noted in the connection; returns the length of their answers. */
static size_t batch_send(struct client *c, struct connection *to, unsigned count)
{
	size_t length = 0, answer = 0;

	for (unsigned i = 0; i < count; i++)
		length += request(c, to, i, c->out + length, &answer);
	write_all(to->socket, c->out, length);
	return answer;
}

static void batch_receive(struct client *c, struct connection *from, unsigned count, size_t answer)
{
	size_t at = 0;

	read_all(from->socket, c->in, answer);
	for (unsigned i = 0; i < count; i++)
		at += answer_check(c, from, i, c->in + at);
}

static void store_all(struct client *c)
{
	const struct load *l = c->load;
	struct connection *to = &c->connection[0];

	memset(to->is_get, 0, sizeof(to->is_get));
	for (unsigned key = 0; key < l->keys;) {
		unsigned n = 0;
		while (n < l->pipeline && key < l->keys)
			to->key[n++][0] = key++;
		batch_receive(c, to, n, batch_send(c, to, n));
	}
}

static void batch_choose(struct client *c, struct connection *to)
{
	for (unsigned i = 0; i < c->load->pipeline; i++) {
		to->is_get[i] = draw(c) % 100 < c->load->gets;
		for (unsigned k = 0; k < c->load->at_once; k++)
			to->key[i][k] = key_of(c);
		c->gets += to->is_get[i] ? c->load->at_once : 0;
		c->sets += !to->is_get[i];
	}
}

static void *client_run(void *arg)
{
	struct client *c = arg;
	const struct load *l = c->load;
	size_t answer[MAX_CONNECTIONS];

	do {
		for (unsigned k = 0; k < l->connections; k++) {
			batch_choose(c, &c->connection[k]);
			answer[k] = batch_send(c, &c->connection[k], l->pipeline);
		}
		for (unsigned k = 0; k < l->connections; k++)
			batch_receive(c, &c->connection[k], l->pipeline, answer[k]);
	} while (now() < l->deadline);
	return NULL;
}

static struct client *client_make(const struct load *l, unsigned index)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c || !(c->out = malloc(BATCH_MAX)) || !(c->in = malloc(BATCH_MAX)))
		die("out of memory");
	c->load = l;
	c->random = 88172645463325252u + index * 7919u;
	for (unsigned i = 0; i < l->value; i++)
		c->value[i] = (char)('a' + i % 26);
	for (unsigned i = 0; i < l->connections; i++)
		c->connection[i].socket = connect_to(l->port);
	return c;
}

static int load_possible(const struct load *l)
{
	return l->port && l->port < 65536 && l->threads && l->threads <= MAX_THREADS && l->connections &&
	       l->connections <= MAX_CONNECTIONS && l->pipeline && l->pipeline <= MAX_PIPELINE && l->keys && l->keys <= 10000000 &&
	       l->hot <= l->keys && l->at_once && l->at_once <= MAX_KEYS && l->value && l->value <= MAX_VALUE &&
	       l->pipeline * l->at_once * (l->value + 64) <= BATCH_MAX && l->seconds > 0 && l->seconds <= 600;
}

static int load_options(struct load *l, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "t:c:P:s:k:v:g:h:m:")) != -1) {
		switch (c) {
		case 't': l->threads = (unsigned)atoi(optarg); break;
		case 'c': l->connections = (unsigned)atoi(optarg); break;
		case 'P': l->pipeline = (unsigned)atoi(optarg); break;
		case 's': l->seconds = atof(optarg); break;
		case 'k': l->keys = (unsigned)atoi(optarg); break;
		case 'v': l->value = (unsigned)atoi(optarg); break;
		case 'g': l->gets = (unsigned)atoi(optarg); break;
		case 'h': l->hot = (unsigned)atoi(optarg); break;
		case 'm': l->at_once = (unsigned)atoi(optarg); break;
		default: return 2;
		}
	}
	l->port = optind + 1 == argc ? (unsigned)atoi(argv[optind]) : 0;
	return load_possible(l) ? 0 : 2;
}

int main(int argc, char **argv)
{
	struct load load = { .threads = 2, .connections = 4, .pipeline = 16, .seconds = 1, .keys = 10000, .value = 100, .gets = 90,
			     .at_once = 1 };
	struct client *client[MAX_THREADS];
	pthread_t thread[MAX_THREADS];
	uint64_t begin, gets = 0, sets = 0;
	int status = load_options(&load, argc, argv);

	if (status)
		return status;
	for (unsigned i = 0; i < load.threads; i++)
		client[i] = client_make(&load, i);
	store_all(client[0]);
	begin = now();
	load.deadline = begin + (uint64_t)(load.seconds * 1e9);
	for (unsigned i = 0; i < load.threads; i++)
		if (pthread_create(&thread[i], NULL, client_run, client[i]))
			die("no thread");
	for (unsigned i = 0; i < load.threads; i++) {
		pthread_join(thread[i], NULL);
		gets += client[i]->gets;
		sets += client[i]->sets;
	}
	begin = now() - begin;
	printf("%.0f %llu %llu\n", (double)(gets + sets) * 1e9 / (double)begin, (unsigned long long)gets, (unsigned long long)sets);
	return 0;
}
